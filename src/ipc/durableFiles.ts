import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './fileErrors.ts';

/** Flags with which opening a link in place of a file fails (O_NOFOLLOW), and opening a pipe doesn't hang (O_NONBLOCK). */
export const READ_NO_FOLLOW = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const SYNC_UNSUPPORTED = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL']);

/** Far more than any of the files has that are read whole. */
const SMALL_BYTES = 64 * 1024;

/** The text of a small file, cut off after 64 KB; undefined if there is no file that can be read. */
export async function readSmallFile(path: string): Promise<string | undefined> {
  const file = await fs.open(path, READ_NO_FOLLOW).catch(() => undefined);
  try {
    // Reading a pipe or a device might never end.
    if (file === undefined || !(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SMALL_BYTES), 0, SMALL_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** Writes a small file in place of any other. Readers see either the old or the new text. */
export async function replaceSmallFile(path: string, text: string): Promise<void> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  try {
    await fs.writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Makes sure that the disk has what was written to a file, or which names a folder has. */
export async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const file = await fs.open(path, flags);
  try {
    await file.sync().catch(ignoreUnsupportedSync);
  } finally {
    await file.close();
  }
}

/** Windows can't sync a folder, and some network file systems can't sync anything. */
export function ignoreUnsupportedSync(error: unknown): void {
  if (!SYNC_UNSUPPORTED.has(errnoCode(error) ?? '')) throw error;
}
