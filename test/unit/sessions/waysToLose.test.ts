import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { StoreKeyUnavailableError } from '../../../src/sessions/store/storeKey.ts';
import { faults } from 'x-authentication-testing';
import { HOUR, type Machine, MINUTE, openMachine, type Window, works } from './harness/window.ts';

const DAY = 24 * HOUR;
const ME = '/2/users/me';

/** Each was seen in version 0.1.0. */
describe('Ways to lose a session', () => {
  for (const kind of ['desktop', 'browser'] as const) {
    describe(`(${kind})`, () => {
      it('the person signs in in two windows, one after the other (1)', async () => {
        await using machine = await openMachine(kind);
        const [first, second] = await windows(machine, 2);
        await first.signIn();
        await second.signIn();
        for (let refresh = 1; refresh <= 3; refresh++) {
          machine.now += 2 * HOUR;
          assert.ok(works(machine, await first.session()));
          assert.ok(works(machine, await second.session()));
          assert.equal(machine.refreshes, refresh);
        }
        await isWellAfterReload(machine);
      });

      it('the person signs in in two windows that were opened before anything was stored (1)', async () => {
        await using machine = await openMachine(kind);
        const [first, second] = [machine.open(), machine.open()];
        assert.deepEqual(await second.sessions.all(), []);
        assert.deepEqual(await first.sessions.all(), []);
        await second.signIn();
        // It has to be reloaded, or hear of the key, before anybody is sent to X.
        await assert.rejects(first.grants.ready(), StoreKeyUnavailableError);
        await machine.settle();
        const reloaded = kind === 'browser' ? machine.open() : first;
        await reloaded.signIn();
        machine.now += 2 * HOUR;
        assert.ok(works(machine, await reloaded.session()));
        assert.ok(works(machine, await second.session()));
        assert.equal(machine.refreshes, 1);
        await isWellAfterReload(machine);
      });

      it('the same person signs in while a sign-out is carried out (7)', async () => {
        await using machine = await openMachine(kind);
        const [first, second] = await windows(machine, 2);
        for (let round = 0; round < 10; round++) {
          const { id } = await first.signIn();
          await machine.settle();
          const [, grant] = await Promise.all([first.sessions.signOut(id), second.signIn()]);
          await machine.settle();
          const session = await second.session();
          // Either the person signed out last of all, or the new sign-in is good in every window.
          if (machine.x.grants.isLive(grant.accessToken)) {
            assert.ok(works(machine, session), `round ${round}`);
            assert.ok(works(machine, await first.session()));
            assert.ok(works(machine, await machine.open().session()));
          } else assert.deepEqual([session, await machine.open().session()], [undefined, undefined]);
        }
        assert.deepEqual(machine.notices, []);
      });

      it('the person signs in while X is told of a sign-out (7)', async () => {
        await using machine = await openMachine(kind);
        const [first, second] = await windows(machine, 2);
        const { id } = await first.signIn();
        await machine.settle();
        const hold = machine.x.hold('/2/oauth2/revoke');
        const signingOut = first.sessions.signOut(id);
        await hold.arrived;
        await second.signIn();
        hold.release();
        await signingOut;
        for (const window of [first, second]) assert.ok(works(machine, await window.session()));
        await isWellAfterReload(machine);
      });

      it('a window learns late that the person signed out and in again (8)', async () => {
        await using machine = await openMachine(kind);
        const [first, behind] = await windows(machine, 2);
        const { id } = await first.signIn();
        await behind.session();
        await first.sessions.signOut(id);
        const again = await first.signIn();
        assert.notEqual(again.id, id);
        await machine.settle();
        assert.ok(works(machine, await machine.open().session()));
        machine.now += 2 * HOUR;
        assert.equal((await behind.session())?.id, again.id);
        assert.ok(works(machine, await behind.session()));
        assert.equal(machine.refreshes, 1);
        await isWellAfterReload(machine);
      });

      it('stray files lie in every folder, and the editor is closed for eight days (11)', async () => {
        await using machine = await openMachine(kind);
        const [window] = await windows(machine, 1);
        await window.signIn();
        await machine.settle();
        for (const folder of await foldersIn(machine)) {
          for (const name of ['.DS_Store', '.nfs0000000000000001', 'a'.repeat(40), `${'b'.repeat(40)}.tmp`])
            await fs.writeFile(join(folder, name), '');
        }
        machine.now += 2 * HOUR;
        assert.ok(works(machine, await window.session()));
        await machine.settle();
        machine.forget(window);
        machine.now += 8 * DAY;
        assert.ok(works(machine, await machine.open().session()));
        await isWellAfterReload(machine);
      });

      it('the clock jumps eight days ahead for a moment, and a window starts then (13)', async () => {
        await using machine = await openMachine(kind);
        const [first, behind] = await windows(machine, 2);
        await first.signIn();
        await machine.settle();
        await behind.session();
        machine.now += 2 * HOUR;
        await first.session();
        const start = machine.now;
        machine.now += 8 * DAY;
        const started = machine.open();
        await started.sessions.all();
        await started.grants.sweep(7 * DAY, Date.now() + 8 * DAY);
        await started.grants.forgetUnreadable(7 * DAY);
        machine.now = start;
        assert.ok(works(machine, await behind.session()));
        assert.equal(machine.refreshes, 1);
        await isWellAfterReload(machine);
      });

      it('the clock was three hours ahead at the first sign-in, and X does not name the second at once (14)', async () => {
        await using machine = await openMachine(kind);
        const [window, other] = await windows(machine, 2);
        window.clockSkewMs = 3 * HOUR;
        await window.signIn();
        await machine.settle();
        window.clockSkewMs = 0;
        machine.x.fail(ME, faults.htmlUnavailable);
        await window.signIn();
        await machine.settle();
        for (let minute = 0; minute < 10; minute++) {
          machine.now += MINUTE;
          await window.sessions.tick();
          await other.sessions.tick();
        }
        for (const one of [window, other]) {
          assert.deepEqual(
            (await one.sessions.all()).map(({ account }) => account.label),
            ['@ada_l'],
          );
          assert.ok(works(machine, await one.session()));
        }
        await isWellAfterReload(machine);
      });

      it('another profile of the editor signs out (17)', async () => {
        await using machine = await openMachine(kind);
        const [one, other] = await windows(machine, 2);
        const { id } = await one.signIn([], 'ada');
        await one.signIn([], 'grace');
        await machine.settle();
        assert.equal((await other.sessions.all()).length, 2);
        await one.sessions.signOut(id);
        for (const window of [other, machine.open()]) {
          assert.deepEqual(
            (await window.sessions.all()).map(({ account }) => account.label),
            ['@grace_h'],
          );
        }
        await machine.settle();
        await machine.open().sessions.all();
        assert.deepEqual(machine.notices, []);
      });

      it('a grant gets its name in a window that has not seen all that is stored (18)', async () => {
        await using machine = await openMachine(kind);
        const [first, behind] = await windows(machine, 2);
        machine.x.fail(ME, faults.htmlUnavailable);
        await first.signIn([], 'ada');
        await machine.open().signIn([], 'grace');
        await behind.sessions.matching([]);
        for (let minute = 0; minute < 5; minute++) {
          machine.now += MINUTE;
          await behind.sessions.tick();
        }
        await machine.settle();
        for (const window of [behind, first, machine.open(), machine.open()]) {
          const labels = (await window.sessions.all()).map(({ account }) => account.label);
          assert.deepEqual(labels.toSorted(), ['@ada_l', '@grace_h']);
        }
        assert.deepEqual(machine.notices, []);
      });
    });
  }
});

/** Windows that were opened when there was a key already. */
async function windows(machine: Machine, count: number): Promise<readonly [Window, Window]> {
  await machine.open().sessions.all();
  await machine.settle();
  const opened = Array.from({ length: count }, () => machine.open());
  for (const window of opened) await window.sessions.all();
  const [first, second] = opened;
  assert.ok(first);
  return [first, second ?? first];
}

/** What a person finds who reloads the window, now and when the token has run out. */
async function isWellAfterReload(machine: Machine): Promise<void> {
  await machine.settle();
  assert.ok(works(machine, await machine.open().session()));
  machine.now += 2 * HOUR;
  assert.ok(works(machine, await machine.open().session()));
  assert.deepEqual(machine.notices, []);
}

async function foldersIn({ folder }: Machine): Promise<readonly string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}
