import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { testOnDesktop } from '../host/desktop.ts';
import { CACHE } from '../host/project.ts';
import { testInBrowser } from '../host/testInBrowser.ts';
import { EXTENSIONS, SUITE } from './stage.ts';

const { values: options } = parseArgs({
  options: {
    /** A VS Code of the desktop instead of one in a browser. */
    desktop: { type: 'boolean', default: false },
    /** Only the tests whose title matches. */
    grep: { type: 'string' },
  },
});

const totals = join(CACHE, 'totals', `${options.desktop ? 'desktop' : 'editor'}.json`);
await rm(totals, { force: true });
const env = { TEST_TOTALS: totals, ...(options.grep === undefined ? {} : { TEST_GREP: options.grep }) };
const test = options.desktop ? testOnDesktop : testInBrowser;
process.exit(await test({ extensions: EXTENSIONS, suite: SUITE, env }));
