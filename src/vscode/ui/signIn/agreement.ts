import * as vscode from 'vscode';
import { plainWords } from '../../../oauth/errors.ts';
import type { App } from '../../../sessions/store/clientSecrets.ts';
import type { Account } from '../../../sessions/grant.ts';
import type { Given } from '../../../sessions/labels.ts';
import type { Sessions } from '../../../sessions/sessions.ts';
import { stakes } from '../../../x/scopes.ts';
import type { User } from '../../../x/users.ts';
import { notAdded } from '../messages/signInErrors.ts';
import { answerOf } from '../prompt.ts';
import { knownScopes, scopeWords } from '../accounts/scopeLabels.ts';
import { showsTrustedExtensions, showTrustedExtensions } from '../accounts/trustedExtensions.ts';

const { l10n } = vscode;

/** An account that other extensions may be using, and the scopes that a sign-in would add to it. */
interface Addition {
  readonly account: Account;
  readonly scopes: readonly string[];
}

/**
 * What the person lets one sign-in add to accounts that they are signed in with already. X gives an app one access per
 * person, so every extension that may use the account can do what any of them was granted. Scopes that spend money or open
 * private messages are added only if the person says so.
 */
export class Agreement {
  readonly #sessions: Sessions;
  readonly #app: App;
  readonly #agreed: Addition[] = [];

  constructor(sessions: Sessions, app: App) {
    this.#sessions = sessions;
    this.#app = app;
  }

  /**
   * To be called before the browser opens. Without an account it is about all of them, since any may sign in.
   *
   * @throws {UserFacingError} `Denied`; or what `signal` aborts with
   */
  async toAsking(scopes: readonly string[], accountId: string | undefined, signal: AbortSignal): Promise<void> {
    await this.#reach(await this.#additions(scopes, accountId), signal);
  }

  /**
   * To be called before a new grant is kept: X signs in whoever is active in the browser, whichever account was asked for.
   *
   * @returns whether the person had to be asked
   * @throws {UserFacingError} `Denied`; or what `signal` aborts with
   */
  async toKeeping({ scopes }: Given, user: User | undefined, signal: AbortSignal): Promise<boolean> {
    const additions = await this.#additions(scopes, user?.id);
    await this.#reach(additions, signal);
    return additions.length > 0;
  }

  /** No network. */
  async #additions(scopes: readonly string[], accountId: string | undefined): Promise<readonly Addition[]> {
    const sensitive = scopes.filter((scope) => stakes(scope) !== undefined);
    return (await this.#sessions.grantsOf(this.#app))
      .map(({ account, scopes: granted }) => ({
        account,
        scopes: sensitive.filter((scope) => !granted.includes(scope) && !this.#hasAgreed(account, scope)),
      }))
      .filter((addition) => addition.scopes.length > 0)
      .filter(({ account }) => accountId === undefined || account.id === accountId);
  }

  #hasAgreed({ id }: Account, scope: string): boolean {
    return this.#agreed.some(({ account, scopes }) => account.id === id && scopes.includes(scope));
  }

  async #reach(additions: readonly Addition[], signal: AbortSignal): Promise<void> {
    if (additions.length === 0) return;
    const labels = additions.map(({ account }) => account.label);
    const scopes = [...new Set(additions.flatMap((addition) => addition.scopes))].map((scope) => plainWords(scope));
    if (!(await answerOf(signal, isAllowed(labels, scopes)))) throw notAdded(scopes, labels);
    this.#agreed.push(...additions);
  }
}

/** Asks whether every extension that uses these accounts may do more, until the person has seen enough to say. */
async function isAllowed(labels: readonly string[], scopes: readonly string[]): Promise<boolean> {
  const accounts = labels.join(', ');
  const allow = l10n.t('Allow for All of Them');
  const looks = (await showsTrustedExtensions())
    ? labels.map((label) => ({ label, button: l10n.t('See Which Use {0}', label) }))
    : [];
  const buttons = [allow, ...looks.map(({ button }) => button)];
  const rows = scopes.map((scope) => `${inWords(scope)} (${scope})`);
  const why = l10n.t(
    'X gives an app one access per person, so every extension that may use the account could do this.',
  );
  let answer = await vscode.window.showWarningMessage(
    l10n.t('Allow every extension that uses {0} to do this, too?', accounts),
    { modal: true, detail: `${rows.join('\n')}\n\n${why}` },
    ...buttons,
  );
  for (;;) {
    const look = looks.find(({ button }) => button === answer);
    if (look === undefined) return answer === allow;
    await showTrustedExtensions('x', look.label);
    // Beside the list, which VS Code would close for a modal dialog.
    answer = await vscode.window.showWarningMessage(
      l10n.t('Allow every extension that uses {0} to do this, too? {1}', accounts, rows.join(' · ')),
      ...buttons,
    );
  }
}

function inWords(scope: string): string {
  if (knownScopes().includes(scope)) return scopeWords(scope);
  return stakes(scope) === 'money' ? l10n.t('Spend money for you') : l10n.t('See or send direct messages for you');
}
