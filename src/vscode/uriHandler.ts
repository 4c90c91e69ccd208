import type * as vscode from 'vscode';
import type { Log } from '../common/log.ts';
import type { BrowserFlow } from './ui/signIn/browserFlow.ts';
import { CALLBACK_PATH } from './callbackPath.ts';
import type { Messages } from './ui/messages/messages.ts';

/** Longer than any callback of X's. */
const MAX_QUERY_LENGTH = 4096;

/** A person is warned of stray callbacks at most this often. */
const WARN_AGAIN_MS = 60_000;

/** What is loaded to take a callback. */
interface Taker {
  readonly browser: Pick<BrowserFlow, 'receive'>;
  readonly messages: Pick<Messages, 'strayCallback'>;
}

/** Takes callbacks that come by the editor's own address, which anybody can make a person open. */
export class UriHandler implements vscode.UriHandler {
  readonly #ui: () => Promise<Taker>;
  readonly #log: Log;
  readonly #now: () => number;
  #warnedAt: number | undefined;

  constructor(ui: () => Promise<Taker>, log: Log, now: () => number) {
    this.#ui = ui;
    this.#log = log;
    this.#now = now;
  }

  async handleUri({ path, query }: Pick<vscode.Uri, 'path' | 'query'>): Promise<void> {
    // The page after the callback leads back to the editor by this, which brings the window to the front.
    if (path === '/') return;
    if (path !== CALLBACK_PATH || query.length > MAX_QUERY_LENGTH) {
      this.#log.warn('An address of this editor was opened that is no callback.');
      return;
    }
    const { browser, messages } = await this.#ui();
    if (await browser.receive(new URLSearchParams(query))) return;
    this.#log.warn('A callback came that no sign-in waits for.');
    const now = this.#now();
    // In whichever direction: the clock may have been set back.
    if (this.#warnedAt !== undefined && Math.abs(now - this.#warnedAt) < WARN_AGAIN_MS) return;
    this.#warnedAt = now;
    messages.strayCallback();
  }
}
