import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { testInBrowser } from '../host/testInBrowser.ts';
import { testOnDesktop } from '../host/desktop.ts';
import { CACHE, ROOT } from '../host/project.ts';

const { values: options } = parseArgs({
  options: {
    /** A VS Code of the desktop instead of one in a browser. */
    desktop: { type: 'boolean', default: false },
    /** Only the tests whose title matches. */
    grep: { type: 'string' },
  },
});

/** VS Code is pointed at this folder and loads every extension in it; `npm run build` has put the tests there. */
const EXTENSIONS = join(ROOT, 'dist', 'editor');
const TOTALS = join(CACHE, 'totals', `${options.desktop ? 'desktop' : 'editor'}.json`);

async function stage(): Promise<void> {
  for (const name of await readdir(EXTENSIONS)) {
    const manifest = join(import.meta.dirname, name, 'package.json');
    if (name !== 'x-authentication') await cp(manifest, join(EXTENSIONS, name, 'package.json'));
  }
  const ours = join(EXTENSIONS, 'x-authentication');
  await rm(ours, { recursive: true, force: true });
  await mkdir(ours, { recursive: true });
  for (const part of ['package.json', 'package.nls.json', 'l10n', 'media', 'dist/extension.cjs']) {
    await cp(join(ROOT, part), join(ours, part), { recursive: true });
  }
}

await stage();
await rm(TOTALS, { force: true });
const env = { TEST_TOTALS: TOTALS, ...(options.grep === undefined ? {} : { TEST_GREP: options.grep }) };
const test = options.desktop ? testOnDesktop : testInBrowser;
const exitCode = await test({ extensions: EXTENSIONS, suite: join(EXTENSIONS, 'caller', 'suite.cjs'), env });
process.exit(exitCode);
