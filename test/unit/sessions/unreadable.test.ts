import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { SealedFile, type SlotFiles } from '../../../src/ipc/sealedFile.ts';
import { type Grant, toRecord } from '../../../src/sessions/grant.ts';
import { Register } from '../../../src/sessions/store/register.ts';
import { idOf } from '../../../src/sessions/store/storeKey.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, type WindowOptions, works } from './harness/window.ts';

describe('What a window can’t read', () => {
  for (const code of ['EACCES', 'ESTALE', 'ENOTCONN', 'EIO', 'ETIMEDOUT']) {
    for (const [kind, since] of [
      ['browser', 'it is open'],
      ['browser', 'it started'],
      ['desktop', 'it is open'],
    ] as const) {
      it(`has it wait, when it is what the register says of its grant, and never costs a request (12: ${code} since ${since}, ${kind})`, async () => {
        await using machine = await openMachine(kind);
        const sick = new SickDisk(code);
        sick.isBroken = since === 'it started';
        const { first, second } = await twoWindows(machine, sick.has);
        sick.isBroken = true;
        machine.now += 2 * HOUR;
        await first.session();
        assert.equal(machine.refreshes, 1);
        await waitsQuietly(machine, second);
        assert.equal(machine.refreshes, 1, 'the token that the first has spent');
        sick.isBroken = false;
        machine.now += MINUTE;
        assert.ok(works(machine, await second.session()));
        assert.equal(machine.refreshes, 1);
        assert.deepEqual(machine.notices, []);
      });
    }

    it(`is not there for ever, when a person signs in or out (${code})`, async () => {
      await using machine = await openMachine('browser');
      const sick = new SickDisk(code);
      const { second } = await twoWindows(machine, sick.has);
      sick.isBroken = true;
      await second.signIn();
      const session = await second.session();
      assert.ok(works(machine, session));
      await second.sessions.signOut(session?.id ?? '');
      assert.deepEqual(await second.sessions.all(), []);
      sick.isBroken = false;
      for (const window of [second, machine.open()]) assert.deepEqual(await window.sessions.all(), []);
    });
  }

  for (const [what, rewrite] of [
    [
      'a grant that has more to it',
      (machine: Machine, grant: Grant) =>
        writeEntry(machine, { version: 1, grant: { ...toRecord(grant), version: 2, more: true } }),
    ],
    ['something new about it', (machine: Machine) => writeEntry(machine, { version: 2, movedTo: 'another machine' })],
    [
      'a state that is new',
      (machine: Machine, grant: Grant) => writeEntry(machine, { version: 1, grant: toRecord(grant), ended: 'lent' }),
    ],
    [
      'it in a new way',
      async (machine: Machine) => {
        const file = await fs.open(await registerFile(machine), 'r+');
        await file.write(Buffer.of(2), 0, 1, 2);
        await file.close();
      },
    ],
  ] as const) {
    describe(`because a newer version wrote ${what} (15)`, () => {
      async function overtaken(machine: Machine): Promise<Window> {
        const { first, second } = await twoWindows(machine);
        const [grant] = await first.grants.list();
        assert.ok(grant);
        await rewrite(machine, grant);
        machine.now += 2 * HOUR;
        return second;
      }

      it('has it wait, and costs no request', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        const written = await fs.readFile(await registerFile(machine));
        await waitsQuietly(machine, window);
        await window.sessions.refreshAll();
        await window.sessions.tick();
        assert.equal(machine.refreshes, 0);
        assert.deepEqual(machine.notices, []);
        const next = machine.open();
        for (let call = 0; call < 20; call++) await next.session();
        assert.equal(machine.refreshes, 0, 'nor in a window that starts now');
        assert.deepEqual(await fs.readFile(await registerFile(machine)), written);
      });

      it('keeps nobody from signing in again', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        const { id } = await window.sessions.all().then(([session]) => session ?? assert.fail());
        await window.signIn();
        const session = await window.session();
        assert.equal(session?.id, id);
        assert.ok(works(machine, session));
        assert.ok(works(machine, await machine.open().session()));
      });

      it('keeps nobody from signing out', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        const [session] = await window.sessions.all();
        await window.sessions.signOut(session?.id ?? '');
        assert.deepEqual(await window.sessions.all(), []);
        await machine.settle();
        assert.deepEqual([...machine.store.stored.keys()], ['store-key']);
      });
    });
  }
});

/** A disk whose files are there and can't be read now. */
class SickDisk {
  isBroken = false;
  readonly has: WindowOptions;

  constructor(code: string) {
    const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('not now'), { code }));
    const files: SlotFiles = {
      ...fs,
      // Only who wants to read.
      open: (path, flags, mode) => (this.isBroken && flags !== 'wx' ? refused() : fs.open(path, flags, mode)),
    };
    this.has = { register: (parts) => new Register({ ...parts, files }) };
  }
}

async function twoWindows(machine: Machine, how: WindowOptions = {}): Promise<{ first: Window; second: Window }> {
  const first = machine.open();
  await first.signIn();
  await machine.settle();
  const second = machine.open(how);
  await second.grants.list();
  return { first, second };
}

/** The file of the one grant that there is. */
async function registerFile(machine: Machine): Promise<string> {
  const entries = await fs.readdir(join(machine.folder, 'grants'), { recursive: true, withFileTypes: true });
  const [file, ...others] = entries.filter((entry) => entry.isFile());
  assert.ok(file !== undefined && others.length === 0);
  return join(file.parentPath, file.name);
}

/** Writes what a newer version might. */
async function writeEntry(machine: Machine, payload: object): Promise<void> {
  const { key } = JSON.parse(machine.store.stored.get('store-key') ?? '');
  const storeKey = Buffer.from(key, 'base64url');
  const path = await registerFile(machine);
  const file = new SealedFile(join(machine.folder, 'grants', idOf(storeKey)), path.slice(-40), storeKey);
  await file.write(payload, await file.read());
}

/** Asks for a session every second for two minutes, and gets the one there is. */
async function waitsQuietly(machine: Machine, window: Window): Promise<void> {
  for (let second = 0; second < 120; second++) {
    machine.now += 1000;
    assert.ok(await window.session());
  }
  const [status] = await window.sessions.statuses();
  assert.ok(status?.troubles.includes('unreachable'));
  assert.ok(status?.triesAgainAt !== undefined);
}
