import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './fileErrors.ts';

/** A folder, a link (O_NOFOLLOW) or a pipe (O_NONBLOCK) in place of a file neither leads elsewhere nor hangs. */
export const READ_ONLY_A_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const NO_SYNC = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL']);

/** Far more than any file has that is read whole. */
const SMALL_BYTES = 64 * 1024;

/** The text of a small file, or as much of it; undefined where there is none, or none that can be read. */
export async function readSmallFile(path: string): Promise<string | undefined> {
  const file = await fs.open(path, READ_ONLY_A_FILE).catch(() => undefined);
  try {
    // A pipe or a device, for which one could wait for ever.
    if (file === undefined || !(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SMALL_BYTES), 0, SMALL_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** Puts a small file in place of what has its name, of which others see the one or the other. */
export async function replaceSmallFile(path: string, text: string): Promise<void> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const whole = `${path}.${randomUUID()}`;
  try {
    await fs.writeFile(whole, text, { flag: 'wx', mode: 0o600 });
    await fs.rename(whole, path);
  } catch (error) {
    await fs.unlink(whole).catch(() => {});
    throw error;
  }
}

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
  if (!NO_SYNC.has(errnoCode(error) ?? '')) throw error;
}
