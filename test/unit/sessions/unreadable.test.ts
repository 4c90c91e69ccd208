import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { SealedNotes } from '../../../src/sessions/sealedNotes.ts';
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
});

async function twoWindows(machine: Machine, how: WindowOptions): Promise<{ first: Window; second: Window }> {
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
