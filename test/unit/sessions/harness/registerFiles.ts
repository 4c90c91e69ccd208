import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './window.ts';

/** The files of the register, whichever key they are sealed with. */
export function registerFiles(machine: Machine): readonly string[] {
  const names = readdirSync(join(machine.folder, 'grants'), { recursive: true, encoding: 'utf8' });
  return names.map((name) => join(machine.folder, 'grants', name)).filter((path) => /[0-9a-f]{40}$/.test(path));
}

/** As what a later version might write. */
export async function writtenByANewerVersion(machine: Machine): Promise<void> {
  for (const path of registerFiles(machine)) {
    const bytes = readFileSync(path);
    // After what every version begins with.
    bytes[2] = 99;
    writeFileSync(path, bytes);
  }
}
