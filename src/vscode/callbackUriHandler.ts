import type * as vscode from 'vscode';
import type { Log } from '../sessions/log.ts';
import type { Browser } from './browser.ts';
import type { Messages } from './showMessages.ts';
import { CALLBACK_PATH } from './signInMethods.ts';

/** Longer than any callback of X's. */
const MAX_QUERY_LENGTH = 4096;

/** Takes callbacks that come by the editor's own address, which anybody can make a person open. */
export class CallbackUriHandler implements vscode.UriHandler {
  readonly #foreground: () => Promise<{ readonly browser: Browser; readonly messages: Messages }>;
  readonly #log: Log;

  constructor(foreground: () => Promise<{ readonly browser: Browser; readonly messages: Messages }>, log: Log) {
    this.#foreground = foreground;
    this.#log = log;
  }

  async handleUri({ path, query }: vscode.Uri): Promise<void> {
    // The page after the callback leads back to the editor by this, which brings the window to the front.
    if (path === '/') return;
    if (path !== CALLBACK_PATH || query.length > MAX_QUERY_LENGTH) {
      this.#log.warn('An address of this editor was opened that is no callback.');
      return;
    }
    const { browser, messages } = await this.#foreground();
    if (await browser.receive(new URLSearchParams(query))) return;
    this.#log.warn('A callback came that no sign-in waits for.');
    messages.strayCallback();
  }
}
