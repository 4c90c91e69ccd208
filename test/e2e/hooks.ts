import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SCREENSHOTS, screenshot } from './screenshot.ts';
import { closeSharedEditor, sharedEditor } from './sharedEditor.ts';
import { runningStories } from './story.ts';

/** For mocha's `--require`. */
export const mochaHooks = {
  async beforeAll(this: Mocha.Context): Promise<void> {
    // On the first run ever this downloads VS Code and Chromium.
    this.timeout(20 * 60_000);
    await rm(SCREENSHOTS, { recursive: true, force: true });
    await sharedEditor();
  },

  async afterEach(this: Mocha.Context): Promise<void> {
    if (this.currentTest?.state === 'failed') await takePictures(this.currentTest.fullTitle());
    for (const story of runningStories()) await story.end();
  },

  async afterAll(): Promise<void> {
    await closeSharedEditor();
  },
};

async function takePictures(title: string): Promise<void> {
  const pages = runningStories().flatMap((story) => story.browser.pages());
  for (const [index, page] of pages.entries()) {
    const name = `FAILED-${title.replaceAll(/\W+/g, '-').slice(0, 80)}-${index}`;
    await screenshot(page, name);
    console.log(`      see ${relative('.', join(SCREENSHOTS, `${name}.png`))}`);
  }
}
