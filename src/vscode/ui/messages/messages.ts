import * as vscode from 'vscode';
import type { App } from '../../../sessions/store/clientSecrets.ts';
import type { Grant } from '../../../sessions/grant.ts';
import type { Notice } from '../../../sessions/notice.ts';
import { CONNECTED_APPS, DEVELOPER_CONSOLE } from '../../../x/endpoints.ts';
import type { Remedy } from '../../userFacingError.ts';
import { toUserFacingError } from './errors.ts';
import { noticeText } from './notices.ts';
import { remedyLabel } from './remedies.ts';
import type { SignInAttempt } from '../../providerKind.ts';
import { SECTION, settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import { chooseMethod, showChecklist } from '../signIn/signInHelp.ts';
import { openWalkthrough } from '../../walkthrough.ts';

const { l10n } = vscode;

/** What mends an app's credentials, by asking the person for them. Each rejects when the person cancels. */
export interface SetUp {
  readonly app: () => Promise<unknown>;
  readonly clientSecret: (app: App) => Promise<unknown>;
  readonly apiKey: () => Promise<unknown>;
}

/** What the buttons of a message act on. */
interface Subject {
  /** What "Sign In Again" tries; without it, the command of provider `x`. */
  readonly attempt?: SignInAttempt | undefined;
  /** The app whose secret is in question. */
  readonly app?: App | undefined;
  /** The callback URL that X may not know. */
  readonly redirectUri?: string | undefined;
  /** Whether to go on with the attempt as soon as the app is mended: it is what the person was about to do. */
  readonly goOn?: boolean;
}

/** Tells people what happened, each thing once, with the buttons that mend it. */
export class Messages {
  readonly #signInAgain: (grant: Grant, more: readonly string[]) => SignInAttempt;
  readonly #signOut: (grant: Grant) => Promise<void>;
  readonly #setUp: SetUp;
  readonly #log: vscode.LogOutputChannel;
  #noticeCount = 0;

  /** `signInAgain`: for what the grant allows, and for more. `signOut` tells how it went. */
  constructor(parts: {
    signInAgain: (grant: Grant, more: readonly string[]) => SignInAttempt;
    signOut: (grant: Grant) => Promise<void>;
    setUp: SetUp;
    log: vscode.LogOutputChannel;
  }) {
    this.#signInAgain = parts.signInAgain;
    this.#signOut = parts.signOut;
    this.#setUp = parts.setUp;
    this.#log = parts.log;
  }

  /** Signs in and tells how that went. */
  async signIn(attempt: SignInAttempt): Promise<void> {
    try {
      void this.signedIn(await attempt.run());
    } catch (error) {
      this.failure(error, attempt);
    }
  }

  /**
   * Tells who was signed in, with a way to undo it: it may not be who the person thinks, because somebody else answered in the browser.
   * Resolves when the message is gone.
   */
  async signedIn(grant: Grant): Promise<void> {
    const signOut = l10n.t('Sign Out');
    const text = l10n.t('Signed in to X as {0}.', grant.account.label);
    try {
      if ((await vscode.window.showInformationMessage(text, signOut)) === signOut) await this.#signOut(grant);
    } catch (error) {
      this.failure(error);
    }
  }

  /** Shows why something failed. A person who cancelled knows. */
  failure(error: unknown, attempt?: SignInAttempt): void {
    const failure = toUserFacingError(error);
    if (failure.name === 'Cancelled') return;
    if (failure.name === 'Unexpected') {
      this.#log.error(failure.cause instanceof Error ? (failure.cause.stack ?? '') : failure.message);
    }
    const { app, redirectUri } = failure;
    void this.#offer(vscode.window.showErrorMessage, failure.message, failure.remedies, {
      attempt,
      app,
      redirectUri,
      goOn: true,
    });
  }

  /** `attempt` signs in anew where the notice is not about one grant. */
  notice(notice: Notice, attempt?: SignInAttempt): void {
    this.#noticeCount++;
    const { text, remedies } = noticeText(notice, settings.clientIdAsWritten());
    const lost = notice.kind === 'narrowed' ? notice.lost : [];
    const subject =
      'grant' in notice ? { attempt: this.#signInAgain(notice.grant, lost), app: notice.grant } : { attempt };
    void this.#offer(vscode.window.showWarningMessage, text, remedies, subject);
  }

  /** What came by the editor's own address and is nobody's. */
  strayCallback(): void {
    const text = l10n.t('No sign-in to X is waiting for what the browser brought back: sign in again.');
    void this.#offer(vscode.window.showWarningMessage, text, ['sign-in-again'], {});
  }

  callbackUrlsCopied([first = '', ...others]: readonly string[]): void {
    const text =
      others.length === 0
        ? l10n.t('Copied. Register with X, to the letter, as a callback URL of your app: {0}', first)
        : l10n.t(
            'Copied. Register with X, to the letter, as a callback URL of your app: {0} (and these, for when it does not arrive: {1})',
            first,
            others.join('  '),
          );
    void this.#offer(vscode.window.showInformationMessage, text, ['open-console'], {});
  }

  async diagnosticsCopied(text: string): Promise<void> {
    const show = l10n.t('Show');
    const message = l10n.t('Copied, without secrets and names: read it, and paste it into your report.');
    if ((await vscode.window.showInformationMessage(message, show)) !== show) return;
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ content: text, language: 'markdown' }),
    );
  }

  appIsSetUp(): void {
    void this.#offer(vscode.window.showInformationMessage, l10n.t('The X app is set up.'), ['sign-in'], {});
  }

  nobodySignedIn(): void {
    void this.#offer(vscode.window.showInformationMessage, l10n.t('You are not signed in to X.'), ['sign-in'], {});
  }

  /** How many notices this window has shown. */
  get noticeCount(): number {
    return this.#noticeCount;
  }

  /** Not when a notice has said why: `told` is how many there were before. */
  partlyRefreshed(refreshed: number, all: number, told: number): void {
    if (told !== this.#noticeCount) return;
    const text = l10n.t(
      '{0} of {1} sign-ins to X are up to date, the others are tried again when they are used: see the log for the reason.',
      refreshed,
      all,
    );
    void this.#offer(vscode.window.showWarningMessage, text, ['show-log'], {});
  }

  async #offer(
    show: (text: string, ...buttons: string[]) => Thenable<string | undefined>,
    text: string,
    remedies: readonly Remedy[],
    subject: Subject,
  ): Promise<void> {
    const hasWays = subject.attempt?.by !== undefined;
    const possible = remedies.filter((remedy) => hasWays || !(remedy === 'paste-instead' || remedy === 'another-way'));
    const chosen = await show(text, ...possible.map(remedyLabel));
    const remedy = possible.find((candidate) => remedyLabel(candidate) === chosen);
    if (remedy === undefined) return;
    try {
      await this.#apply(remedy, subject);
    } catch (error) {
      this.failure(error, subject.attempt);
    }
  }

  async #apply(remedy: Remedy, { attempt, app, redirectUri, goOn = false }: Subject): Promise<void> {
    switch (remedy) {
      case 'set-up-app':
      case 'enter-client-secret':
      case 'enter-api-key':
        if (remedy === 'enter-api-key') await this.#setUp.apiKey();
        else if (remedy === 'enter-client-secret' && app !== undefined) await this.#setUp.clientSecret(app);
        else await this.#setUp.app();
        if (goOn && attempt !== undefined) await this.signIn(attempt);
        return;
      case 'open-settings':
        await vscode.commands.executeCommand('workbench.action.openSettings', SECTION);
        return;
      case 'sign-in':
        await vscode.commands.executeCommand(`${SECTION}.signIn`);
        return;
      case 'sign-in-again':
        if (attempt === undefined) await vscode.commands.executeCommand(`${SECTION}.signIn`);
        else await this.signIn(attempt);
        return;
      case 'paste-instead':
        await this.#signInBy('paste', attempt);
        return;
      case 'another-way':
        await this.#signInBy(await chooseMethod(), attempt);
        return;
      case 'see-checklist':
        if (redirectUri !== undefined) await showChecklist(redirectUri);
        return;
      case 'copy-callback-urls':
        await vscode.commands.executeCommand(`${SECTION}.copyCallbackUrls`);
        return;
      case 'show-log':
        this.#log.show();
        return;
      case 'open-console':
        await vscode.env.openExternal(vscode.Uri.parse(DEVELOPER_CONSOLE));
        return;
      case 'open-connected-apps':
        await vscode.env.openExternal(vscode.Uri.parse(CONNECTED_APPS));
        return;
      case 'reload-window':
        await vscode.commands.executeCommand('workbench.action.reloadWindow');
        return;
      case 'open-walkthrough':
        await openWalkthrough();
    }
  }
  async #signInBy(method: SignInMethod | undefined, attempt: SignInAttempt | undefined): Promise<void> {
    const { by } = attempt ?? {};
    if (method !== undefined && by !== undefined) await this.signIn({ run: () => by(method), by });
  }
}
