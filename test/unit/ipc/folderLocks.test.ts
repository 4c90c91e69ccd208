import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { mock } from 'node:test';
import { FolderLocks, LockBusyError } from '../../../src/ipc/folderLocks.ts';
import { thisProcess } from '../../../src/ipc/processIdentity.ts';
import type { Directories } from '../../../src/ipc/heldLock.ts';
import { idleClock } from '../sessions/harness/idleClock.ts';

const STALE_MS = 20_000;

const plain: Directories = {
  readdir: (path) => fs.readdir(path),
  mkdir: (path, options) => fs.mkdir(path, options),
  rmdir: (path) => fs.rmdir(path),
  rename: (from, to) => fs.rename(from, to),
};

describe('a lock in a folder', function () {
  this.timeout(60_000);

  let shared: string;
  let folder: string;

  beforeEach(async () => {
    shared = await fs.mkdtemp(join(tmpdir(), 'x-lock-'));
    folder = join(shared, 'locks');
  });

  afterEach(() => fs.rm(shared, { recursive: true, force: true }));

  /** The directory of the only lock there is. */
  async function lockDirectory(): Promise<string> {
    const names = (await fs.readdir(folder)).filter((name) => !name.includes('.'));
    assert.equal(names.length, 1);
    return join(folder, names[0] ?? '');
  }

  describe('while it is held', () => {
    const elsewhere = { ...thisProcess(), host: 'fedcba9876543210', pid: 2 ** 22 + 1 };

    it('is not taken from a holder on another host, whose process ids say nothing here, while it makes heartbeats', async () => {
      const clock = idleClock();
      const here = new FolderLocks(folder, clock);
      await new FolderLocks(folder, { self: elsewhere }).withLock('counter', { waitMs: 0 }, async (lease) => {
        for (let i = 0; i < 5; i++) {
          await assert.rejects(
            here.withLock('counter', { waitMs: 0.9 * STALE_MS }, async () => {}),
            LockBusyError,
          );
          assert.equal(await lease.held(), true);
        }
      });
    });

    it('is taken from a holder on another host that shows no life, at the second attempt if the first was too short', async () => {
      const clock = idleClock();
      const here = new FolderLocks(folder, clock);
      const there = new FolderLocks(folder, { self: elsewhere, heartbeatMs: 2 ** 31 - 1 });
      await there.withLock('counter', { waitMs: 0 }, async (lease) => {
        await assert.rejects(
          here.withLock('counter', { waitMs: 10_000 }, async () => {}),
          LockBusyError,
        );
        assert.equal(await here.withLock('counter', { waitMs: 11_000 }, async () => 'mine'), 'mine');
        assert.ok(clock.nowMs >= STALE_MS);
        assert.equal(await lease.held(), false);
      });
    });

    it('is not lost in the middle of a heartbeat that took long, unless the holder learns of it', async () => {
      const clock = idleClock();
      const steps: (() => void)[] = [];
      const directories = {
        readdir: (path: string) => fs.readdir(path),
        mkdir: fs.mkdir,
        rmdir: async (path: string) => {
          if (path.endsWith('9')) await new Promise<void>((goOn) => steps.push(goOn));
          await fs.rmdir(path);
        },
        rename: fs.rename,
      };
      const there = new FolderLocks(folder, { self: elsewhere, heartbeatMs: 2 ** 31 - 1, directories });
      // No file system says in which order it lists.
      const readdir: Directories['readdir'] = async (path) => (await fs.readdir(path)).toSorted().toReversed();
      const here = new FolderLocks(folder, { ...clock, directories: { ...plain, readdir } });
      await there.withLock('counter', { waitMs: 0 }, async (lease) => {
        for (let i = 0; i < 9; i++) assert.equal(await lease.held(), true);
        const tenth = lease.held();
        const lock = await lockDirectory();
        while ((await fs.readdir(lock)).length < 2) await new Promise(setImmediate);
        await assert.rejects(
          here.withLock('counter', { waitMs: 1.5 * STALE_MS }, async () => {}),
          LockBusyError,
        );
        assert.match((await fs.readdir(lock)).join(), /^[^,]*10$/, 'first the older token goes, for the holder to see');
        for (const goOn of steps) goOn();
        assert.equal(await tenth, false);
      });
    });

    it('is taken when it has shown no life for twenty seconds, and no sooner', async () => {
      const there = new FolderLocks(folder, { self: elsewhere, heartbeatMs: 2 ** 31 - 1 });
      for (const [last, waitMs] of [
        [4_999, 19_999],
        [5_000, 20_000],
      ] as const) {
        const looks = [5_000, 5_000, 5_000, last];
        let nowMs = 0;
        const sleep = async (): Promise<void> => void (nowMs += looks.shift() ?? 0);
        const here = new FolderLocks(folder, { monotonicMs: () => nowMs, sleep });
        await there.withLock('counter', { waitMs: 0 }, async () => {
          const taken = here.withLock('counter', { waitMs }, async () => 'mine');
          if (last === 5_000) assert.equal(await taken, 'mine');
          else await assert.rejects(taken, LockBusyError);
        });
      }
    });

    it('is looked at again after 25 to 50 ms, not by all at the same moment', async () => {
      const slept: number[] = [];
      let nowMs = 0;
      const sleep = async (ms: number): Promise<void> => void (slept.push(ms), (nowMs += ms));
      const locks = new FolderLocks(folder, { monotonicMs: () => nowMs, sleep });
      await locks.withLock('counter', { waitMs: 0 }, () =>
        assert.rejects(
          locks.withLock('counter', { waitMs: 2_000 }, () => assert.fail()),
          LockBusyError,
        ),
      );
      slept.pop();
      assert.ok(slept.length > 40 && slept.every((ms) => ms >= 25 && ms <= 50), slept.join());
      assert.ok(new Set(slept).size > 10);
    });

    it('is not taken because the waiter slept for an hour', async () => {
      const clock = idleClock();
      const here = new FolderLocks(folder, clock);
      await new FolderLocks(folder, { self: elsewhere, heartbeatMs: 2 ** 31 - 1 }).withLock(
        'counter',
        { waitMs: 0 },
        async () => {
          for (const waitMs of [0, 5_000]) {
            await assert.rejects(
              here.withLock('counter', { waitMs }, async () => {}),
              LockBusyError,
            );
            clock.nowMs += 3_600_000;
          }
        },
      );
    });

    it('is kept by its heartbeat alone', async () => {
      const locks = new FolderLocks(folder, { heartbeatMs: 5 });
      await locks.withLock('counter', { waitMs: 0 }, async () => {
        const lock = await lockDirectory();
        const heartbeats = new Set<string>();
        while (heartbeats.size < 4) for (const token of await fs.readdir(lock)) heartbeats.add(token);
      });
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('has a heartbeat every two seconds, and none when it is over', async () => {
      let heartbeats = 0;
      const mkdir: Directories['mkdir'] = (path, options) => (heartbeats++, fs.mkdir(path, options));
      mock.timers.enable({ apis: ['setInterval'] });
      try {
        await new FolderLocks(folder, { directories: { ...plain, mkdir } }).withLock(
          'counter',
          { waitMs: 0 },
          async (lease) => {
            heartbeats = 0;
            mock.timers.tick(1_999);
            assert.equal(await lease.held(), true);
            assert.equal(heartbeats, 1, 'the one that was asked for');
            mock.timers.tick(1);
            const asked = lease.held();
            assert.equal(await asked, true);
            assert.equal(heartbeats, 2, 'its own, which answers us as well');
          },
        );
        mock.timers.tick(60_000);
        await new Promise(setImmediate);
        assert.equal(heartbeats, 2);
        assert.deepEqual(await fs.readdir(folder), []);
      } finally {
        mock.timers.reset();
      }
    });

    it('stays the holder’s when asked for many times at once, which makes no more than a heartbeat or two', async () => {
      let heartbeats = 0;
      const directories = {
        readdir: (path: string) => fs.readdir(path),
        mkdir: (path: string, options: { recursive: boolean; mode: number }) => (heartbeats++, fs.mkdir(path, options)),
        rmdir: (path: string) => fs.rmdir(path),
        rename: fs.rename,
      };
      await new FolderLocks(folder, { directories }).withLock('counter', { waitMs: 0 }, async (lease) => {
        heartbeats = 0;
        const first = lease.held();
        // From here on the first has begun, and says nothing about what comes later.
        await Promise.resolve();
        const answers = await Promise.all([first, ...Array.from({ length: 50 }, () => lease.held())]);
        assert.deepEqual(new Set(answers), new Set([true]));
        assert.equal(heartbeats, 2);
      });
    });

    it('is waited for no longer than the caller allows, and then leaves nothing of the waiter', async () => {
      const clock = idleClock(1);
      const locks = new FolderLocks(folder, clock);
      await locks.withLock('counter', { waitMs: 0 }, async () => {
        const startedAt = clock.nowMs;
        await assert.rejects(
          locks.withLock('counter', { waitMs: 300 }, async () => assert.fail()),
          LockBusyError,
        );
        assert.equal(Math.round(clock.nowMs - startedAt), 300);
        assert.equal((await fs.readdir(folder)).length, 1);
      });
    });

    it('is only looked at by those who wait', async () => {
      const asked = new Set<string>();
      const note =
        <A extends unknown[], R>(name: string, operation: (...args: A) => R) =>
        (...args: A): R => (asked.add(name), operation(...args));
      const directories = {
        readdir: note('readdir', (path: string) => fs.readdir(path)),
        mkdir: note('mkdir', fs.mkdir),
        rmdir: note('rmdir', (path: string) => fs.rmdir(path)),
        rename: note('rename', fs.rename),
      };
      const waiter = new FolderLocks(folder, { ...idleClock(), directories });
      await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, async () => {
        await assert.rejects(
          waiter.withLock('counter', { waitMs: 10_000 }, () => assert.fail()),
          LockBusyError,
        );
        assert.deepEqual([...asked], ['readdir']);
      });
    });

    it('is not got by one who found it free when another was faster, and nothing is left of the slow one', async () => {
      const faster = new FolderLocks(folder);
      let release: () => void = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      let fast: Promise<void> | undefined;
      const directories = {
        readdir: (path: string) => fs.readdir(path),
        mkdir: fs.mkdir,
        rmdir: (path: string) => fs.rmdir(path),
        rename: async (from: string, to: string) => {
          await new Promise<void>((taken) => {
            fast = faster.withLock('counter', { waitMs: 0 }, () => (taken(), released));
          });
          await fs.rename(from, to);
        },
      };
      const slow = new FolderLocks(folder, { directories });
      await assert.rejects(
        slow.withLock('counter', { waitMs: 0 }, () => assert.fail()),
        LockBusyError,
      );
      assert.equal((await fs.readdir(folder)).length, 1);
      release();
      await fast;
      assert.deepEqual(await fs.readdir(folder), []);
    });

    for (const code of ['EACCES', 'EPERM', 'EINVAL', 'UNKNOWN']) {
      it(`is waited for also where the rename of the slower one fails without a reason (${code})`, async () => {
        const candidates: string[] = [];
        const directories = {
          ...plain,
          // The first finds it held, the second finds it let go a moment ago.
          rename: (from: string, to: string) => {
            if (to.includes('.')) return fs.rename(from, to);
            candidates.push(from);
            return candidates.length > 2
              ? fs.rename(from, to)
              : Promise.reject(Object.assign(new Error('no'), { code }));
          },
        };
        const took = await new FolderLocks(folder, { directories }).withLock(
          'counter',
          { waitMs: 5_000 },
          async (lease) => lease.held(),
        );
        assert.equal(took, true);
        assert.equal(candidates.length, 3);
        assert.deepEqual(await fs.readdir(folder), []);
      });

      it(`is waited for where one that is held can’t be looked into (${code})`, async () => {
        let candidates = 0;
        const directories = {
          ...plain,
          readdir: () => Promise.reject(Object.assign(new Error('no'), { code })),
          mkdir: (...made: Parameters<Directories['mkdir']>) => (candidates++, fs.mkdir(...made)),
        };
        const other = new FolderLocks(folder, { directories });
        await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, () =>
          assert.rejects(
            other.withLock('counter', { waitMs: 60 }, () => assert.fail()),
            LockBusyError,
          ),
        );
        assert.equal(candidates, 0, 'no candidate is made for it');
        assert.equal(await other.withLock('counter', { waitMs: 0 }, async () => 'mine'), 'mine');
      });
    }

    it('can’t be had where nothing can be renamed, and then the waiter is told why', async () => {
      const directories = {
        ...plain,
        rename: () => Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM' })),
      };
      const locks = new FolderLocks(folder, { directories });
      await assert.rejects(
        locks.withLock('counter', { waitMs: 5_000 }, () => assert.fail()),
        { code: 'EPERM' },
      );
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('ends the wait of one who learns that the work is done', async () => {
      const locks = new FolderLocks(folder);
      let asked = 0;
      const resolvedElsewhere = async () => (++asked === 3 ? 'done by another' : undefined);
      await locks.withLock('counter', { waitMs: 0 }, async () => {
        const found = await locks.withLock<string>('counter', { waitMs: 60_000, resolvedElsewhere }, () =>
          assert.fail(),
        );
        assert.equal(found, 'done by another');
      });
      await locks.withLock('counter', { waitMs: 0, resolvedElsewhere }, async () => 'mine');
      assert.equal(asked, 3, 'not asked where the lock is free');
    });

    it('is another lock under another name, whatever characters that has', async () => {
      const locks = new FolderLocks(folder);
      const names = ['a', 'b', '../../a', 'A', '', 'con', 'x'.repeat(5_000), 'ü/\0:*'];
      const nest = (depth: number): Promise<void> =>
        locks.withLock(names[depth] ?? '', { waitMs: 0 }, async () => {
          if (depth + 1 < names.length) await nest(depth + 1);
          else assert.equal((await fs.readdir(folder)).length, names.length);
        });
      await nest(0);
      assert.deepEqual(await fs.readdir(shared), ['locks']);
    });

    it('is let go when the action throws', async () => {
      const locks = new FolderLocks(folder);
      const failing = locks.withLock('counter', { waitMs: 0 }, () => Promise.reject(new Error('no')));
      await assert.rejects(failing, /no/);
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('is not said to be held on a disk that takes no heartbeat, nor given up before its time', async () => {
      let full = false;
      const directories = {
        readdir: (path: string) => fs.readdir(path),
        mkdir: (path: string, options: { recursive: boolean; mode: number }) =>
          full ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : fs.mkdir(path, options),
        rmdir: (path: string) => fs.rmdir(path),
        rename: fs.rename,
      };
      const locks = new FolderLocks(folder, { directories });
      await locks.withLock('counter', { waitMs: 0 }, async (lease) => {
        full = true;
        assert.equal(await lease.held(), false);
        full = false;
        await assert.rejects(
          new FolderLocks(folder).withLock('counter', { waitMs: 0 }, async () => {}),
          LockBusyError,
        );
        assert.equal(await lease.held(), true);
      });
      assert.deepEqual(await fs.readdir(folder), []);
    });
  });

  describe('in a folder that is broken or hostile', () => {
    /** Puts something in place of the lock, or into it, and takes the lock. */
    async function takeAfter(harm: (lock: string) => Promise<unknown>): Promise<void> {
      const name = await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, lockDirectory);
      await harm(name);
      const clock = idleClock();
      const took = await new FolderLocks(folder, clock).withLock('counter', { waitMs: 90_000 }, async (lease) => {
        assert.equal(await lease.held(), true);
        return 'mine';
      });
      assert.equal(took, 'mine');
      await new FolderLocks(folder, clock).sweep(0);
      assert.deepEqual(await fs.readdir(folder), []);
    }

    it('takes the place of a file', () => takeAfter((lock) => fs.writeFile(lock, 'garbage')));

    it('takes the place of an empty directory, left between the two steps of a release', () =>
      takeAfter((lock) => fs.mkdir(lock)));

    it('takes the place of a pipe', function () {
      if (process.platform === 'win32') this.skip();
      return takeAfter(async (lock) => void execFileSync('mkfifo', [lock]));
    });

    it('takes the place of a link that leads nowhere', () =>
      takeAfter((lock) => fs.symlink(join(shared, 'nowhere'), lock)));

    it('takes the place of a link and leaves alone where it leads', async () => {
      const precious = join(shared, 'precious');
      await fs.mkdir(join(precious, 'empty'), { recursive: true });
      await fs.writeFile(join(precious, 'a file'), 'words');
      await takeAfter((lock) => fs.symlink(precious, lock, 'junction'));
      assert.deepEqual((await fs.readdir(precious)).toSorted(), ['a file', 'empty']);
    });

    it('clears files, full directories and tokens of nobody out of it', () =>
      takeAfter(async (lock) => {
        await fs.mkdir(join(lock, 'folder', 'in folder'), { recursive: true });
        await fs.writeFile(join(lock, '.DS_Store'), '');
        await fs.mkdir(join(lock, '0123456789abcdef.0..0123456789abcdef.0'));
        await fs.writeFile(join(lock, '0123456789abcdef.1..0123456789abcdef.000000000'), 'a token that is a file');
      }));

    it('frees at once what a process with the same id held before', async function () {
      if (process.platform !== 'linux') this.skip();
      const earlier = new FolderLocks(folder, { self: { ...thisProcess(), start: '1' } });
      await earlier.withLock('counter', { waitMs: 0 }, async (lease) => {
        await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, async () => {});
        assert.deepEqual(await fs.readdir(folder), [], 'nothing is left of it');
        assert.equal(await lease.held(), false);
      });
    });

    it('can be looked into by nobody else', async () => {
      const modes: number[] = [];
      const mkdir: Directories['mkdir'] = (path, options) => (modes.push(options.mode), fs.mkdir(path, options));
      await new FolderLocks(folder, { directories: { ...plain, mkdir } }).withLock('counter', { waitMs: 0 }, (lease) =>
        lease.held(),
      );
      assert.deepEqual(modes, [0o700, 0o700]);
    });

    it('takes the place of an empty directory where nothing can be renamed onto one', async () => {
      const lock = await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, lockDirectory);
      await fs.mkdir(lock);
      const rename: Directories['rename'] = async (from, to) => {
        const inTheWay = await fs.lstat(to).catch(() => undefined);
        if (inTheWay !== undefined) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
        await fs.rename(from, to);
      };
      const locks = new FolderLocks(folder, { ...idleClock(), directories: { ...plain, rename } });
      assert.equal(await locks.withLock('counter', { waitMs: 1_000 }, async () => 'mine'), 'mine');
    });

    it('takes nothing for a dead process’s token that is only like one', async () => {
      const token = '0123456789abcdef.1.1.0123456789abcdef.000000000';
      const clock = idleClock();
      const locks = new FolderLocks(folder, { ...clock, isDead: () => true });
      const lock = await locks.withLock('counter', { waitMs: 0 }, lockDirectory);
      for (const name of [`0${token}`, `${token}a`, token.replace('.1.', '.01.'), token.replace('.1.', '.0.')]) {
        await fs.mkdir(join(lock, name), { recursive: true });
        await assert.rejects(
          locks.withLock('counter', { waitMs: 0 }, () => assert.fail()),
          LockBusyError,
        );
        await fs.rmdir(join(lock, name));
      }
      await fs.mkdir(join(lock, token));
      assert.equal(await locks.withLock('counter', { waitMs: 0 }, async () => 'mine'), 'mine');
    });

    it('throws the disk’s own error where no lock can be made', async () => {
      await fs.writeFile(join(shared, 'file'), '');
      const locks = new FolderLocks(join(shared, 'file', 'locks'));
      await assert.rejects(
        locks.withLock('counter', { waitMs: 0 }, async () => {}),
        (error: NodeJS.ErrnoException) => !(error instanceof LockBusyError) && error.code === 'ENOTDIR',
      );
    });

    it('sweeps what is old, and neither a lock in use nor what is not its own', async () => {
      await fs.mkdir(join(folder, 'not ours'), { recursive: true });
      const candidate = join(folder, `${'0'.repeat(32)}.${'0'.repeat(16)}`);
      await fs.mkdir(candidate);
      const clock = idleClock();
      const locks = new FolderLocks(folder, clock);
      await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, async (lease) => {
        await locks.sweep(3_600_000);
        assert.equal((await fs.readdir(folder)).length, 3, 'nothing is an hour old');
        const tomorrow = Date.now() + 86_400_000;
        const wait = { ...clock, sleep: async (ms: number) => ((clock.nowMs += 25 * ms), void (await lease.held())) };
        await new FolderLocks(folder, wait).sweep(3_600_000, tomorrow);
        assert.equal(await lease.held(), true);
      });
      assert.deepEqual(await fs.readdir(folder), ['not ours']);
    });

    it('does not sweep what is only called like a lock or a candidate, nor fail where it may not look', async () => {
      const [lock, nonce] = ['0'.repeat(32), '0'.repeat(16)];
      const names = [`1${lock}`, `${lock}1`, `${lock}.${nonce}0`, `0${lock}.${nonce}`, `${lock}.0`, `${lock}.`];
      for (const name of names) await fs.mkdir(join(folder, name), { recursive: true });
      const tomorrow = Date.now() + 86_400_000;
      await new FolderLocks(folder, idleClock()).sweep(0, tomorrow);
      assert.deepEqual((await fs.readdir(folder)).toSorted(), names.toSorted());
      const readdir: Directories['readdir'] = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
      await new FolderLocks(folder, { directories: { ...plain, readdir } }).sweep(0, tomorrow);
    });

    it('sweeps the locks of processes that ended, and of others that show no life', async () => {
      const lock = join(folder, '0'.repeat(32));
      for (const [host, dead] of [
        [thisProcess().host, true],
        ['fedcba9876543210', false],
      ] as const) {
        await fs.mkdir(join(lock, `${host}.1.1.0123456789abcdef.000000000`), { recursive: true });
        const clock = idleClock();
        await new FolderLocks(folder, { ...clock, isDead: () => dead }).sweep(0, Date.now() + 1_000);
        assert.deepEqual(await fs.readdir(folder), []);
        assert.equal(clock.nowMs >= STALE_MS, !dead);
      }
    });

    it('sweeps what is as old as that, and nothing younger', async () => {
      const candidate = join(folder, `${'0'.repeat(32)}.${'0'.repeat(16)}`);
      await fs.mkdir(candidate, { recursive: true });
      const { mtimeMs } = await fs.stat(candidate);
      const locks = new FolderLocks(folder);
      await locks.sweep(3_600_000, mtimeMs + 3_599_999);
      assert.equal((await fs.readdir(folder)).length, 1);
      await locks.sweep(3_600_000, mtimeMs + 3_600_000);
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('fails to sweep with the disk’s error, but not because of what is gone already', async () => {
      const names = ['0'.repeat(32), `${'0'.repeat(32)}.${'0'.repeat(16)}`];
      const gone = {
        ...plain,
        readdir: (path: string) => (path === folder ? Promise.resolve(names) : fs.readdir(path)),
      };
      await new FolderLocks(folder, { directories: gone }).sweep(0, Date.now() + 1_000);
      await fs.mkdir(folder);
      await fs.writeFile(join(folder, names[0] ?? ''), 'in the way of a lock');
      const rename = () => Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM' }));
      await assert.rejects(
        new FolderLocks(folder, { directories: { ...plain, rename } }).sweep(0, Date.now() + 1_000),
        { code: 'EPERM' },
      );
    });

    it('does not sweep half of a candidate, when a clock that is wrong makes it seem old', async () => {
      const tomorrow = Date.now() + 86_400_000;
      const candidates: string[] = [];
      const rename = async (from: string, to: string): Promise<void> => {
        // The sweeper is about to move the whole of it, to where it would be swept as well.
        assert.equal((await fs.readdir(from)).length, 1);
        assert.match(basename(to), /^[0-9a-f]{32}\.[0-9a-f]{16}$/);
        candidates.push(from);
        await fs.rename(from, to);
      };
      const sweeper = new FolderLocks(folder, { directories: { ...plain, rename } });
      let isSwept = false;
      const slow = new FolderLocks(folder, {
        directories: {
          ...plain,
          rename: async (from, to) => {
            if (!isSwept) await sweeper.sweep(3_600_000, tomorrow);
            isSwept = true;
            await fs.rename(from, to);
          },
        },
      });
      await slow.withLock('counter', { waitMs: 1_000 }, async (lease) => assert.equal(await lease.held(), true));
      assert.equal(candidates.length, 1);
      assert.deepEqual(await fs.readdir(folder), []);
    });
  });
});
