import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** More than any page here has to stop at. */
const STOPS = 60;

/** Somebody who has no mouse. */
export class Keyboard {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Presses Tab until this has the focus. */
  async tabTo(target: Locator, key = 'Tab'): Promise<void> {
    await target.waitFor();
    for (let stop = 0; stop < STOPS; stop++) {
      if ((await target.and(this.page.locator(':focus')).count()) > 0) return;
      await this.press(key);
    }
    assert.fail(`${String(target)} is not reached with ${key}.`);
  }

  /** Tabs to a button or a link and presses it. */
  async activate(target: Locator): Promise<void> {
    await this.tabTo(target);
    await this.press('Enter');
  }

  /** Runs a command of the palette by its whole title, such as `X: Sign In`. */
  async run(command: string): Promise<void> {
    await this.press('F1');
    const widget = this.page.locator('.quick-input-widget:visible');
    await widget.locator('input.input:focus').waitFor();
    await this.type(command);
    await widget.locator('.monaco-list-row.focused').filter({ hasText: command }).waitFor();
    await this.press('Enter');
  }
}
