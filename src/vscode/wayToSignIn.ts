import * as vscode from 'vscode';
import type { ConsumerSetUp } from './consumerSetUp.ts';
import { cancelled, shortKey } from './messages.ts';

const { l10n } = vscode;

interface Way<Name> {
  readonly way: Name;
  readonly label: string;
  readonly detail: string;
}

/**
 * Asks how to sign in, where there are several ways; the last row takes another API key instead of the one that is known.
 *
 * @throws {Failure} `Cancelled`
 */
export async function chooseWay<Name extends string>(
  title: string,
  ways: readonly Way<Name>[],
  consumerSetUp: ConsumerSetUp,
): Promise<Name> {
  for (;;) {
    const known = await consumerSetUp.known();
    const another = known && {
      way: undefined,
      label: l10n.t('Use Another API Key'),
      detail: l10n.t('Until now: {0}', shortKey(known.key)),
    };
    const rows: readonly Way<Name | undefined>[] = another === undefined ? ways : [...ways, another];
    const chosen = await vscode.window.showQuickPick(rows, { title, ignoreFocusOut: true });
    if (chosen === undefined) throw cancelled();
    if (chosen.way !== undefined) return chosen.way;
    await consumerSetUp.set();
  }
}
