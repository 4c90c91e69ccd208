import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../test/host/chromium.ts';
import { ROOT } from '../test/host/project.ts';

/** The marketplace takes no SVG. Twice the 128 pixels that it shows, for fine screens. */
const SIZE = 256;

const svg = await readFile(join(ROOT, 'media', 'icon.svg'), 'utf8');
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await page.screenshot({ path: join(ROOT, 'media', 'icon.png'), omitBackground: true });
} finally {
  await browser.close();
}
