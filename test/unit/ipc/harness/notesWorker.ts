// A window, as a process of its own, for sealedNotes.test.ts.
import { SealedNotes } from '../../../../src/ipc/sealedNotes.ts';
import { tell } from './tell.ts';
import { isWord } from './words.ts';

const [job, folder] = process.argv.slice(2);
if (job === undefined || folder === undefined) throw new Error('Usage: notesWorker.ts JOB FOLDER');
const notes = new SealedNotes(folder);

switch (job) {
  case 'race':
    process.on('message', (round: number) => void race(round));
    await tell('ready');
    break;
  case 'readAll':
    await readAll();
    break;
  default:
    throw new Error(`No such job: ${job}`);
}

async function race(round: number): Promise<void> {
  await tell({ first: await notes.writeFirst(`secret ${round}`, 'told', process.pid), by: process.pid });
}

/** Reads one note again and again, and tells how often it was torn or went missing. */
async function readAll(): Promise<void> {
  const stop = new AbortController();
  process.on('message', () => stop.abort());
  await tell('ready');
  let bad = 0;
  const seen = new Set<number>();
  while (!stop.signal.aborted) {
    const word = await notes.read('secret', 'word');
    if (isWord(word)) seen.add(word.number);
    else bad++;
  }
  await tell({ bad, seen: seen.size });
  process.disconnect();
}
