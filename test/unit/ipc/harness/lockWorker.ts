// A window, as a process of its own: the tests in lockProcesses.test.ts start it, stop it and kill it.
import * as fs from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { tell } from './tell.ts';

const [job, folder, detail] = process.argv.slice(2);
if (job === undefined || folder === undefined) throw new Error('Usage: lockWorker.ts JOB FOLDER [DETAIL]');

switch (job) {
  case 'count':
    await count(folder);
    break;
  case 'hold':
    await hold(folder);
    break;
  case 'dieAt':
    await dieAt(folder, Number(detail));
    break;
  case 'wait':
    void wait(folder);
    break;
  default:
    throw new Error(`No such job: ${job}`);
}

/** Adds one to the file `counter` again and again, and tells the parent each sum once it is written. */
async function count(shared: string): Promise<void> {
  const stop = new AbortController();
  process.on('message', () => stop.abort());
  await tell({ ready: true });
  const locks = new FolderLocks(join(shared, 'locks'));
  while (!stop.signal.aborted) {
    const asked = performance.now();
    const { sum, waitedMs, others } = await locks.withLock('counter', { waitMs: 30_000 }, async (lease) => {
      const waited = performance.now() - asked;
      const witness = join(shared, 'inside', String(process.pid));
      await fs.mkdir(witness);
      const seen = (await fs.readdir(join(shared, 'inside'))).filter((name) => name !== String(process.pid));
      const alive = seen.filter((pid) => runs(pid));
      for (const pid of seen) if (!alive.includes(pid)) await fs.rmdir(join(shared, 'inside', pid));
      if (!(await lease.held())) alive.push('lost');
      const next = Number(await fs.readFile(join(shared, 'counter'), 'utf8')) + 1;
      await fs.writeFile(join(shared, `counter.${process.pid}`), String(next));
      await fs.rename(join(shared, `counter.${process.pid}`), join(shared, 'counter'));
      await fs.rmdir(witness);
      return { sum: next, waitedMs: waited, others: alive };
    });
    await tell({ sum, waitedMs, others });
  }
  process.disconnect();
}

/** Holds the lock until told to let go, and says whether it is still held when asked. */
async function hold(shared: string): Promise<void> {
  await new FolderLocks(join(shared, 'locks')).withLock('counter', { waitMs: 10_000 }, async (lease) => {
    const asked = new Promise<void>((resolve) => process.once('message', () => resolve()));
    await tell({ holding: true });
    await asked;
    await tell({ held: await lease.held() });
  });
  process.disconnect();
}

/** Kills itself just before its nth operation on directories. Exits with 0 if it needed fewer. */
async function dieAt(shared: string, nth: number): Promise<void> {
  let operations = 0;
  const killable =
    <A extends unknown[], R>(operation: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      operations++;
      if (operations === nth) process.kill(process.pid, 'SIGKILL');
      return operation(...args);
    };
  const directories = {
    readdir: killable((path: string) => fs.readdir(path)),
    mkdir: killable(fs.mkdir),
    rmdir: killable((path: string) => fs.rmdir(path)),
    rename: killable(fs.rename),
  };
  const locks = new FolderLocks(join(shared, 'locks'), { directories });
  await locks.withLock('counter', { waitMs: 10_000 }, (lease) => lease.held());
  process.disconnect();
}

/** Waits for a lock that somebody else holds while it holds another, with nothing else to do: must end by itself. */
async function wait(shared: string): Promise<void> {
  process.disconnect();
  const locks = new FolderLocks(join(shared, 'locks'));
  await locks.withLock('another', { waitMs: 0 }, () => locks.withLock('counter', { waitMs: 600_000 }, async () => {}));
}

function runs(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
  } catch {
    return false;
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}
