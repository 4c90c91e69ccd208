import type { Page } from 'playwright-core';

/** Something that a person at the keyboard does, at the request of a test that runs inside VS Code. */
export type Action =
  /** Answers the input box with this title. */
  | { readonly title: string; readonly types: string }
  /** Looks for this in the quick pick with this title, and chooses it. */
  | { readonly title: string; readonly picks: string };

/** How a test asks for it: in the console, which is its only way to who drives the browser. */
const MARK = 'person:';

export function asksFor(action: Action): string {
  return `${MARK}${JSON.stringify(action)}`;
}

/** What is asked for in a line of the console, if anything is. */
export function askedFor(line: unknown): Action | undefined {
  return typeof line === 'string' && line.startsWith(MARK) ? JSON.parse(line.slice(MARK.length)) : undefined;
}

const WAIT_MS = 15_000;

/** Waits until VS Code asks, and answers. */
export async function act(page: Page, action: Action): Promise<void> {
  const timeout = WAIT_MS;
  const box = page.locator('.quick-input-widget:visible').filter({ hasText: action.title });
  await box.locator('input.input').fill('picks' in action ? action.picks : action.types, { timeout });
  if ('picks' in action)
    await box.locator('.monaco-list-row.focused').filter({ hasText: action.picks }).waitFor({ timeout });
  await page.keyboard.press('Enter');
}
