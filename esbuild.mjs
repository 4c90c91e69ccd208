// Builds the extension into dist/extension: `extension.js`, which VS Code loads at activation, and chunks that are loaded when
// they are needed. With --production it is minified and has no source maps, with --watch it is built again after every change.

import { rm, writeFile } from 'node:fs/promises';
import * as esbuild from 'esbuild';

/** What a start of the editor may cost. */
const BUDGET_KB = 70;

const isProduction = process.argv.includes('--production');
const isWatching = process.argv.includes('--watch');

const options = /** @type {const} @satisfies {esbuild.BuildOptions} */ ({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/extension.ts'],
  outdir: 'dist/extension',
  bundle: true,
  // Only ES modules can be split: what is behind an `import()` becomes a chunk of its own.
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  minify: isProduction,
  sourcemap: !isProduction,
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
});

/**
 * How many bytes VS Code loads when it activates the extension, which is the entry point and all that it imports at once, and how
 * many there are.
 *
 * @param {esbuild.Metafile} metafile of a build with one entry point
 */
export function bundleSize({ outputs }) {
  const code = Object.keys(outputs).filter((path) => path.endsWith('.js'));
  const imported = new Set(code.flatMap((path) => outputs[path]?.imports.map((one) => one.path) ?? []));
  const loaded = new Set(code.filter((path) => outputs[path]?.entryPoint !== undefined && !imported.has(path)));
  // A set that grows is walked to its end.
  for (const path of loaded)
    for (const { kind, path: next } of outputs[path]?.imports ?? [])
      if (kind !== 'dynamic-import' && outputs[next] !== undefined) loaded.add(next);
  const sum = (/** @type {Iterable<string>} */ paths) =>
    [...paths].reduce((bytes, path) => bytes + (outputs[path]?.bytes ?? 0), 0);
  return { atActivation: sum(loaded), all: sum(code) };
}

/** What the problem matcher of `connor4312.esbuild-problem-matchers` waits for. @type {esbuild.Plugin} */
const reportsProblems = {
  name: 'reports-problems',
  setup(build) {
    build.onStart(() => console.log('[watch] build started'));
    build.onEnd(({ errors }) => {
      for (const { text, location } of errors) {
        console.error(`✘ [ERROR] ${text}`);
        if (location !== null) console.error(`    ${location.file}:${location.line}:${location.column}:`);
      }
      console.log('[watch] build finished');
    });
  },
};

async function main() {
  // Whatever lies there would be packaged.
  await rm(new URL('dist/extension', import.meta.url), { recursive: true, force: true });
  if (isWatching) {
    const context = await esbuild.context({ ...options, logLevel: 'silent', plugins: [reportsProblems] });
    await context.watch();
    return;
  }
  const { metafile } = await esbuild.build(options);
  const size = bundleSize(metafile);
  await writeFile(new URL('dist/size.json', import.meta.url), JSON.stringify(size));
  if (!isProduction) return;
  const [atActivation, all] = [size.atActivation, size.all].map((bytes) => `${(bytes / 1024).toFixed(1)} KB`);
  console.log(`The extension has ${all}. Activation loads ${atActivation} of ${BUDGET_KB} KB.`);
  if (size.atActivation >= BUDGET_KB * 1024) {
    console.error('That is over the budget: load what a start of the editor does not need with import().');
    process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) await main();
