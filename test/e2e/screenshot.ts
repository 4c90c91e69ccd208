import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { CACHE, ROOT } from '../host/project.ts';

/** Where pictures of every run go. */
export const SCREENSHOTS = join(CACHE, 'screenshots');

/** Takes a picture of a page. With the environment variable UPDATE_IMAGES it becomes one of docs/images. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['UPDATE_IMAGES'] === undefined ? SCREENSHOTS : join(ROOT, 'docs', 'images');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' });
}
