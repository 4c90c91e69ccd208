import { type BuildOptions, build } from 'esbuild';
import { globSync } from 'node:fs';
import { ROOT, SOURCE_CONDITION } from '../host/project.ts';
import { stageExtensions } from './stage.ts';

/** Builds the examples and the extensions that tests load into VS Code. They run on a developer's machine only, so they stay readable. */
const common = {
  absWorkingDir: ROOT,
  bundle: true,
  // Loaded by every VS Code; `.cjs` says so whatever `type` the nearest package.json names.
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  logLevel: 'warning',
  sourcemap: 'inline',
} satisfies BuildOptions;

const extensions = [
  ['examples/greeter/src/extension.ts', 'examples/greeter/dist/extension.cjs'],
  ['examples/recipes/src/extension.ts', 'examples/recipes/dist/extension.cjs'],
  ['test/editor/otherExtension/extension.ts', 'dist/editor/otherExtension/extension.cjs'],
] as const;

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

await Promise.all([
  ...extensions.map(([entryPoint, outfile]) => build({ ...common, entryPoints: [entryPoint], outfile })),
  build({
    ...common,
    stdin: editorSuite(),
    outfile: 'dist/editor/caller/suite.cjs',
    external: ['vscode', 'mocha'],
    conditions: [SOURCE_CONDITION],
  }),
]);
await stageExtensions();
