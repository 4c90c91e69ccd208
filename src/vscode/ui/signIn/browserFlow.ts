import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { CallbackMismatchError } from '../../../oauth/errors.ts';
import { listenOnLoopback, PortUnavailableError, type Arrival, type Loopback } from '../../../oauth/loopback.ts';
import type { CallbackHandoff } from '../../../sessions/callbackHandoff.ts';
import type { Log } from '../../../common/log.ts';
import { X_API } from '../../../x/endpoints.ts';
import { CALLBACK_PATH } from '../../callbackPath.ts';
import { cancelled, pasteWords, portInUse, replaced, timedOut, unprovenError } from '../messages/userFacingErrors.ts';
import { settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import {
  BeginAnew,
  FlowUnavailableError,
  type AuthorizationAttempt,
  type Way,
  type WaysBack,
} from './authorizationAttempt.ts';
import { offerHelp } from './signInHelp.ts';

const { l10n } = vscode;

/** Nothing waits longer for the browser than this. */
const TIMEOUT_MS = 5 * 60_000;

/** Who is not back by then may be looking at an error page of X's. */
const HINT_AFTER_MS = 30_000;

/** How long an answer with the state may still come after an error without one. */
const DOUBT_MS = 20_000;

/** How often a window looks whether another one got its callback: the code in that lives for 30 seconds. */
const LOOK_MS = 500;

/** How many visits are remembered, for the diagnostics. */
const REMEMBERED = 10;

/** A visit that ended; `outcome` is the name of an error, or undefined when the browser came back. */
export interface PastAttempt {
  readonly at: number;
  readonly method: SignInMethod;
  readonly outcome: string | undefined;
}

/** A visit from which the person is not back yet. */
interface PendingAttempt {
  /** What the links of its notification bring along, and nobody else knows: any extension can run the commands behind them. */
  readonly ticket: string;
  readonly visit: AuthorizationAttempt;
  readonly way: Way;
  readonly offered: WaysBack['offered'];
  /** Why the browser can't come back by itself, where that is so. */
  readonly obstacle: string | undefined;
  readonly arrival: PromiseWithResolvers<URLSearchParams>;
  /** Ends what was asked of the person when the visit ends. */
  readonly away: vscode.CancellationToken;
  /** Takes a callback, if it is this visit's. */
  readonly take: (callback: URLSearchParams) => boolean;
  /** Takes an error that does not say which visit it is for; false when the callback is none. */
  readonly takeError: (callback: URLSearchParams) => boolean;
}

/** Sends people to X in their browser and waits until they are back: one visit at a time, a new one replaces the one before. */
export class BrowserFlow {
  readonly #page: (arrival: Arrival) => Promise<string>;
  readonly #notes: CallbackHandoff;
  readonly #log: Log;
  readonly #patienceMs: number;
  readonly #doubtMs: number;
  readonly #past: PastAttempt[] = [];
  #current: AbortController | undefined;
  #waiting: PendingAttempt | undefined;
  /** The end of the loopback that was open last. */
  #closing: Promise<unknown> | undefined;

  constructor(parts: {
    page: (arrival: Arrival) => Promise<string>;
    notes: CallbackHandoff;
    log: Log;
    patienceMs?: number;
    doubtMs?: number;
  }) {
    this.#page = parts.page;
    this.#notes = parts.notes;
    this.#log = parts.log;
    this.#patienceMs = parts.patienceMs ?? TIMEOUT_MS;
    this.#doubtMs = parts.doubtMs ?? DOUBT_MS;
  }

  /** The visits that ended lately, the oldest first. */
  get past(): readonly PastAttempt[] {
    return this.#past;
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
   * Visits X, prepared anew for every way back that is tried.
   *
   * @returns the visit that succeeded, and the parameters of its callback
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   * @throws {PortUnavailableError} where no other way may be tried
   * @throws {FlowUnavailableError} when the last way is
   */
  async visit<V extends AuthorizationAttempt>(
    ways: WaysBack,
    prepare: (way: Way) => Promise<V>,
    signal: AbortSignal,
  ): Promise<{ readonly visit: V; readonly callback: URLSearchParams }> {
    let [way, ...untried] = ways.tried;
    for (;;) {
      try {
        const visit = await prepare(way);
        signal.throwIfAborted();
        return { visit, callback: await this.#comeBack(visit, way, ways, signal) };
      } catch (error) {
        const next =
          error instanceof BeginAnew ? error.way : error instanceof FlowUnavailableError ? untried.shift() : undefined;
        if (next === undefined) throw error;
        this.#log.info(`Sign-in: begun anew by ${next.method}, after ${way.method} (${String(error)}).`);
        way = next;
      }
    }
  }

  /** Takes a callback that came by the URI handler. Resolves to false when no window waits for it. */
  async receive(callback: URLSearchParams): Promise<boolean> {
    const { take, takeError, way } = this.#waiting ?? {};
    if (take?.(callback) === true) return true;
    // Where this visit's errors can't come by the editor's own address, one that does is somebody else's.
    if ((way?.method === 'uri' || way?.method === 'relay') && takeError?.(callback) === true) return true;
    return this.#handOver(callback);
  }

  /**
   * Lets the person finish the visit that waits with what is in the browser's address bar. A `ticket` must be of that visit's; without
   * one it is done, too, since it gives nothing away.
   */
  async paste(ticket?: unknown): Promise<void> {
    const waiting = ticket === undefined ? this.#waiting : this.#ticketed(ticket);
    if (waiting !== undefined) await this.#ask(waiting);
    else if (ticket === undefined)
      void vscode.window.showInformationMessage(l10n.t('No sign-in to X is waiting: start one with "X: Sign In".'));
  }

  /** For a person who wants to sign in with another browser. Does nothing without the ticket of the visit that waits. */
  async copyLink(ticket: unknown): Promise<void> {
    const waiting = this.#ticketed(ticket);
    if (waiting !== undefined) await copyLinkTo(waiting.visit);
  }

  /** What else can be done while the browser does not come back. Does nothing without the ticket of the visit that waits. */
  async help(ticket: unknown): Promise<void> {
    const waiting = this.#ticketed(ticket);
    if (waiting === undefined) return;
    const { visit, way, offered, arrival, away } = waiting;
    await offerHelp(way, offered, away, {
      paste: () => this.#ask(waiting),
      copyLink: () => copyLinkTo(visit),
      goBy: (other) => arrival.reject(new BeginAnew(other)),
      cancel: () => arrival.reject(cancelled()),
    });
  }

  /** The visit that waits, if this is its ticket. */
  #ticketed(ticket: unknown): PendingAttempt | undefined {
    return this.#waiting?.ticket === ticket ? this.#waiting : undefined;
  }

  async #comeBack(
    visit: AuthorizationAttempt,
    way: Way,
    ways: WaysBack,
    signal: AbortSignal,
  ): Promise<URLSearchParams> {
    const arrival = Promise.withResolvers<URLSearchParams>();
    const take = (callback: URLSearchParams): boolean => {
      const answer = visit.answerIn(callback);
      if (answer !== undefined) arrival.resolve(answer);
      return answer !== undefined;
    };
    let doubt: NodeJS.Timeout | undefined;
    const takeError = (callback: URLSearchParams): boolean => {
      const code = visit.errorIn?.(callback);
      if (code !== undefined && doubt === undefined) {
        doubt = setTimeout(() => arrival.resolve(callback), this.#doubtMs);
        void this.#showError(code, way, arrival);
      }
      return code !== undefined;
    };
    const { loopback, obstacle } = await this.#listen(visit, way, takeError, ways.tried.length > 1);
    const away = new vscode.CancellationTokenSource();
    const { offered } = ways;
    const ticket = randomUUID();
    const waiting: PendingAttempt = {
      ticket,
      visit,
      way,
      offered,
      obstacle,
      arrival,
      away: away.token,
      take,
      takeError,
    };
    const abort = (): void => arrival.reject(signal.reason);
    const tooLong = setTimeout(() => arrival.reject(timedOut(way.redirectUri)), this.#patienceMs);
    const looking = setInterval(() => void this.#look(waiting), LOOK_MS);
    signal.addEventListener('abort', abort);
    void loopback?.callback.then(take);
    this.#setWaiting(waiting);
    try {
      await this.#notes.wait(visit.secret).catch((error: unknown) => this.#log.warn(`Sign-in: ${String(error)}`));
      signal.throwIfAborted();
      // As a string, which is accepted at run time, because a Uri would decode what is encoded in the URL.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      void vscode.env.openExternal(visit.url as unknown as vscode.Uri);
      void this.#showProgress(waiting);
      if (way.method === 'paste' || obstacle !== undefined) void this.#ask(waiting);
      const callback = await arrival.promise;
      this.#remember(way, undefined);
      return callback;
    } catch (error) {
      this.#remember(way, error instanceof Error ? error.name : 'Unexpected');
      throw error;
    } finally {
      clearTimeout(tooLong);
      clearTimeout(doubt);
      clearInterval(looking);
      signal.removeEventListener('abort', abort);
      away.cancel();
      away.dispose();
      if (this.#waiting === waiting) this.#setWaiting(undefined);
      // Only the next visit by the loopback waits for that: the browser may still be fetching its page.
      this.#closing = Promise.all([this.#closing, loopback?.close()]);
      await this.#notes.stopWaiting(visit.secret).catch(() => {});
    }
  }

  async #listen(
    visit: AuthorizationAttempt,
    { method, redirectUri }: Way,
    takeError: PendingAttempt['takeError'],
    mayPaste: boolean,
  ): Promise<{ readonly loopback?: Loopback; readonly obstacle?: string }> {
    if (method !== 'loopback' || redirectUri === undefined) return {};
    await this.#closing;
    try {
      const loopback = await listenOnLoopback({
        port: settings.loopbackPort(),
        path: CALLBACK_PATH,
        hosts: [new URL(redirectUri).host],
        isAnswer: (parameters) => visit.answerIn(parameters) !== undefined,
        takeError,
        handOver: (callback) => this.#handOver(callback),
        page: this.#page,
      });
      return { loopback };
    } catch (error) {
      if (!mayPaste || !(error instanceof PortUnavailableError)) throw error;
      // Another way back may not be registered with X; this one is, and who has the port may be a window that hands over.
      this.#log.warn(`Sign-in: ${error.message}; the callback URL has to be pasted.`);
      return { obstacle: portInUse(error.port) };
    }
  }

  /** Looks whether another window has left this one's callback. */
  async #look({ visit, take }: PendingAttempt): Promise<void> {
    const callback = await this.#notes.take(visit.secret).catch(() => undefined);
    if (callback !== undefined) take(callback);
  }

  async #handOver(callback: URLSearchParams): Promise<boolean> {
    const names = ['nonce', 'state', 'oauth_token', 'denied'];
    const secret = names.map((name) => callback.get(name)).find((value) => value !== null);
    if (secret === undefined || secret === null) return false;
    try {
      return await this.#notes.handOver(secret, callback);
    } catch (error) {
      this.#log.warn(`A callback could not be handed over. ${String(error)}`);
      return false;
    }
  }

  #setWaiting(waiting: PendingAttempt | undefined): void {
    this.#waiting = waiting;
    // The command to paste a callback is in the palette only while there is something to finish.
    void vscode.commands.executeCommand('setContext', 'xAuthentication.isWaiting', waiting !== undefined);
  }

  #remember({ method }: Way, outcome: string | undefined): void {
    this.#past.push({ at: Date.now(), method, outcome });
    if (this.#past.length > REMEMBERED) this.#past.shift();
  }

  /** Tells that the browser is being waited for, until it is back; cancelling ends the sign-in. */
  async #showProgress({ ticket, visit, arrival }: PendingAttempt): Promise<void> {
    const location = vscode.ProgressLocation.Notification;
    const given = encodeURIComponent(JSON.stringify([ticket]));
    const links = ['pasteCallback', 'copySignInLink', 'signInHelp'].map(
      (name) => `command:xAuthentication.${name}?${given}`,
    );
    await vscode.window.withProgress(
      { location, cancellable: true, title: titleFor(visit.apiBaseUrl) },
      async (progress, token) => {
        token.onCancellationRequested(() => arrival.reject(cancelled()));
        progress.report({
          message: l10n.t({
            message:
              'if it does not come back, [paste the callback URL]({0}), [copy the link]({1}) or [see what else helps]({2}).',
            args: links,
            comment: [
              'Follows "Sign in to X in your browser" and a colon. The brackets and parentheses make links and must stay.',
            ],
          }),
        });
        const hint = setTimeout(() => {
          const message = l10n.t({
            message:
              'still waiting. If X says that something went wrong, [see what helps]({2}). You can also [paste the callback URL]({0}) or [copy the link]({1}).',
            args: links,
            comment: [
              'Follows "Sign in to X in your browser" and a colon. The brackets and parentheses make links and must stay.',
            ],
          });
          progress.report({ message });
        }, HINT_AFTER_MS);
        await arrival.promise.catch(() => undefined);
        clearTimeout(hint);
      },
    );
  }

  /** Tells of an error that anybody could have sent. The visit goes on meanwhile, unless the person ends it. */
  async #showError(code: string, way: Way, arrival: PendingAttempt['arrival']): Promise<void> {
    this.#log.warn(`Sign-in: an error without a state came (${code}).`);
    const { text, cancel, again } = unprovenError(code);
    const chosen = await vscode.window.showWarningMessage(text, cancel, again);
    // Once the visit is over these do nothing: how it ended has a message of its own, with a button that tries it again.
    if (chosen === cancel) arrival.reject(cancelled());
    else if (chosen === again) arrival.reject(new BeginAnew(way));
  }

  async #ask({ visit, way, obstacle, away, take }: PendingAttempt): Promise<void> {
    const words = pasteWords(way.redirectUri === undefined ? 'pin' : 'callback');
    const problemWith = (pasted: string): string | undefined => {
      try {
        return visit.answerIn(visit.read(pasted)) === undefined ? words.other : undefined;
      } catch (error) {
        if (error instanceof CallbackMismatchError) return words.nothing;
        throw error;
      }
    };
    const pasted = await vscode.window.showInputBox(
      {
        title: words.title,
        prompt: obstacle === undefined ? words.prompt : `${obstacle} ${words.prompt}`,
        placeHolder: words.placeHolder,
        ignoreFocusOut: true,
        validateInput: (text) => (text.trim() === '' ? undefined : problemWith(text)),
      },
      away,
    );
    if (pasted !== undefined && pasted.trim() !== '') take(visit.read(pasted));
  }
}

async function copyLinkTo({ url }: AuthorizationAttempt): Promise<void> {
  await vscode.env.clipboard.writeText(url);
  void vscode.window.setStatusBarMessage(l10n.t('Copied the link to sign in to X.'), 5_000);
}

/** Any extension can change the setting: who is about to sign in is told where that leads, if not to X. */
function titleFor(apiBaseUrl: string): string {
  return apiBaseUrl === X_API
    ? l10n.t('Sign in to X in your browser')
    : l10n.t('Sign in to X in your browser (not at X itself, but at {0})', new URL(apiBaseUrl).host);
}
