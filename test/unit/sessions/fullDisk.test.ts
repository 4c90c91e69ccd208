import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Locks } from '../../../src/ipc/locks.ts';
import type { SlotFiles } from '../../../src/ipc/sealedFile.ts';
import { Register } from '../../../src/sessions/store/register.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, type WindowOptions, works } from './harness/window.ts';

describe('A disk that is full', () => {
  for (const kind of ['desktop', 'browser'] as const) {
    describe(`(${kind})`, () => {
      it('has room for what X gives for a refresh token, because that was kept at the sign-in', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk();
        const [first, second] = await windows(machine, disk.has, disk.has);
        disk.isFull = true;
        for (let refresh = 1; refresh <= 3; refresh++) {
          machine.now += 2 * HOUR;
          assert.ok(works(machine, await first.session()));
          assert.ok(works(machine, await second.session()));
          assert.equal(machine.refreshes, refresh);
        }
        assert.deepEqual(machine.notices, []);
      });

      for (const [what, options] of [
        ['it had no room for the sign-in', { isFull: true }],
        ['a write takes new room, wherever it is', { copiesOnWrite: true }],
      ] as const) {
        it(`has every window wait, rather than spend a refresh token whose answer it could not keep: ${what}`, async () => {
          await using machine = await openMachine(kind);
          const disk = new Disk(options);
          const [first, second] = await windows(machine, disk.has, disk.has);
          disk.isFull = true;
          machine.now += 2 * HOUR;
          for (let call = 0; call < 120; call++) {
            machine.now += 1000;
            assert.ok(await first.session());
            assert.ok(await second.session());
          }
          assert.equal(machine.refreshes, 0);
          const [status] = await first.sessions.statuses();
          assert.ok(status?.troubles.includes('unreachable'));
          assert.ok(first.logged.some((line) => line.includes('full')));
          disk.isFull = false;
          machine.now += MINUTE;
          assert.ok(works(machine, await first.session()));
          assert.ok(works(machine, await second.session()));
          assert.equal(machine.refreshes, 1);
          assert.deepEqual(machine.notices, []);
        });
      }

      it('has them wait, too, when it has no room for a lock', async () => {
        await using machine = await openMachine(kind);
        const [window] = await windows(machine, { locks: noLocks('ENOSPC') }, {});
        machine.now += 2 * HOUR;
        assert.ok(await window.session());
        assert.equal(machine.refreshes, 0);
      });

      it('keeps the answer of X all the same, when it fills up after the token was sent', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk();
        const [first, second] = await windows(machine, disk.has, disk.has);
        machine.now += 2 * HOUR;
        const hold = machine.x.hold('/2/oauth2/token');
        const asked = first.session();
        await hold.arrived;
        disk.isFull = true;
        hold.release();
        assert.ok(works(machine, await asked));
        assert.ok(works(machine, await second.session()));
        assert.ok(works(machine, await machine.open().session()), 'after a reload');
        assert.equal(machine.refreshes, 1);
      });

      it('keeps what X gives at a sign-in all the same, when it fills up after the code was sent', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk({ copiesOnWrite: true });
        const window = machine.open(disk.has);
        const hold = machine.x.hold('/2/oauth2/token');
        const signingIn = window.signIn();
        await hold.arrived;
        disk.isFull = true;
        hold.release();
        assert.ok(works(machine, await signingIn));
        assert.ok(works(machine, await window.session()));
        await machine.settle();
        assert.ok(works(machine, await window.session()));
        assert.ok(works(machine, await machine.open().session()), 'after a reload');
      });

      it('keeps nobody from signing in, nor from signing out', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk({ isFull: true });
        const [first, second] = await windows(machine, disk.has, disk.has);
        assert.ok(works(machine, await first.session()));
        assert.ok(works(machine, await second.session()));
        const [session] = await first.sessions.all();
        await first.sessions.signOut(session?.id ?? '');
        assert.deepEqual(await first.sessions.all(), []);
        assert.equal(works(machine, session), false, 'it is revoked at X');
        await machine.settle();
        assert.deepEqual(await machine.open().sessions.all(), []);
      });
    });
  }

  it('is not filled by refreshes: there is one file for each account, always of the same size', async () => {
    await using machine = await openMachine();
    const [window] = await windows(machine, {}, {});
    const folder = join(machine.folder, 'grants');
    const sizes = async (): Promise<readonly number[]> => {
      const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return Promise.all(files.map(async ({ parentPath, name }) => (await fs.stat(join(parentPath, name))).size));
    };
    for (let refresh = 0; refresh <= 3; refresh++) {
      assert.ok(works(machine, await window.session()));
      assert.deepEqual(await sizes(), [16 * 1024]);
      machine.now += 2 * HOUR;
    }
    assert.equal(machine.refreshes, 3);
  });
});

describe('A folder that can’t be written', () => {
  it('does not keep a grant from being refreshed, and a refusal is not believed at once', async () => {
    await using machine = await openMachine();
    const disk = new Disk({ isFull: true, code: 'EACCES' });
    const [first, second] = await windows(machine, disk.has, disk.has);
    machine.now += 2 * HOUR;
    assert.ok(works(machine, await first.session()));
    assert.ok(await second.session(), 'it used a refresh token that the first had spent');
    assert.equal(machine.refreshes, 2);
    await machine.settle();
    assert.ok(works(machine, await second.session()));
    assert.deepEqual(machine.notices, []);
  });
});

async function windows(machine: Machine, one: WindowOptions, other: WindowOptions): Promise<readonly [Window, Window]> {
  const first = machine.open(one);
  await first.signIn();
  await machine.settle();
  const second = machine.open(other);
  await second.grants.list();
  return [first, second];
}

/** A disk that can be full: then no file can be made, and none can be written in place where that takes new room. */
class Disk {
  isFull: boolean;
  readonly #copiesOnWrite: boolean;
  readonly #code: string;
  /** What windows have whose register is on it. */
  readonly has: WindowOptions;

  constructor({ isFull = false, copiesOnWrite = false, code = 'ENOSPC' } = {}) {
    this.isFull = isFull;
    this.#copiesOnWrite = copiesOnWrite;
    this.#code = code;
    const files: SlotFiles = { ...fs, open: (path, flags, mode) => this.#open(path, flags, mode) };
    this.has = { register: (parts) => new Register({ ...parts, files }) };
  }

  #open(path: string, flags: number | string, mode?: number): Promise<fs.FileHandle> {
    const needsRoom = flags === 'wx' || (flags === 'r+' && this.#copiesOnWrite);
    if (needsRoom && this.isFull)
      return Promise.reject(Object.assign(new Error('the disk is full'), { code: this.#code }));
    return fs.open(path, flags, mode);
  }
}

function noLocks(code: string): Locks {
  return { withLock: () => Promise.reject(Object.assign(new Error('the disk is full'), { code })) };
}
