import { type BuildOptions, build, context } from 'esbuild';
import { globSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stageExtensions } from '../test/editor/stage.ts';
import { ROOT, SOURCE_CONDITION } from '../test/host/project.ts';
import { bundleSize } from './bundleSize.ts';

const BUDGET_KB = 70;

const { values: options } = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    /** The extension alone. */
    extension: { type: 'boolean', default: false },
  },
});

/** As VS Code loads everywhere; `.cjs` says that it is CommonJS whatever `type` the nearest package.json names. */
const common = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  logLevel: 'warning',
  sourcemap: options.watch,
} satisfies BuildOptions;

/** ES modules, because only those can be split: what is behind an `import()` is loaded when it is needed. */
const extension = {
  ...common,
  entryPoints: ['src/extension.ts'],
  outdir: 'dist/extension',
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  minify: !options.watch,
  legalComments: 'linked',
} satisfies BuildOptions;

/** Everything else runs on a developer's machine only, so it stays readable. */
const others: BuildOptions[] = [
  { ...common, entryPoints: ['examples/greeter/src/extension.ts'], outfile: 'examples/greeter/dist/extension.cjs' },
  { ...common, entryPoints: ['examples/recipes/src/extension.ts'], outfile: 'examples/recipes/dist/extension.cjs' },
  {
    ...common,
    entryPoints: ['test/editor/otherExtension/extension.ts'],
    outfile: 'dist/editor/otherExtension/extension.cjs',
  },
  {
    ...common,
    stdin: editorSuite(),
    outfile: 'dist/editor/caller/suite.cjs',
    external: ['vscode', 'mocha'],
    conditions: [SOURCE_CONDITION],
    sourcemap: 'inline',
  },
];

/** One file that runs every `*.test.ts` of test/editor, so that nobody keeps a list and they share what they import. */
function editorSuite(): NonNullable<BuildOptions['stdin']> {
  const tests = globSync('test/editor/**/*.test.ts', { cwd: ROOT }).toSorted();
  const loads = tests.map((file) => `require(${JSON.stringify(`./${file.replaceAll('\\', '/')}`)});`);
  return {
    resolveDir: ROOT,
    sourcefile: 'suite.ts',
    contents: `import { runMocha } from './test/editor/runMocha.ts';
export const run = () => runMocha(() => { ${loads.join(' ')} });`,
  };
}

// Whatever lies there would be packaged.
await rm(join(ROOT, 'dist', 'extension'), { recursive: true, force: true });

if (options.watch) {
  const all = options.extension ? [extension] : [extension, ...others];
  const contexts = await Promise.all(all.map((one) => context({ ...one, logLevel: 'info' })));
  // Errors are printed; the next change tries again.
  await Promise.allSettled(contexts.map((one) => one.rebuild()));
  await Promise.all(contexts.map((one) => one.watch()));
  console.log('[watch] everything was built');
} else {
  const [{ metafile }] = await Promise.all([
    build({ ...extension, metafile: true }),
    ...(options.extension ? [] : others).map((one) => build(one)),
  ]);
  if (!options.extension) await stageExtensions();
  const size = bundleSize(metafile);
  await writeFile(join(ROOT, 'dist', 'size.json'), JSON.stringify(size));
  const [atActivation, whole] = [size.atActivation, size.all].map((bytes) => `${(bytes / 1024).toFixed(1)} KB`);
  const verdict = size.atActivation < BUDGET_KB * 1024 ? 'within' : 'OVER';
  console.log(
    `The extension: ${whole}, of which ${atActivation} are loaded at activation: ${verdict} the budget of ${BUDGET_KB} KB`,
  );
}
