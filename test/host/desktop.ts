import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests, TestRunFailedError } from '@vscode/test-electron';
import { CACHE } from './project.ts';
import { Program } from './program.ts';
import { writeSettings } from './settings.ts';
import type { InsideTests } from './testInBrowser.ts';

/**
 * A VS Code of the desktop: the executable in the environment variable VSCODE_PATH (`code` in a package's `bin` is only a
 * script that calls it), else the newest stable one, downloaded to .vscode-test once.
 */
async function desktopPath(): Promise<string> {
  const wanted = process.env['VSCODE_PATH'];
  if (wanted === undefined || wanted === '') return downloadAndUnzipVSCode({ version: 'stable', cachePath: CACHE });
  if (existsSync(wanted)) return wanted;
  throw new Error(`VSCODE_PATH names a program that is not there: ${wanted}`);
}

/** Runs tests inside VS Code on the desktop, which needs a display (`xvfb-run` makes one), and returns the exit code of the run. */
export async function testOnDesktop({ extensions, suite, env }: InsideTests): Promise<number> {
  const vscodeExecutablePath = await desktopPath();
  const home = await mkdtemp(join(tmpdir(), 'xa-'));
  try {
    return await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: extensions,
      extensionTestsPath: suite,
      extensionTestsEnv: { ...env, TEST_USER_DATA: join(home, 'data'), ELECTRON_RUN_AS_NODE: undefined },
      launchArgs: [
        ...(await launchArguments(home, { 'workbench.externalBrowser': await clickingBrowser(home) })),
        // A machine without a keyring would keep secrets in memory only.
        ...(process.platform === 'linux' ? ['--password-store=basic'] : []),
      ],
    });
  } catch (error) {
    if (error instanceof TestRunFailedError) return error.code ?? 1;
    throw error;
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface DesktopOptions {
  /** Without them, those of last time stay. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Extensions under development. */
  readonly extensions: readonly string[];
  readonly folder: string;
  /** More arguments for the program. */
  readonly flags?: readonly string[];
}

/** Opens a window with nobody's settings but those given; ends when it is closed. */
export async function startDesktop({ settings, extensions, folder, flags = [] }: DesktopOptions): Promise<Program> {
  const home = join(CACHE, settings === undefined ? 'desktop-real' : 'desktop');
  const env = { ...process.env };
  delete env['ELECTRON_RUN_AS_NODE'];
  const development = extensions.map((path) => `--extensionDevelopmentPath=${path}`);
  return new Program(
    await desktopPath(),
    [folder, ...(await launchArguments(home, settings)), ...development, ...flags],
    {
      env,
    },
  );
}

async function launchArguments(home: string, settings?: Readonly<Record<string, unknown>>): Promise<string[]> {
  const userData = join(home, 'data');
  await writeSettings(userData, settings);
  return [
    `--user-data-dir=${userData}`,
    `--extensions-dir=${join(home, 'extensions')}`,
    '--disable-workspace-trust',
    '--skip-release-notes',
  ];
}

/**
 * A "browser" that needs no display: it follows an address and its redirects. Elsewhere than on Linux VS Code takes no
 * script for a browser, and the real one opens.
 */
async function clickingBrowser(folder: string): Promise<string> {
  if (process.platform !== 'linux') return '';
  const script = join(folder, 'browser');
  await writeFile(
    script,
    `#!${process.execPath}
const { get } = require('node:http');
const visit = (url) => get(url, { lookup: (_host, { all }, found) => all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4) }, (answer) => {
  answer.resume();
  if (answer.headers.location) visit(new URL(answer.headers.location, url).href);
});
visit(process.argv.at(-1));
`,
  );
  await chmod(script, 0o755);
  return script;
}
