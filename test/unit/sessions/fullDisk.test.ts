import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Notes } from '../../../src/sessions/handOver.ts';
import type { Locks } from '../../../src/sessions/refresh.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, type WindowOptions, works } from './window.ts';

describe('A disk that is full', () => {
  for (const kind of ['desktop', 'browser'] as const) {
    describe(`(${kind})`, () => {
      it('has every window wait, rather than spend a refresh token whose answer it could not keep', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk(machine, 0);
        const [first, second] = await windows(machine, { notes: disk }, { notes: disk });
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
        disk.room = 100_000;
        machine.now += MINUTE;
        assert.ok(works(machine, await first.session()));
        assert.ok(works(machine, await second.session()));
        assert.equal(machine.refreshes, 1);
        assert.deepEqual(machine.notices, []);
      });

      it('has them wait, too, when it has no room for a lock', async () => {
        await using machine = await openMachine(kind);
        const [window] = await windows(machine, { locks: noLocks('ENOSPC') }, {});
        machine.now += 2 * HOUR;
        assert.ok(await window.session());
        assert.equal(machine.refreshes, 0);
      });

      it('keeps the answer of X all the same, when it fills up after the token was sent', async () => {
        await using machine = await openMachine(kind);
        const disk = new Disk(machine, 100_000);
        const [first, second] = await windows(machine, { notes: disk }, { notes: disk });
        machine.now += 2 * HOUR;
        const hold = machine.x.hold('/2/oauth2/token');
        const asked = first.session();
        await hold.arrived;
        disk.room = disk.used;
        hold.release();
        assert.ok(works(machine, await asked));
        assert.ok(works(machine, await second.session()));
        assert.equal(machine.refreshes, 1);
      });
    });
  }

  it('is not filled by marks that a request was sent', async () => {
    await using machine = await openMachine();
    const [window] = await windows(machine, {}, {});
    for (let renewal = 1; renewal <= 3; renewal++) {
      machine.now += 2 * HOUR;
      assert.ok(works(machine, await window.session()));
      assert.equal((await readdir(join(machine.folder, 'notes'))).length, renewal);
    }
  });
});

describe('A folder that can’t be written', () => {
  it('does not keep a grant from being renewed, and a refusal is believed only the second time', async () => {
    await using machine = await openMachine();
    const notes = new Disk(machine, 0, 'EACCES');
    const [first, second] = await windows(machine, { notes }, { notes });
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

/** Notes on a disk that has room for so many bytes. */
class Disk implements Notes {
  room: number;
  readonly #code: string;
  readonly #notes: SealedNotes;
  readonly #sizes = new Map<string, number>();

  constructor(machine: Machine, room: number, code = 'ENOSPC') {
    this.#notes = new SealedNotes(join(machine.folder, 'notes'));
    this.room = room;
    this.#code = code;
  }

  get used(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  read(secret: string, purpose: string): Promise<unknown> {
    return this.#notes.read(secret, purpose);
  }

  async write(secret: string, purpose: string, payload: unknown): Promise<void> {
    this.#take(secret, purpose, payload);
    await this.#notes.write(secret, purpose, payload);
  }

  async writeFirst(secret: string, purpose: string, payload: unknown): Promise<boolean> {
    this.#take(secret, purpose, payload);
    return this.#notes.writeFirst(secret, purpose, payload);
  }

  async remove(secret: string, purpose: string): Promise<void> {
    this.#sizes.delete(`${purpose} ${secret}`);
    await this.#notes.remove(secret, purpose);
  }

  #take(secret: string, purpose: string, payload: unknown): void {
    const size = JSON.stringify(payload).length;
    if (this.used + size > this.room) throw Object.assign(new Error('the disk is full'), { code: this.#code });
    this.#sizes.set(`${purpose} ${secret}`, size);
  }
}

function noLocks(code: string): Locks {
  return { withLock: () => Promise.reject(Object.assign(new Error('the disk is full'), { code })) };
}
