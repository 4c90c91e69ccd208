import type { Locator, Page } from 'playwright-core';
import { ConsentPage } from './consentPage.ts';

/** On a machine that is busy with other things. */
const UP_MS = 90_000;
const ACTION_MS = 30_000;
const TRIES = 20;

type Text = string | RegExp;

/** A window of VS Code, and what a person does in it. Each action waits until it can be done, and for nothing else. */
export class EditorWindow {
  readonly page: Page;
  #minutesPassed = 0;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(ACTION_MS);
  }

  /** Resolves when the Greeter is up, which is the last of what comes up. */
  async isUp(): Promise<void> {
    await this.statusBarItem(/Greet me|Hello,/).waitFor({ timeout: UP_MS });
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.isUp();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Runs a command of the palette by its whole title, such as `X: Sign In`. */
  async run(command: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput().locator('input.input').fill(`>${command}`);
    // Two rows when it was used before; any key binding is part of the name.
    await this.option(new RegExp(`^${command.replaceAll(/\W/g, '\\$&')}(,|$)`))
      .first()
      .click();
  }

  /**
   * Opens the Accounts menu and returns its entries. VS Code fills it when it opens, with what it knows by then: it is opened anew until
   * `expected` is there, a few times at most.
   */
  async openAccounts(expected?: Text): Promise<string[]> {
    for (let tries = 0; ; tries++) {
      await this.page
        .getByRole('button', { name: /^Accounts/ })
        .first()
        .click();
      const entries = this.menu().getByRole('menuitem');
      await entries.first().waitFor();
      const isLoading = await this.menu().getByText('Loading...').isVisible();
      const isThere =
        expected === undefined || (await this.menu().getByRole('menuitem', { name: expected }).count()) > 0;
      if (!isLoading && (isThere || tries >= TRIES)) {
        return (await entries.allTextContents()).map((entry) => entry.trim());
      }
      await this.closeMenu();
    }
  }

  /** Clicks an entry of the Accounts menu, and then one of the menu that it opens: `chooseFromAccounts('@ada_l (X)', 'Sign Out')`. */
  async chooseFromAccounts(...path: Text[]): Promise<void> {
    await this.openAccounts(path[0]);
    for (const entry of path) {
      // By the keyboard, because a menu that has just come up ignores the mouse for a moment.
      await this.menu().last().getByRole('menuitem', { name: entry }).hover();
      await this.page.keyboard.press('Enter');
    }
  }

  async closeMenu(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.menu().first().waitFor({ state: 'detached' });
  }

  /** Menus that are open, a submenu last. */
  menu(): Locator {
    return this.page.locator('.monaco-menu');
  }

  /** A modal dialog. */
  dialog(text: Text): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text });
  }

  async answerDialog(text: Text, button: Text): Promise<void> {
    await this.dialog(text).getByRole('button', { name: button }).click();
  }

  /** A notification, or progress that is shown as one. It may fade: wait for it as soon as it is due. */
  notification(text: Text): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text });
  }

  /** What all notifications say that are shown. */
  async notifications(): Promise<string[]> {
    return this.page.locator('.notification-toast .notification-list-item-message').allTextContents();
  }

  /** Clicks a button of a notification, or a link in its text. */
  async clickInNotification(text: Text, target: Text): Promise<void> {
    const notification = this.notification(text);
    const button = notification.getByRole('button', { name: target });
    await button.or(notification.locator('.notification-list-item-message a', { hasText: target })).click();
  }

  /** The quick pick or input box that is open: with this title, prompt or message. */
  quickInput(text: Text = ''): Locator {
    return this.page.locator('.quick-input-widget:visible').filter({ hasText: text });
  }

  /** A row of the quick pick that is open. */
  option(label: Text): Locator {
    return this.quickInput()
      .locator('.quick-input-list .monaco-list-row')
      .and(this.page.getByRole('option', { name: label }));
  }

  async pick(title: Text, label: Text): Promise<void> {
    await this.quickInput(title).waitFor();
    await this.option(label).first().click();
  }

  /** Types into the input box that asks for this, and presses Enter. */
  async answerInput(prompt: Text, text: string): Promise<void> {
    await this.quickInput(prompt).locator('input.input').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Lets ten minutes pass for the extensions of this window: within some minutes no token is renewed twice. */
  async tenMinutesPass(): Promise<void> {
    this.#minutesPassed += 10;
    await this.run('Tests: Ten Minutes Pass');
    await this.statusBarItem(`${this.#minutesPassed} minutes have passed`).waitFor();
  }

  statusBarItem(text: Text): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  /** Does what makes VS Code open another page, and returns that page. */
  async opens(action: () => Promise<void>): Promise<Page> {
    const [page] = await Promise.all([this.page.context().waitForEvent('page', { timeout: ACTION_MS }), action()]);
    page.setDefaultTimeout(ACTION_MS);
    await page.waitForLoadState();
    return page;
  }

  /** The same, where the page is X's, which asks for consent. */
  async opensConsent(action: () => Promise<void>): Promise<ConsentPage> {
    const page = await this.opens(action);
    await page.locator('#consent').waitFor();
    return new ConsentPage(page);
  }

  /** What an extension or a person copied last. */
  async clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()');
  }
}
