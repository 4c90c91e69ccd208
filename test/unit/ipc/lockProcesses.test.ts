import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderLocks } from '../../../src/ipc/folderLocks.ts';
import { idleClock } from '../sessions/harness/idleClock.ts';

/** More for a soak: `LOCK_KILLS=1000 npx mocha test/unit/ipc/lockProcesses.test.ts`. */
const KILLS = Number(process.env['LOCK_KILLS'] ?? 20);
const WINDOWS = 8;
const STALE_MS = 20_000;

describe('a lock between processes', function () {
  this.timeout(60_000 + 2_000 * KILLS);

  let shared: string;
  let folder: string;
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    shared = await fs.mkdtemp(join(tmpdir(), 'x-lock-'));
    folder = join(shared, 'locks');
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await fs.rm(shared, { recursive: true, force: true });
  });

  function start(job: string, detail = ''): ChildProcess {
    const child = fork(fileURLToPath(new URL('harness/lockWorker.ts', import.meta.url)), [job, shared, detail]);
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  it(`counts right in ${WINDOWS} windows of which ${KILLS} are killed at random points`, async () => {
    await fs.mkdir(join(shared, 'inside'));
    await fs.writeFile(join(shared, 'counter'), '0');
    const sums: number[] = [];
    const problems: unknown[] = [];
    const ready = new Set<ChildProcess>();
    let longestWaitMs = 0;
    let killed = 0;
    let ending = false;

    const open = (): void => {
      const child = start('count');
      child.on('message', (message: { sum?: number; waitedMs: number; others: string[] }) => {
        if (message.sum === undefined) return ready.add(child);
        sums.push(message.sum);
        longestWaitMs = Math.max(longestWaitMs, message.waitedMs);
        return problems.push(...message.others);
      });
      child.once('exit', (code, signal) => {
        ready.delete(child);
        if (signal !== 'SIGKILL' && code !== 0) problems.push(`exit ${code}`);
        if (!ending) open();
      });
    };
    for (let i = 0; i < WINDOWS; i++) open();
    while (killed < KILLS && problems.length === 0) {
      // After some more work, at a moment that is left to chance: when a window dies is what is being tested.
      const enough = sums.length + Math.random() * 20;
      while (sums.length < enough && problems.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      }
      const victim = [...ready][Math.floor(Math.random() * ready.size)];
      if (victim === undefined) continue;
      ready.delete(victim);
      victim.kill('SIGKILL');
      killed++;
    }
    ending = true;
    const left = [...children].map((child) => once(child, 'exit'));
    // The last victim may be closing its channel just now.
    for (const child of children) if (!child.killed) child.send('stop');
    await Promise.all(left);

    const counter = Number(await fs.readFile(join(shared, 'counter'), 'utf8'));
    assert.deepEqual(problems, [], 'no window found another one inside');
    assert.equal(new Set(sums).size, sums.length, 'no sum was reached twice');
    assert.ok(counter >= sums.length && counter - sums.length <= killed, `${counter} counted, ${sums.length} told`);
    assert.ok(sums.length > killed, 'work was done between the kills');
    const litter = await fs.readdir(folder);
    assert.ok(litter.length <= killed);
    await new FolderLocks(folder).sweep(0);
    assert.deepEqual(await fs.readdir(folder), []);
    if (process.env['LOCK_KILLS'] !== undefined) {
      console.log({ killed, counter, told: sums.length, longestWaitMs, litterBeforeSweep: litter.length });
    }
  });

  it('is free at once, whatever its holder was doing when it was killed', async () => {
    let deaths = 0;
    for (let nth = 1; ; nth++) {
      const [code, signal]: unknown[] = await once(start('dieAt', String(nth)), 'exit');
      if (signal === null) {
        assert.equal(code, 0);
        break;
      }
      deaths++;
      const took = await new FolderLocks(folder).withLock('counter', { waitMs: 1_000 }, async () => 'mine');
      assert.equal(took, 'mine');
    }
    assert.ok(deaths >= 7, `${deaths} points to die at`);
    await new FolderLocks(folder).sweep(0);
    assert.deepEqual(await fs.readdir(folder), []);
  });

  it('is taken over from a holder that was stopped, which learns of it when it goes on', async function () {
    if (process.platform === 'win32') this.skip();
    const child = start('hold');
    await once(child, 'message');
    child.kill('SIGSTOP');
    const clock = idleClock();
    const locks = new FolderLocks(folder, clock);
    await locks.withLock('counter', { waitMs: 60_000 }, async (lease) => {
      assert.ok(clock.nowMs >= STALE_MS, `taken after ${clock.nowMs} ms`);
      child.kill('SIGCONT');
      child.send('held?');
      const [answer]: unknown[] = await once(child, 'message');
      assert.deepEqual(answer, { held: false });
      await once(child, 'exit');
      assert.equal(await lease.held(), true, 'what the loser does leaves the new holder alone');
    });
    assert.deepEqual(await fs.readdir(folder), []);
  });

  it('keeps no process alive and leaves no handlers behind', async () => {
    const handlers = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = handlers();
    const locks = new FolderLocks(folder);
    await locks.withLock('counter', { waitMs: 0 }, async () => {
      assert.deepEqual(handlers(), before);
      const [code]: unknown[] = await once(start('wait'), 'exit');
      assert.equal(code, 0, 'it ended by itself, still waiting');
    });
    assert.deepEqual(handlers(), before);
  });
});
