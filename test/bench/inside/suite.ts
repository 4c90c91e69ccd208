import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ANSWER_FILE, FOLDER, TASK_FILE, type TaskName, type Tasks } from '../tasks.ts';
import { activateEach } from './activation.ts';
import { listAccounts } from './listing.ts';
import { useSessions } from './sessions.ts';

type Performers = { readonly [Name in TaskName]: (asks: Tasks[Name]['asks']) => Promise<Tasks[Name]['answers']> };

const performers: Performers = { activation: activateEach, listing: listAccounts, sessions: useSessions };

/** What VS Code calls in a window that the bench opens: does the task, and leaves the answer. */
export async function run(): Promise<void> {
  const folder = process.env[FOLDER] ?? '';
  const { name, asks }: { name: TaskName; asks: never } = JSON.parse(await readFile(join(folder, TASK_FILE), 'utf8'));
  await writeFile(join(folder, ANSWER_FILE), JSON.stringify(await performers[name](asks)));
}
