import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { CACHE, ROOT } from '../host/project.ts';

/** Where pictures of every run go. */
export const SCREENSHOTS = join(CACHE, 'screenshots');

const IMAGES = join(ROOT, 'docs', 'images');

/** Takes a picture of a page or a part of it. With the environment variable UPDATE_IMAGES, those that docs/images has are taken anew. */
export async function screenshot(what: Page | Locator, name: string): Promise<void> {
  const isUpdate = process.env['UPDATE_IMAGES'] !== undefined && existsSync(join(IMAGES, `${name}.png`));
  const folder = isUpdate ? IMAGES : SCREENSHOTS;
  await mkdir(folder, { recursive: true });
  await what.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' });
}

/** What a person's system can be set to, and the class that VS Code's pages then have. VS Code follows it at once. */
const THEMES = [
  { theme: 'light', media: { colorScheme: 'light', forcedColors: 'none' }, workbench: 'vs', webview: 'vscode-light' },
  { theme: 'dark', media: { colorScheme: 'dark', forcedColors: 'none' }, workbench: 'vs-dark', webview: 'vscode-dark' },
  {
    theme: 'contrast',
    media: { colorScheme: 'dark', forcedColors: 'active' },
    workbench: 'hc-black',
    webview: 'vscode-high-contrast',
  },
] as const;

/** User settings that {@link inEachTheme} needs. */
export const FOLLOW_THE_SYSTEM = { 'window.autoDetectColorScheme': true, 'window.autoDetectHighContrast': true };

/** Takes a picture in a light, a dark and a high contrast theme: `NAME-light`, `NAME-dark` and `NAME-contrast`. */
export async function inEachTheme(page: Page, name: string, part: Page | Locator = page): Promise<void> {
  // Nothing is hovered over.
  await page.mouse.move(0, 0);
  for (const { theme, media, workbench, webview } of THEMES) {
    await page.emulateMedia(media);
    await page.locator(`.monaco-workbench.${workbench}`).waitFor();
    const picture = page
      .frameLocator('iframe.webview:visible')
      .frameLocator('#active-frame')
      .locator(`body.${webview}`);
    if ((await page.locator('iframe.webview:visible').count()) > 0) await picture.waitFor();
    await screenshot(part, `${name}-${theme}`);
  }
}
