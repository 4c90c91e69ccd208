import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { cancelled } from '../messages/signInErrors.ts';
import type { AuthorizationAttempt } from './authorizationAttempt.ts';
import type { FlowChoice } from './flows/flow.ts';

/** How the wait for a callback ends, unless it fails. */
export type Outcome =
  | { readonly kind: 'callback'; readonly callback: URLSearchParams }
  /** The person wants to begin anew, in this flow. */
  | { readonly kind: 'switch'; readonly choice: FlowChoice };

/** An attempt that waits for its callback. It ends once; what comes later changes nothing. */
export class PendingAttempt implements Disposable {
  /** What the links of its notification bring along, and nobody else knows: any extension can run the commands behind them. */
  readonly ticket = randomUUID();
  readonly attempt: AuthorizationAttempt;
  readonly choice: FlowChoice;
  /** What the person may choose instead. */
  readonly offered: readonly FlowChoice[];
  /** The port that is taken, so that the callback can't come by itself. */
  busyPort: number | undefined;
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #ended = new vscode.CancellationTokenSource();
  readonly #doubtMs: number;
  #doubt: NodeJS.Timeout | undefined;

  /** `doubtMs`: how long an answer with the state may still come after an error without one. */
  constructor(attempt: AuthorizationAttempt, choice: FlowChoice, offered: readonly FlowChoice[], doubtMs: number) {
    this.attempt = attempt;
    this.choice = choice;
    this.offered = offered;
    this.#doubtMs = doubtMs;
    // It may fail before anybody waits for it.
    this.#outcome.promise.catch(() => undefined);
  }

  /** Rejects when the attempt is cancelled, replaced or too late. */
  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** Closes what the person was asked when the wait is over. */
  get ended(): vscode.CancellationToken {
    return this.#ended.token;
  }

  /** Takes a callback, if it is this attempt's. */
  take(parameters: URLSearchParams): boolean {
    const callback = this.attempt.matchCallback(parameters);
    if (callback !== undefined) this.#outcome.resolve({ kind: 'callback', callback });
    return callback !== undefined;
  }

  /**
   * Takes an error that does not say which attempt it is for. It counts when no answer with the state has come for a while.
   *
   * @returns its code and whether it is the first; undefined when the callback has none
   */
  takeError(parameters: URLSearchParams): { readonly code: string; readonly isFirst: boolean } | undefined {
    const code = this.attempt.unprovenError?.(parameters);
    if (code === undefined) return undefined;
    const isFirst = this.#doubt === undefined;
    this.#doubt ??= setTimeout(() => this.#outcome.resolve({ kind: 'callback', callback: parameters }), this.#doubtMs);
    return { code, isFirst };
  }

  switchTo(choice: FlowChoice): void {
    this.#outcome.resolve({ kind: 'switch', choice });
  }

  cancel(): void {
    this.fail(cancelled());
  }

  fail(reason: unknown): void {
    this.#outcome.reject(reason);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#doubt);
    this.#ended.cancel();
    this.#ended.dispose();
  }
}
