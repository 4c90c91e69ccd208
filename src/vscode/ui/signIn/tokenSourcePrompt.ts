import { l10n, type QuickPickOptions } from 'vscode';
import type { ApiKeyPrompt } from './apiKeyPrompt.ts';
import { shortKey } from '../messages/userFacingErrors.ts';
import { choose } from '../prompt.ts';

interface Way<Name> {
  readonly way: Name;
  readonly label: string;
  readonly detail: string;
}

/**
 * Asks how to sign in, where there are several ways; the last row takes another API key instead of the one that is known.
 *
 * @throws {UserFacingError} `Cancelled` or `TimedOut`
 */
export async function chooseWay<Name extends string>(
  options: Pick<QuickPickOptions, 'title' | 'placeHolder'>,
  ways: readonly Way<Name>[],
  apiKeyPrompt: ApiKeyPrompt,
  until: AbortSignal,
): Promise<Name> {
  for (;;) {
    const known = await apiKeyPrompt.known();
    const another = known && {
      way: undefined,
      label: l10n.t('Use Another API Key'),
      detail: l10n.t('Until now: {0}', shortKey(known.key)),
    };
    const rows: readonly Way<Name | undefined>[] = another === undefined ? ways : [...ways, another];
    const { way } = await choose(rows, options, until);
    if (way !== undefined) return way;
    await apiKeyPrompt.set(until);
  }
}
