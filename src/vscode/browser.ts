import * as vscode from 'vscode';
import { CallbackMismatch } from '../oauth/errors.ts';
import { listenOnLoopback, type Arrival, type Loopback } from '../oauth/loopback.ts';
import { cancelled, pasteWords, replaced, timedOut } from './messages.ts';
import { settings } from './settings.ts';
import type { SignInMethod } from './signInMethods.ts';

const { l10n } = vscode;

/** Nothing waits longer for the browser than this. */
const PATIENCE_MS = 5 * 60_000;

export const CALLBACK_PATH = '/callback';

/** A visit to X's pages, from which the person comes back with an answer. */
export interface Visit {
  readonly url: string;
  /** What brings the person back: a server on the loopback address, or what they paste. */
  readonly back: SignInMethod;
  /** Where X sends the browser, or undefined when X shows a PIN instead. */
  readonly redirectUri: string | undefined;
  /** Whether these are the parameters of this visit's callback, and not of another's. */
  readonly isAnswer: (parameters: URLSearchParams) => boolean;
  /** Reads what the person pasted; throws {@link CallbackMismatch} when there is no answer in it. */
  readonly read: (pasted: string) => URLSearchParams;
}

interface Waiting {
  readonly visit: Visit;
  readonly arrive: (callback: URLSearchParams) => void;
}

/** Sends people to X in their browser and waits until they are back: one visit at a time, a new one replaces the one before. */
export class Browser {
  readonly #page: (arrival: Arrival) => Promise<string>;
  #current: AbortController | undefined;
  #waiting: Waiting | undefined;

  constructor(page: (arrival: Arrival) => Promise<string>) {
    this.#page = page;
  }

  /** Runs a sign-in in the place of any other; `signal` aborts when it is replaced itself. */
  async alone<T>(signIn: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#current?.abort(replaced());
    const current = new AbortController();
    this.#current = current;
    try {
      return await signIn(current.signal);
    } finally {
      if (this.#current === current) this.#current = undefined;
    }
  }

  /**
   * @returns the parameters of the callback
   * @throws {Failure} `Cancelled` or `TimedOut`
   * @throws {PortUnavailable}
   */
  async visit(visit: Visit, signal: AbortSignal): Promise<URLSearchParams> {
    signal.throwIfAborted();
    const loopback = visit.back === 'loopback' ? await this.#listen(visit) : undefined;
    const arrival = Promise.withResolvers<URLSearchParams>();
    const waiting: Waiting = { visit, arrive: arrival.resolve };
    const abort = (): void => arrival.reject(signal.reason);
    const tooLong = setTimeout(() => arrival.reject(timedOut(visit.redirectUri)), PATIENCE_MS);
    const away = new vscode.CancellationTokenSource();
    signal.addEventListener('abort', abort);
    void loopback?.callback.then(arrival.resolve);
    this.#setWaiting(waiting);
    try {
      signal.throwIfAborted();
      // As a string, which is accepted at run time, because a Uri would decode what is encoded in the URL.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      void vscode.env.openExternal(visit.url as unknown as vscode.Uri);
      void this.#showProgress(arrival);
      if (visit.back === 'paste') void this.#ask(waiting, away.token);
      return await arrival.promise;
    } finally {
      clearTimeout(tooLong);
      signal.removeEventListener('abort', abort);
      away.cancel();
      away.dispose();
      if (this.#waiting === waiting) this.#setWaiting(undefined);
      await loopback?.close();
    }
  }

  /** Lets the person finish the visit that waits with what is in the browser's address bar. */
  async paste(): Promise<void> {
    if (this.#waiting === undefined) {
      void vscode.window.showInformationMessage(l10n.t('No sign-in to X is waiting: start one with "X: Sign In".'));
      return;
    }
    await this.#ask(this.#waiting);
  }

  /** For a person who wants to sign in with another browser. */
  async copyLink(): Promise<void> {
    if (this.#waiting === undefined) return;
    await vscode.env.clipboard.writeText(this.#waiting.visit.url);
    void vscode.window.setStatusBarMessage(l10n.t('Copied the link to sign in to X.'), 5_000);
  }

  async #listen(visit: Visit): Promise<Loopback> {
    return listenOnLoopback({
      port: settings.loopbackPort(),
      path: CALLBACK_PATH,
      hosts: visit.redirectUri === undefined ? [] : [new URL(visit.redirectUri).host],
      isAnswer: visit.isAnswer,
      page: this.#page,
    });
  }

  #setWaiting(waiting: Waiting | undefined): void {
    this.#waiting = waiting;
    // The command to paste a callback is in the palette only while there is something to finish.
    void vscode.commands.executeCommand('setContext', 'xAuthentication.isWaiting', waiting !== undefined);
  }

  /** Tells that the browser is being waited for, until it is back; cancelling ends the sign-in. */
  async #showProgress(arrival: PromiseWithResolvers<URLSearchParams>): Promise<void> {
    const location = vscode.ProgressLocation.Notification;
    await vscode.window.withProgress(
      { location, cancellable: true, title: l10n.t('Sign in to X in your browser') },
      async (progress, token) => {
        token.onCancellationRequested(() => arrival.reject(cancelled()));
        progress.report({
          message: l10n.t({
            message: 'if it does not come back, [paste the callback URL]({0}) or [copy the link]({1}).',
            args: ['command:xAuthentication.pasteCallback', 'command:xAuthentication.copySignInLink'],
            comment: [
              'Follows "Sign in to X in your browser" and a colon. The brackets and parentheses make links and must stay.',
            ],
          }),
        });
        await arrival.promise.catch(() => undefined);
      },
    );
  }

  async #ask({ visit, arrive }: Waiting, away?: vscode.CancellationToken): Promise<void> {
    const words = pasteWords(visit.redirectUri === undefined ? 'pin' : 'callback');
    const problemWith = (pasted: string): string | undefined => {
      try {
        return visit.isAnswer(visit.read(pasted)) ? undefined : words.other;
      } catch (error) {
        if (error instanceof CallbackMismatch) return words.nothing;
        throw error;
      }
    };
    const pasted = await vscode.window.showInputBox(
      {
        title: words.title,
        prompt: words.prompt,
        placeHolder: words.placeHolder,
        ignoreFocusOut: true,
        validateInput: (text) => (text.trim() === '' ? undefined : problemWith(text)),
      },
      away,
    );
    if (pasted !== undefined && pasted.trim() !== '') arrive(visit.read(pasted));
  }
}
