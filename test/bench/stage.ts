import { build } from 'esbuild';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stageOurs } from '../editor/stage.ts';
import { builtInExtension } from '../host/codeServerInstall.ts';
import { ROOT } from '../host/project.ts';

const STAGE = join(ROOT, 'dist', 'bench');

/** A folder of extensions, each of which VS Code loads, and the suite in it. */
export interface Staged {
  readonly extensions: string;
  readonly suite: string;
}

/** Ours, one that returns a constant, and the one that asks them. VS Code brings GitHub's. */
export async function stageExtensions(name = 'extensions'): Promise<Staged> {
  const extensions = join(STAGE, name);
  await rm(extensions, { recursive: true, force: true });
  await stageOurs(join(extensions, 'x-authentication'));
  const authentication = [{ id: 'constant', label: 'Constant' }];
  await stage(join(extensions, 'constant'), 'constant', { contributes: { authentication } });
  await stage(join(extensions, 'asker'), 'suite', {});
  return { extensions, suite: join(extensions, 'asker', 'suite.cjs') };
}

/** The same, and GitHub's as VS Code brings it, except that VS Code does not activate it by itself and early. */
export async function stageInactive(): Promise<Staged> {
  const staged = await stageExtensions('inactive');
  const folder = join(staged.extensions, 'github-authentication');
  await cp(builtInExtension('github-authentication'), folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  delete manifest.contributes.authentication;
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  return staged;
}

async function stage(folder: string, code: string, more: object): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'inside', `${code}.ts`)],
    outfile: join(folder, `${code}.cjs`),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode'],
    logLevel: 'warning',
  });
  const name = basename(folder);
  const engines = { vscode: '^1.105.0' };
  const manifest = { publisher: 'bench', name, version: '1.0.0', engines, main: `./${code}.cjs`, ...more };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}
