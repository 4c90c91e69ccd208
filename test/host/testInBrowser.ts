import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from './chromium.ts';
import { type CodeServer, startCodeServer } from './codeServer.ts';
import { act, askedFor } from './person.ts';
import { CACHE } from './project.ts';

export interface InsideTests {
  /** A folder of extensions under development: each is loaded. */
  readonly extensions: string;
  /** A CommonJS module that exports `run()`. */
  readonly suite: string;
  /** For the extension host. */
  readonly env: Readonly<Record<string, string>>;
}

const MINUTES_AT_MOST = 10;
const MARK = 'test:';

/** What the workbench and the server print besides. It is much, and seldom about the tests. */
const NOISE = join(CACHE, 'editor.log');

/**
 * Runs tests inside VS Code in a browser, prints what they print, and returns the exit code of the run. Windows that VS Code
 * opens are real ones of the same browser: an authorize URL opens, and is redirected back.
 */
export async function testInBrowser({ extensions, suite, env }: InsideTests): Promise<number> {
  const server = await startCodeServer({ testDriver: true, env: { ...env, TEST_MARK: MARK } });
  const browser = await launchChromium();
  const noise: string[] = [];
  try {
    const page = await browser.newPage();
    let actions = Promise.resolve();
    const exitCode = new Promise<number>((resolve, reject) => {
      const tooLate = new Error(`The tests did not end within ${MINUTES_AT_MOST} minutes: see .vscode-test/editor.log`);
      setTimeout(reject, MINUTES_AT_MOST * 60_000, tooLate).unref();
      page.once('crash', () => reject(new Error('The browser crashed.')));
      void page.exposeFunction('codeAutomationExit', resolve);
    });
    await page.exposeFunction('codeAutomationLog', (_type: string, [mark, ...args]: unknown[]) => {
      const action = mark === MARK ? askedFor(args[0]) : undefined;
      // One after another, as by one pair of hands. What can't be done fails the test that waits for it.
      if (action)
        actions = actions.then(() => act(page, action)).catch((error: unknown) => console.error(String(error)));
      else if (mark === MARK) console.log(...args);
      else noise.push([mark, ...args].join(' '));
    });
    await page.goto(testUrl(server, extensions, suite));
    return await exitCode;
  } finally {
    await writeFile(NOISE, `${noise.join('\n')}\n\n${server.output}\n`);
    await browser.close();
    await server.remove();
  }
}

/** The address of a window that loads the extensions in a folder and runs a suite: the workbench reads that from its address. */
export function testUrl(server: CodeServer, extensions: string, suite: string): string {
  const remote = (path: string) =>
    `vscode-remote://127.0.0.1:${server.port}/${path.replaceAll('\\', '/').replace(/^\//, '')}`;
  const payload = [
    ['extensionDevelopmentPath', remote(extensions)],
    ['extensionTestsPath', remote(suite)],
  ];
  return `${server.url}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}
