import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { run } from './program.ts';

const { env } = process;

/** Where Chromium and its relatives are, most likely first. */
function candidates(): string[] {
  if (process.platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return ['', env['HOME'] ?? ''].flatMap((home) =>
      names.map((name) => `${home}/Applications/${name}.app/Contents/MacOS/${name}`),
    );
  }
  if (process.platform === 'win32') {
    const programs = [
      'Google/Chrome/Application/chrome.exe',
      'Chromium/Application/chrome.exe',
      'Microsoft/Edge/Application/msedge.exe',
    ];
    return ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((name) =>
      programs.map((program) => join(env[name] ?? 'C:/', program)),
    );
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
  return (env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
}

/** A Chromium to test with: the one in the environment variable CHROMIUM_PATH, or one that is installed. Debian and Ubuntu get one with apt; elsewhere it has to be there. */
async function chromiumPath(say: (message: string) => void = console.log): Promise<string> {
  const wanted = env['CHROMIUM_PATH'];
  if (wanted !== undefined && wanted !== '') {
    if (existsSync(wanted)) return wanted;
    throw new Error(`CHROMIUM_PATH names a program that is not there: ${wanted}`);
  }
  const found = candidates().find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  if (process.platform === 'linux' && existsSync('/usr/bin/apt-get')) await installWithApt(say);
  const installed = candidates().find((candidate) => existsSync(candidate));
  if (installed !== undefined) return installed;
  throw new Error('Install Chromium, Chrome or Edge, or set CHROMIUM_PATH to one, and start this again.');
}

async function installWithApt(say: (message: string) => void): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const [command, ...first]: [string, ...string[]] = isRoot ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const quiet = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  say('There is no Chromium, Chrome or Edge here: installing chromium with apt, this once (250 MB).');
  try {
    await run(command, [...first, 'update'], quiet);
    await run(command, [...first, 'install', '--yes', '--no-install-recommends', 'chromium'], quiet);
  } catch (error) {
    throw new Error('apt could not install chromium. Install Chromium, Chrome or Edge, or set CHROMIUM_PATH to one.', {
      cause: error,
    });
  }
}

/** They keep it from calling home, which on a closed network costs time and fills logs. */
const FLAGS =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** A headless browser, or one to watch when the environment variable HEADED is set. */
export async function launchChromium(say?: (message: string) => void): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumPath(say),
    headless: env['HEADED'] === undefined,
    args: [...FLAGS.split(' '), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
}
