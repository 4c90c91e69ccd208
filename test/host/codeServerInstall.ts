import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm } from './npm.ts';
import { CACHE } from './project.ts';

/** Contains VS Code 1.139.1. */
const VERSION = '4.139.1';
const NAME = `code-server-${VERSION}`;
const PACKAGE = join(CACHE, NAME, 'node_modules', 'code-server');

/** Where an extension is that VS Code brings along, once it has been installed. */
export function builtInExtension(name: string): string {
  return join(PACKAGE, 'lib', 'vscode', 'extensions', name);
}

/**
 * Gets code-server, VS Code in a browser, from npm. It is not in the lock file: it is large, and nothing is built from it.
 * No install script runs, so no compiler is needed; what VS Code lacks without its native modules is its log files, and
 * logSink.cjs brings those back.
 *
 * @returns the script to run with Node 24 or newer.
 */
export async function codeServerScript(say: (message: string) => void): Promise<string> {
  const installed = join(CACHE, NAME);
  if (!existsSync(installed)) await install(installed, say);
  const spdlog = join(PACKAGE, 'lib', 'vscode', 'node_modules', '@vscode', 'spdlog');
  await copyFile(join(import.meta.dirname, 'logSink.cjs'), join(spdlog, 'index.js'));
  return join(PACKAGE, 'out', 'node', 'entry.js');
}

/** An install that is interrupted leaves a folder that nobody takes for finished. */
async function install(target: string, say: (message: string) => void): Promise<void> {
  await removeLeftovers();
  const folder = join(CACHE, `${NAME}.${process.pid}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const vscode = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const steps: [what: string, folder: string, args: string[]][] = [
    [`code-server ${VERSION}`, folder, ['--no-package-lock', `code-server@${VERSION}`]],
    ['what VS Code needs', vscode, ['--omit=dev']],
    ['what its extensions need', join(vscode, 'extensions'), ['--omit=dev']],
  ];
  say('Getting VS Code for the browser from npm, this once: 600 MB in .vscode-test, half a minute or a few.');
  const startedAt = Date.now();
  for (const [index, [what, where, args]] of steps.entries()) {
    const step = `[${index + 1}/${steps.length}] Installing ${what}`;
    say(`${step} …`);
    const stillThere = setInterval(() => say(`${step} … ${seconds(startedAt)} s so far`), 15_000);
    try {
      await npm(['install', ...options, ...args], where);
    } finally {
      clearInterval(stillThere);
    }
  }
  try {
    await rename(folder, target);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(target)) throw error;
    await rm(folder, { recursive: true });
  }
  say(`VS Code is in .vscode-test/${NAME} (${seconds(startedAt)} s).`);
}

async function removeLeftovers(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE)) {
    const [, pid] = /^code-server-.*\.(\d+)$/.exec(name) ?? [];
    if (name.startsWith(`${NAME}.`) && pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(CACHE, name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
