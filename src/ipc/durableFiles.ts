import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { codeOf } from './busyFiles.ts';

/** A folder, a link (O_NOFOLLOW) or a pipe (O_NONBLOCK) in place of a file neither leads elsewhere nor hangs. */
export const READ_ONLY_A_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const NO_SYNC = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL']);

/** Has the disk keep what is written; a folder's sync keeps its names. */
export async function writeThrough(
  path: string,
  flags: string,
  write?: (file: fs.FileHandle) => Promise<void>,
): Promise<void> {
  const file = await fs.open(path, flags, 0o600);
  try {
    await write?.(file);
    await file.sync().catch(ignoreNoSync);
  } finally {
    await file.close();
  }
}

/** Windows can't sync a folder, and some network file systems nothing. */
export function ignoreNoSync(error: unknown): void {
  if (!NO_SYNC.has(codeOf(error) ?? '')) throw error;
}
