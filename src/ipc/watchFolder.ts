import { mkdirSync, watch, type FSWatcher } from 'node:fs';

/** Several files change at once when a note is left; the last of them is what matters. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` soon after something in a folder changed. Where a file system can't be watched nothing is ever called:
 * whoever uses this must look now and then as well.
 */
export function watchFolder(folder: string, onChange: () => void): { dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const dispose = (): void => {
    clearTimeout(timer);
    watcher?.close();
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    watcher = watch(folder, { persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS).unref();
    });
    watcher.on('error', dispose);
  } catch {
    // Network file systems, and machines that are out of watches.
  }
  return { dispose };
}
