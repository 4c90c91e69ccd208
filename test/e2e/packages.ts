import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/program.ts';
import { CACHE, ROOT } from '../host/project.ts';

/** Packages the extension, the Greeter, and what moves their clock, as they would be published. `npm run build` comes first. */
export async function packageExtensions(): Promise<string[]> {
  const folder = join(CACHE, 'packages');
  await mkdir(folder, { recursive: true });
  return Promise.all([
    packageExtension(ROOT, join(folder, 'x-authentication.vsix')),
    packageExtension(join(ROOT, 'examples', 'greeter'), join(folder, 'greeter.vsix')),
    packageExtension(join(import.meta.dirname, 'clock'), join(folder, 'clock.vsix')),
  ]);
}

async function packageExtension(extension: string, vsix: string): Promise<string> {
  const vsce = join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  await run(process.execPath, [vsce, 'package', ...options, '--out', vsix], { cwd: extension });
  return vsix;
}
