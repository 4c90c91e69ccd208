import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../host/project.ts';

/** VS Code is pointed at this folder and loads each extension in it: ours, and those that the tests ask for sessions as. */
export const EXTENSIONS = join(ROOT, 'dist', 'editor');

/** The suite is a file of the extension `caller`, so that what it asks for it asks for as any other extension does. */
export const SUITE = join(EXTENSIONS, 'caller', 'suite.cjs');

/** Puts beside what was built what VS Code needs as well. */
export async function stageExtensions(): Promise<void> {
  await stageOurs(join(EXTENSIONS, 'x-authentication'));
  for (const name of ['caller', 'otherExtension']) {
    await cp(join(import.meta.dirname, name, 'package.json'), join(EXTENSIONS, name, 'package.json'));
  }
  for (const part of ['package.json', 'dist/extension.cjs']) {
    await cp(join(ROOT, 'examples', 'recipes', part), join(EXTENSIONS, 'recipes', part));
  }
}

/** Puts into a folder, as it is built, what is packaged of our extension and VS Code loads. */
export async function stageOurs(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const parts = (await readdir(ROOT)).filter((name) => /^(package(\.nls.*)?\.json|l10n|media)$/.test(name));
  for (const part of [...parts, 'dist/extension']) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
}
