import { build } from 'esbuild';
import { chmod, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../test/host/program.ts';
import { ROOT } from '../test/host/project.ts';

/**
 * Builds what other extensions test with, for any Node they may have: Node does not run TypeScript in `node_modules`. npm calls
 * this (`prepare`) when it installs or packs the repository.
 */
const OUT = join(ROOT, 'dist', 'testing');
const CLI = join(OUT, 'stand-in.mjs');

await rm(OUT, { recursive: true, force: true });
await Promise.all([
  build({
    absWorkingDir: ROOT,
    entryPoints: { index: 'testing/index.ts', 'stand-in': 'test/x/main.ts' },
    outdir: OUT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: '[name]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  }),
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(ROOT, 'testing')]),
]);
await cp(join(ROOT, 'src', 'api', 'x-authentication.d.ts'), join(OUT, 'types', 'x-authentication.d.ts'));
await chmod(CLI, 0o755);
