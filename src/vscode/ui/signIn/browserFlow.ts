import * as vscode from 'vscode';
import type { Log } from '../../../common/log.ts';
import type { Arrival } from '../../../oauth/loopback.ts';
import type { CallbackHandoff } from '../../../sessions/callbackHandoff.ts';
import { replaced, timedOut } from '../messages/signInErrors.ts';
import { settings } from '../../settings.ts';
import type { AuthorizationAttempt } from './authorizationAttempt.ts';
import { askForCallback, copyLink, showProgress, showUnprovenError } from './callbackPrompts.ts';
import type { FlowPlan } from './flowPlan.ts';
import type { Flow, FlowChoice, Listener } from './flows/flow.ts';
import { PendingAttempt, type Outcome } from './pendingAttempt.ts';
import { offerHelp } from './signInHelp.ts';

/** Nothing waits longer for the browser than this. */
const TIMEOUT_MS = 5 * 60_000;

/** How long an answer with the state may still come after an error without one. */
const DOUBT_MS = 20_000;

/** How often a window looks whether another one got its callback: the code in that lives for 30 seconds. */
const POLL_MS = 500;

/** How many attempts are remembered, for the diagnostics. */
const REMEMBERED = 10;

/** An attempt that ended; `outcome` is the name of an error, or undefined when the browser came back. */
export interface PastAttempt {
  readonly at: number;
  readonly method: Flow['method'];
  readonly outcome: string | undefined;
}

/** Sends people to X in their browser and waits until they are back: one attempt at a time, a new one replaces the one before. */
export class BrowserFlow {
  readonly #page: (arrival: Arrival) => Promise<string>;
  readonly #handoff: CallbackHandoff;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #doubtMs: number;
  readonly #past: PastAttempt[] = [];
  #current: AbortController | undefined;
  #pending: PendingAttempt | undefined;

  constructor(parts: {
    page: (arrival: Arrival) => Promise<string>;
    handoff: CallbackHandoff;
    log: Log;
    timeoutMs?: number;
    doubtMs?: number;
  }) {
    this.#page = parts.page;
    this.#handoff = parts.handoff;
    this.#log = parts.log;
    this.#timeoutMs = parts.timeoutMs ?? TIMEOUT_MS;
    this.#doubtMs = parts.doubtMs ?? DOUBT_MS;
  }

  /** The attempts that ended lately, the oldest first. */
  get past(): readonly PastAttempt[] {
    return this.#past;
  }

  /** Runs a sign-in in the place of any other; `signal` aborts when it is replaced itself. */
  async runExclusive<T>(signIn: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
   * Opens X's page in the browser, and waits for the callback in the flow that was chosen out of a plan.
   *
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   * @throws {PortUnavailableError} where no other flow may be tried
   */
  async authorize(
    attempt: AuthorizationAttempt,
    choice: FlowChoice,
    { tried, offered }: FlowPlan,
    signal: AbortSignal,
  ): Promise<Outcome> {
    signal.throwIfAborted();
    using pending = new PendingAttempt(attempt, choice, offered, this.#doubtMs);
    const listener = await this.#listen(pending, tried.length > 1);
    try {
      const outcome = await this.#waitForCallback(pending, listener, signal);
      this.#remember(choice, outcome.kind === 'callback' ? undefined : 'BegunAnew');
      return outcome;
    } catch (error) {
      this.#remember(choice, error instanceof Error ? error.name : 'Unexpected');
      throw error;
    } finally {
      if (this.#pending === pending) this.#setPending(undefined);
      // Only the next attempt by the same port waits for that.
      void listener.close?.();
      await this.#handoff.stopWaiting(attempt.correlationId).catch(() => {});
    }
  }

  /** Takes a callback that came by the URI handler. Resolves to false when no window waits for it. */
  async receive(callback: URLSearchParams): Promise<boolean> {
    const pending = this.#pending;
    if (pending?.take(callback) === true) return true;
    // Where this attempt's errors can't come by the editor's own address, one that does is somebody else's.
    if (pending?.choice.flow.comesByUri === true && this.#takeError(pending, callback)) return true;
    return this.#handOver(callback);
  }

  /**
   * Lets the person finish the pending attempt with what is in the browser's address bar. A `ticket` must be of that attempt;
   * without one it is done, too, since it gives nothing away.
   */
  async paste(ticket?: unknown): Promise<void> {
    const pending = ticket === undefined ? this.#pending : this.#ticketed(ticket);
    if (pending !== undefined) await askForCallback(pending);
    else if (ticket === undefined)
      void vscode.window.showInformationMessage(
        vscode.l10n.t('No sign-in to X is waiting: start one with "X: Sign In".'),
      );
  }

  /** For a person who wants to sign in with another browser. Does nothing without the ticket of the pending attempt. */
  async copyLink(ticket: unknown): Promise<void> {
    const pending = this.#ticketed(ticket);
    if (pending !== undefined) await copyLink(pending);
  }

  /** What else can be done while the browser does not come back. Does nothing without the ticket of the pending attempt. */
  async help(ticket: unknown): Promise<void> {
    const pending = this.#ticketed(ticket);
    if (pending !== undefined) await offerHelp(pending);
  }

  /** The pending attempt, if this is its ticket. */
  #ticketed(ticket: unknown): PendingAttempt | undefined {
    return this.#pending?.ticket === ticket ? this.#pending : undefined;
  }

  async #listen(pending: PendingAttempt, mayPaste: boolean): Promise<Listener> {
    const { attempt, choice } = pending;
    const listener = await choice.flow.listen({
      redirectUri: choice.redirectUri,
      port: settings.loopbackPort(),
      isAnswer: (parameters) => attempt.matchCallback(parameters) !== undefined,
      takeError: (parameters) => this.#takeError(pending, parameters),
      handOver: (callback) => this.#handOver(callback),
      page: this.#page,
      mayPaste,
      log: this.#log,
    });
    pending.busyPort = listener.busyPort;
    return listener;
  }

  async #waitForCallback(pending: PendingAttempt, listener: Listener, signal: AbortSignal): Promise<Outcome> {
    const { attempt, choice } = pending;
    const abort = (): void => pending.fail(signal.reason);
    const timeout = setTimeout(() => pending.fail(timedOut(callbackUrlOf(choice))), this.#timeoutMs);
    const polling = setInterval(() => void this.#pollHandoff(pending), POLL_MS);
    signal.addEventListener('abort', abort);
    void this.#takeFrom(listener, pending);
    this.#setPending(pending);
    try {
      await this.#handoff
        .wait(attempt.correlationId)
        .catch((error: unknown) => this.#log.warn(`Sign-in: ${String(error)}`));
      signal.throwIfAborted();
      // As a string, which is accepted at run time, because a Uri would decode what is encoded in the URL.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      void vscode.env.openExternal(attempt.url as unknown as vscode.Uri);
      void showProgress(pending);
      if (listener.isAsked === true) void askForCallback(pending);
      return await pending.outcome;
    } finally {
      clearTimeout(timeout);
      clearInterval(polling);
      signal.removeEventListener('abort', abort);
    }
  }

  async #takeFrom(listener: Listener, pending: PendingAttempt): Promise<void> {
    const callback = await listener.callback;
    if (callback !== undefined) pending.take(callback);
  }

  #takeError(pending: PendingAttempt, parameters: URLSearchParams): boolean {
    const taken = pending.takeError(parameters);
    if (taken?.isFirst === true) {
      this.#log.warn(`Sign-in: an error without a state came (${taken.code}).`);
      void showUnprovenError(taken.code, pending);
    }
    return taken !== undefined;
  }

  /** Looks whether another window has got the callback of this one. */
  async #pollHandoff(pending: PendingAttempt): Promise<void> {
    const callback = await this.#handoff.take(pending.attempt.correlationId).catch(() => undefined);
    if (callback !== undefined) pending.take(callback);
  }

  async #handOver(callback: URLSearchParams): Promise<boolean> {
    const names = ['nonce', 'state', 'oauth_token', 'denied'];
    const correlationId = names.map((name) => callback.get(name)).find((value) => value !== null);
    if (correlationId === undefined || correlationId === null) return false;
    try {
      return await this.#handoff.handOver(correlationId, callback);
    } catch (error) {
      this.#log.warn(`A callback could not be handed over. ${String(error)}`);
      return false;
    }
  }

  #setPending(pending: PendingAttempt | undefined): void {
    this.#pending = pending;
    // The command to paste a callback is in the palette only while there is something to finish.
    void vscode.commands.executeCommand('setContext', 'xAuthentication.isWaiting', pending !== undefined);
  }

  #remember({ flow: { method } }: FlowChoice, outcome: string | undefined): void {
    this.#past.push({ at: Date.now(), method, outcome });
    if (this.#past.length > REMEMBERED) this.#past.shift();
  }
}

/** What X must know of a choice; a PIN needs no callback URL. */
function callbackUrlOf({ flow, redirectUri }: FlowChoice): string | undefined {
  return flow.method === 'pin' ? undefined : redirectUri;
}
