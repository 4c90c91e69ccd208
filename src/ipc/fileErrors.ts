import { setTimeout as sleep } from 'node:timers/promises';

/** What Windows answers while another process, often a virus scanner, has the file open. Elsewhere EPERM and EACCES are final. */
const BUSY = new Set<string | undefined>(process.platform === 'win32' ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY']);

const RETRY_AFTER_MS = [5, 10, 20, 40, 80, 160];

/** The code of a system error, such as `ENOENT`; undefined for any other value. */
export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the error says that there is no such file, or no folder that could have it. */
export function isNotThere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoCode(error) ?? '');
}

function isBusy(error: unknown): boolean {
  return BUSY.has(errnoCode(error));
}

/** Repeats a file operation for a third of a second while the file is busy, then throws its last error. */
export async function retryWhileBusy<T>(operation: () => Promise<T>): Promise<T> {
  for (const delayMs of RETRY_AFTER_MS) {
    try {
      return await operation();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await sleep(delayMs, undefined, { ref: false });
    }
  }
  return await operation();
}
