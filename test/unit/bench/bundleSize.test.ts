import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { bundleSize } from '../../../esbuild.mjs';

describe('The size of a bundle', () => {
  it('tells what is loaded at once, also by way of others, from what is loaded when it is needed', async () => {
    const files: Readonly<Record<string, string>> = {
      entry: 'import { shared } from "shared"; console.log(shared); import("later");',
      later: `import { shared } from "shared"; console.log(shared, "${'x'.repeat(1000)}");`,
      shared: `export const shared = "${'y'.repeat(2000)}";`,
    };
    const { metafile } = await build({
      entryPoints: ['entry'],
      bundle: true,
      format: 'esm',
      splitting: true,
      metafile: true,
      write: false,
      outdir: 'out',
      plugins: [
        {
          name: 'files',
          setup(esbuild) {
            esbuild.onResolve({ filter: /.*/ }, ({ path }) => ({ path, namespace: 'file-of-the-test' }));
            esbuild.onLoad({ filter: /.*/ }, ({ path }) => ({ contents: files[path] ?? '' }));
          },
        },
      ],
    });
    const { atActivation, all } = bundleSize(metafile);
    assert.ok(atActivation > 2000 && atActivation < 3000, String(atActivation));
    assert.ok(all > 3000 && all < 5000, String(all));
  });
});
