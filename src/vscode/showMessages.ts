import * as vscode from 'vscode';
import type { Grant } from '../sessions/grant.ts';
import type { Notice } from '../sessions/notice.ts';
import { CONNECTED_APPS } from '../x/endpoints.ts';
import type { Remedy } from './failure.ts';
import { noticeText, remedyLabel, toFailure } from './messages.ts';
import { SECTION } from './settings.ts';

const { l10n } = vscode;

/** A sign-in that can be tried again, with the same request. */
export interface Attempt {
  readonly run: () => Promise<Grant>;
  /** The same by pasting the callback URL, where there is a callback. */
  readonly pasteInstead?: () => Promise<Grant>;
}

/** Tells people what happened, each thing once, with the buttons that mend it. */
export class Messages {
  readonly #signInAgain: (grant: Grant) => Attempt;
  readonly #enterApiKey: () => Promise<unknown>;
  readonly #log: vscode.LogOutputChannel;

  constructor(parts: {
    signInAgain: (grant: Grant) => Attempt;
    enterApiKey: () => Promise<unknown>;
    log: vscode.LogOutputChannel;
  }) {
    this.#signInAgain = parts.signInAgain;
    this.#enterApiKey = parts.enterApiKey;
    this.#log = parts.log;
  }

  /** Signs in and tells how that went. */
  async signIn(attempt: Attempt): Promise<void> {
    try {
      const grant = await attempt.run();
      void vscode.window.showInformationMessage(l10n.t('Signed in to X as {0}.', grant.account.label));
    } catch (error) {
      this.failure(error, attempt);
    }
  }

  /** Shows why something failed. A person who cancelled knows. */
  failure(error: unknown, attempt?: Attempt): void {
    const failure = toFailure(error);
    if (failure.name === 'Cancelled') return;
    if (failure.name === 'Unexpected') {
      this.#log.error(failure.cause instanceof Error ? (failure.cause.stack ?? '') : failure.message);
    }
    void this.#offer(vscode.window.showErrorMessage, failure.message, failure.remedies, attempt);
  }

  notice(notice: Notice): void {
    const { text, remedies } = noticeText(notice);
    const attempt = 'grant' in notice ? this.#signInAgain(notice.grant) : undefined;
    void this.#offer(vscode.window.showWarningMessage, text, remedies, attempt);
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
    attempt: Attempt | undefined,
  ): Promise<void> {
    const possible = remedies.filter((remedy) => remedy !== 'paste-instead' || attempt?.pasteInstead !== undefined);
    const chosen = await show(text, ...possible.map(remedyLabel));
    const remedy = possible.find((candidate) => remedyLabel(candidate) === chosen);
    if (remedy === undefined) return;
    try {
      await this.#apply(remedy, attempt);
    } catch (error) {
      this.failure(error, attempt);
    }
  }

  async #apply(remedy: Remedy | 'connected-apps', attempt: Attempt | undefined): Promise<void> {
    switch (remedy) {
      case 'set-up-app':
        await vscode.commands.executeCommand(`${SECTION}.setUpApp`);
        return;
      case 'enter-api-key':
        await this.#enterApiKey();
        if (attempt !== undefined) await this.signIn(attempt);
        return;
      case 'open-settings':
        await vscode.commands.executeCommand('workbench.action.openSettings', SECTION);
        return;
      case 'sign-in-again':
        if (attempt === undefined) await vscode.commands.executeCommand(`${SECTION}.signIn`);
        else await this.signIn(attempt);
        return;
      case 'paste-instead':
        if (attempt?.pasteInstead !== undefined) await this.signIn({ run: attempt.pasteInstead });
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
