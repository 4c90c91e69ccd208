// A window, as a process of its own, for sealedFile.test.ts.
import { join } from 'node:path';
import { SealedFile } from '../../../../src/ipc/sealedFile.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { tell } from './tell.ts';
import { isWord, wordOf } from './words.ts';

const [job, folder, key] = process.argv.slice(2);
if (job === undefined || folder === undefined || key === undefined)
  throw new Error('Usage: sealedFileWorker.ts JOB FOLDER KEY');
const file = new SealedFile(folder, 'name', Buffer.from(key, 'hex'));

switch (job) {
  case 'count':
    process.on('message', (times: number) => void count(times));
    await tell('ready');
    break;
  case 'readAll':
    await readAll();
    break;
  default:
    throw new Error(`No such job: ${job}`);
}

/** Adds to the number in the file, again and again, each time under the lock. */
async function count(times: number): Promise<void> {
  const locks = new FolderLocks(join(folder ?? '', 'locks'));
  for (let time = 0; time < times; time++) {
    await locks.withLock('name', { waitMs: 30_000 }, async () => {
      const before = await file.read();
      await file.write(wordOf(isWord(before?.payload) ? before.payload.number + 1 : 1), before);
    });
  }
  await tell('done');
  process.disconnect();
}

/** Reads again and again, and tells how often what it read was torn, missing, or older than what it had read before. */
async function readAll(): Promise<void> {
  const stop = new AbortController();
  process.on('message', () => stop.abort());
  await tell('ready');
  let [bad, newest] = [0, 0];
  const seen = new Set<number>();
  while (!stop.signal.aborted) {
    const payload = (await file.read())?.payload;
    if (!isWord(payload) || payload.number < newest) {
      bad++;
      continue;
    }
    newest = payload.number;
    seen.add(newest);
  }
  await tell({ bad, seen: seen.size });
  process.disconnect();
}
