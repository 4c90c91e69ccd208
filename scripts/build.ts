import { type BuildOptions, build, context } from 'esbuild';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stageExtensions } from '../test/editor/stage.ts';
import { ROOT } from '../test/host/project.ts';
import { activationMs } from './activation.ts';

const BUDGET_KB = 80;

const { values: options } = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    /** The extension alone. */
    extension: { type: 'boolean', default: false },
  },
});

/** VS Code loads CommonJS; `.cjs` says so whatever `type` the nearest package.json names. */
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

const extension = {
  ...common,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  minify: !options.watch,
  legalComments: 'linked',
} satisfies BuildOptions;

/** Everything else runs on a developer's machine only, so it stays readable. */
const others: (BuildOptions & { outfile: string })[] = [
  { ...common, entryPoints: ['examples/greeter/src/extension.ts'], outfile: 'examples/greeter/dist/extension.cjs' },
  { ...common, entryPoints: ['examples/recipes/src/extension.ts'], outfile: 'examples/recipes/dist/extension.cjs' },
  { ...common, entryPoints: ['test/editor/neighbour/extension.ts'], outfile: 'dist/editor/neighbour/extension.cjs' },
  {
    ...common,
    stdin: editorSuite(),
    outfile: 'dist/editor/caller/suite.cjs',
    external: ['vscode', 'mocha'],
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

const all = options.extension ? [extension] : [extension, ...others];
if (options.watch) {
  const contexts = await Promise.all(all.map((one) => context({ ...one, logLevel: 'info' })));
  // Errors are printed; the next change tries again.
  await Promise.allSettled(contexts.map((one) => one.rebuild()));
  await Promise.all(contexts.map((one) => one.watch()));
  console.log('[watch] everything was built');
} else {
  await Promise.all(all.map((one) => build(one)));
  if (!options.extension) await stageExtensions();
  const kilobytes = statSync(join(ROOT, extension.outfile)).size / 1024;
  const verdict = kilobytes < BUDGET_KB ? 'within' : 'OVER';
  console.log(`${extension.outfile}: ${kilobytes.toFixed(1)} KB, ${verdict} its budget of ${BUDGET_KB} KB`);
  const ms = activationMs(join(ROOT, extension.outfile));
  console.log(
    `It loads and activates in ${ms.toFixed(1)} ms (median of fresh Node processes; VS Code's own part not counted).`,
  );
}
