import type { Page } from 'playwright-core';

/** Something that a person at the keyboard does, at the request of a test that runs inside VS Code. */
export type Deed =
  /** Answers the input box with this title. */
  | { readonly title: string; readonly types: string }
  /** Looks for this in the quick pick with this title, and chooses it. */
  | { readonly title: string; readonly picks: string };

/** How a test asks for it: in the console, which is its only way to who drives the browser. */
const MARK = 'person:';

export function asksFor(deed: Deed): string {
  return `${MARK}${JSON.stringify(deed)}`;
}

/** What is asked for in a line of the console, if anything is. */
export function askedFor(line: unknown): Deed | undefined {
  return typeof line === 'string' && line.startsWith(MARK) ? JSON.parse(line.slice(MARK.length)) : undefined;
}

const WAIT_MS = 15_000;

/** Waits until VS Code asks, and answers. */
export async function act(page: Page, deed: Deed): Promise<void> {
  const timeout = WAIT_MS;
  const box = page.locator('.quick-input-widget:visible').filter({ hasText: deed.title });
  await box.locator('input.input').fill('picks' in deed ? deed.picks : deed.types, { timeout });
  if ('picks' in deed)
    await box.locator('.monaco-list-row.focused').filter({ hasText: deed.picks }).waitFor({ timeout });
  await page.keyboard.press('Enter');
}
