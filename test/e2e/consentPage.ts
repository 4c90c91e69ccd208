import type { Page } from 'playwright-core';

/** The page on which the fake X asks for consent, and the page that it leads to. */
export class ConsentPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async scopes(): Promise<string[]> {
    const items = await this.page.locator('#scopes li').all();
    return Promise.all(items.map(async (item) => (await item.getAttribute('data-scope')) ?? ''));
  }

  /** Chooses who is signed in, and authorizes. Resolves on the page after it. */
  async authorizeAs(person: 'ada' | 'grace' | 'katherine'): Promise<void> {
    await this.page.check(`#person-${person}`);
    await this.#leaveBy('#authorize');
  }

  async cancel(): Promise<void> {
    await this.#leaveBy('#cancel');
  }

  async #leaveBy(button: string): Promise<void> {
    await this.page.click(button);
    await this.page.waitForURL((url) => !url.pathname.endsWith('/oauth2/authorize'));
  }
}
