import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

// Builds what gets published: Node runs no TypeScript in node_modules, and Node 20 runs none at all. `npm run build` adds the types.
const DIST = join(import.meta.dirname, 'dist');

rmSync(DIST, { recursive: true, force: true });
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: { index: 'src/index.ts', 'fake-x': 'src/main.ts' },
  outdir: DIST,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // CommonJS can be imported and required alike, and the tests of VS Code extensions are often CommonJS.
  format: 'cjs',
  logLevel: 'warning',
});
writeFileSync(join(DIST, 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(join(DIST, 'fake-x.js'), 0o755);
