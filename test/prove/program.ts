import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { build, type Plugin } from 'esbuild';
import { ROOT } from '../host/project.ts';
import type { Window, Surroundings } from './window.ts';

/** A change to the sources, made while they are bundled: one mechanism is switched off. */
export interface Patch {
  /** Below src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Everything that a window's program takes from its surroundings, by the names that its sources use. */
export interface Shims {
  readonly require: (name: string) => unknown;
  readonly performance: object;
  readonly setTimeout: unknown;
  readonly setInterval: unknown;
  readonly clearTimeout: unknown;
  readonly clearInterval: unknown;
  readonly Date: unknown;
  readonly Math: object;
  readonly crypto: object;
  readonly Response: unknown;
  readonly fetch: unknown;
  readonly process: object;
}

const NAMES = [
  'require',
  'performance',
  'setTimeout',
  'setInterval',
  'clearTimeout',
  'clearInterval',
  'Date',
  'Math',
  'crypto',
  'Response',
  'fetch',
  'process',
] as const satisfies readonly (keyof Shims)[];

/** Starts a process. */
export type Program = (shims: Shims) => OpenWindow;

type OpenWindow = (surroundings: Surroundings) => Window;

/** The wiring and the sources that it uses, as the body of a function. */
export async function bundled(patches: readonly Patch[] = []): Promise<string> {
  const unused = new Set(patches);
  const patching: Plugin = {
    name: 'patches',
    setup: (bundling) =>
      bundling.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const patch of patches.filter(({ file }) => path === join(ROOT, 'src', file))) {
          unused.delete(patch);
          const times = contents.split(patch.find).length - 1;
          if (times !== 1) throw new Error(`${patch.file} has ${times} times: ${patch.find}`);
          contents = contents.replace(patch.find, () => patch.replace);
        }
        return { contents, loader: 'ts' };
      }),
  };
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/prove/window.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'silent',
    plugins: [patching],
  });
  for (const { file } of unused) throw new Error(`Nothing uses ${file}`);
  return outputFiles[0]?.text ?? '';
}

/** Makes a program that can be started again and again, each time as another process: nothing is shared. */
export function program(code: string): Program {
  const run = compileFunction(code, ['module', ...NAMES], { filename: 'window.cjs' });
  return (shims) => {
    const module: { exports: { openWindow?: OpenWindow } } = { exports: {} };
    run(module, ...NAMES.map((name) => shims[name]));
    if (module.exports.openWindow === undefined) throw new Error('The bundle has no window.');
    return module.exports.openWindow;
  };
}
