import { mkdirSync, watch, type FSWatcher } from 'node:fs';

/** Writing one file causes several events, and only the last one matters. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` soon after something in a folder has changed. Some file systems can't be watched, and then it is never called:
 * the caller must look from time to time as well.
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
    // A network file system, or a machine that has run out of watches.
  }
  return { dispose };
}
