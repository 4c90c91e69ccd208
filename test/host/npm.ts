import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './program.ts';

/** Runs npm in `folder`. Throws, with npm's last lines, when it fails. */
export async function npm(args: readonly string[], folder: string): Promise<void> {
  const [command, ...first] = npmCommand();
  await run(command, [...first, ...args], { cwd: folder, env: environment() });
}

/** npm without a shell: the one that started us, or the one on the PATH. */
function npmCommand(): [string, ...string[]] {
  const own = process.env['npm_execpath'];
  if (own !== undefined && /npm-cli\.c?js$/.test(own)) return [process.execPath, own];
  if (process.platform !== 'win32') return ['npm'];
  // Only a shell runs npm.cmd; Node runs the script behind it.
  const folder = (process.env['PATH'] ?? '').split(';').find((candidate) => existsSync(join(candidate, 'npm.cmd')));
  if (folder === undefined) throw new Error('There is no npm on the PATH.');
  return [process.execPath, join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')];
}

/** Without what an outer `npm run` says about its own package; its settings (registry, proxy) stay. */
function environment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(package_|lifecycle_|command$)/i.test(name)) delete env[name];
    if (/^npm_config_(local_prefix|workspace|dry_run|omit|include|strict_allow_scripts)$/i.test(name)) delete env[name];
  }
  return env;
}
