import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Grant, sealOf, toRecord } from '../../../src/sessions/grant.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, type WindowOptions, works } from './window.ts';

describe('What a window can’t read', () => {
  for (const code of ['EACCES', 'ESTALE', 'ENOTCONN', 'EIO']) {
    it(`has it wait, when it is a note about its grant, and never costs a request (${code})`, async () => {
      await using machine = await openMachine('browser');
      let isBroken = true;
      const notes = new SealedNotes(join(machine.folder, 'notes'), {
        open: (path, flags) =>
          isBroken ? Promise.reject(Object.assign(new Error('not now'), { code })) : fs.open(path, flags),
      });
      const { first, second } = await twoWindows(machine, { notes });
      machine.now += 2 * HOUR;
      await first.session();
      assert.equal(machine.refreshes, 1);
      await waitsQuietly(machine, second);
      assert.equal(machine.refreshes, 1, 'the token that the first has spent');
      isBroken = false;
      machine.now += MINUTE;
      assert.ok(works(machine, await second.session()));
      assert.equal(machine.refreshes, 1);
      assert.deepEqual(machine.notices, []);
    });
  }

  for (const [what, next] of [
    ['a grant of a newer version', (grant: Grant) => ({ kind: 'renewed', grant: { ...toRecord(grant), version: 2 } })],
    ['something new', () => ({ kind: 'moved', to: 'another machine' })],
  ] as const) {
    describe(`because a newer version noted ${what}`, () => {
      async function overtaken(machine: Machine): Promise<Window> {
        const { first, second } = await twoWindows(machine);
        const [grant] = await first.grants.list();
        assert.ok(grant);
        await new SealedNotes(join(machine.folder, 'notes')).write(sealOf(grant), 'next', next(grant));
        machine.now += 2 * HOUR;
        return second;
      }

      it('has it wait, and costs no request', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        await waitsQuietly(machine, window);
        await window.sessions.refreshAll();
        await window.sessions.tick();
        assert.equal(machine.refreshes, 0);
        assert.deepEqual(machine.notices, []);
      });

      it('keeps nobody from signing in again', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        const { id } = await window.sessions.all().then(([session]) => session ?? assert.fail());
        await window.signIn();
        const session = await window.session();
        assert.equal(session?.id, id);
        assert.ok(works(machine, session));
      });

      it('keeps nobody from signing out', async () => {
        await using machine = await openMachine();
        const window = await overtaken(machine);
        const [session] = await window.sessions.all();
        await window.sessions.signOut(session?.id ?? '');
        assert.deepEqual(await window.sessions.all(), []);
        await machine.settle();
        assert.deepEqual([...machine.store.stored.keys()], []);
      });
    });
  }
});

async function twoWindows(machine: Machine, how: WindowOptions = {}): Promise<{ first: Window; second: Window }> {
  const first = machine.open();
  await first.signIn();
  await machine.settle();
  const second = machine.open(how);
  await second.grants.list();
  return { first, second };
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
