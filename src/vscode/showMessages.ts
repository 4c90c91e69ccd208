import * as vscode from 'vscode';
import type { Notice } from '../sessions/notice.ts';
import { CONNECTED_APPS } from '../x/endpoints.ts';
import type { Remedy } from './failure.ts';
import { noticeText, remedyLabel, toFailure } from './messages.ts';
import { SECTION } from './settings.ts';
import type { SignIn, SignInRequest } from './signIn.ts';

const { l10n } = vscode;

/** Tells people what happened, each thing once, with the buttons that mend it. */
export class Messages {
  readonly #signIn: () => SignIn;
  readonly #log: vscode.LogOutputChannel;

  /** `signIn` is asked for late, because signing in itself has messages to show. */
  constructor(signIn: () => SignIn, log: vscode.LogOutputChannel) {
    this.#signIn = signIn;
    this.#log = log;
  }

  /** Signs in and tells how that went. */
  async signIn(request: SignInRequest): Promise<void> {
    try {
      const grant = await this.#signIn().run(request);
      void vscode.window.showInformationMessage(l10n.t('Signed in to X as {0}.', grant.account.label));
    } catch (error) {
      this.failure(error, request);
    }
  }

  /** Shows why something failed. A person who cancelled knows. */
  failure(error: unknown, request?: SignInRequest): void {
    const failure = toFailure(error);
    if (failure.name === 'Cancelled') return;
    if (failure.name === 'Unexpected')
      this.#log.error(failure.cause instanceof Error ? (failure.cause.stack ?? '') : failure.message);
    void this.#offer(vscode.window.showErrorMessage, failure.message, failure.remedies, request);
  }

  notice(notice: Notice): void {
    const { text, remedies } = noticeText(notice);
    const request =
      'grant' in notice
        ? { clientId: notice.grant.clientId, wanted: notice.grant.scopes, accountId: notice.grant.account.id }
        : undefined;
    void this.#offer(vscode.window.showWarningMessage, text, remedies, request);
  }

  partlyRefreshed(renewed: number, all: number): void {
    const text = l10n.t(
      '{0} of {1} sessions of X are fresh, the others will be tried again: see the log for the reason.',
      renewed,
      all,
    );
    void this.#offer(vscode.window.showWarningMessage, text, ['show-log'], undefined);
  }

  async #offer(
    show: (text: string, ...buttons: string[]) => Thenable<string | undefined>,
    text: string,
    remedies: readonly (Remedy | 'connected-apps')[],
    request: SignInRequest | undefined,
  ): Promise<void> {
    const chosen = await show(text, ...remedies.map(remedyLabel));
    const remedy = remedies.find((candidate) => remedyLabel(candidate) === chosen);
    if (remedy !== undefined) await this.#apply(remedy, request);
  }

  async #apply(remedy: Remedy | 'connected-apps', request: SignInRequest | undefined): Promise<void> {
    switch (remedy) {
      case 'set-up-app':
        await vscode.commands.executeCommand(`${SECTION}.setUpApp`);
        return;
      case 'open-settings':
        await vscode.commands.executeCommand('workbench.action.openSettings', SECTION);
        return;
      case 'sign-in-again':
        if (request === undefined) await vscode.commands.executeCommand(`${SECTION}.signIn`);
        else await this.signIn(request);
        return;
      case 'paste-instead':
        if (request !== undefined) await this.signIn({ ...request, method: 'paste' });
        return;
      case 'copy-callback-urls':
        await vscode.commands.executeCommand(`${SECTION}.copyCallbackUrls`);
        return;
      case 'show-log':
        this.#log.show();
        return;
      case 'connected-apps':
        await vscode.env.openExternal(vscode.Uri.parse(CONNECTED_APPS));
    }
  }
}
