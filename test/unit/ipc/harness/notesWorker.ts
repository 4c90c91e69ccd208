// A window, as a process of its own, for sealedNotes.test.ts.
import * as fs from 'node:fs/promises';
import { SealedNotes } from '../../../../src/ipc/sealedNotes.ts';

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
  case 'outOfFiles':
    await outOfFiles();
    break;
  default:
    throw new Error(`No such job: ${job}`);
}

async function race(round: number): Promise<void> {
  await tell({ round, first: await notes.writeFirst(`secret ${round}`, 'told', { by: process.pid }) });
}

/** Reads one note again and again, and tells how often it was torn or went missing. */
async function readAll(): Promise<void> {
  const stop = new AbortController();
  process.on('message', () => stop.abort());
  await tell('ready');
  let bad = 0;
  const seen = new Set<unknown>();
  while (!stop.signal.aborted) {
    const note = await notes.read('secret', 'grant');
    // It says a number and has a length that goes with it.
    if (Array.isArray(note) && note[1] === 'x'.repeat(4_000 + note[0])) seen.add(note[0]);
    else bad++;
  }
  await tell({ bad, seen: seen.size });
  process.disconnect();
}

/** Opens files until there are no more to be had, and tells what reading a note says then. */
async function outOfFiles(): Promise<void> {
  const open: fs.FileHandle[] = [];
  try {
    for (;;) open.push(await fs.open(folder ?? '', 'r'));
  } catch {
    const answer = await notes.read('secret', 'grant').catch((error: NodeJS.ErrnoException) => error.code);
    for (const file of open) await file.close();
    console.log(answer);
  }
}

function tell(message: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}
