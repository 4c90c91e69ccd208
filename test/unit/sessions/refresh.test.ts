import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lease, Locks } from '../../../src/ipc/locks.ts';
import { YOUNG_MS } from '../../../src/sessions/grant.ts';
import { FolderLocks } from '../../../src/ipc/folderLocks.ts';
import { TICK_MS } from '../../../src/sessions/sessions.ts';
import { answersJson, faults, NATIVE_APP, tooManyRequestsUntil, WEB_APP, withMembers } from 'x-authentication-testing';
import { NotingRegister } from './harness/notingRegister.ts';
import { registerFiles } from './harness/registerFiles.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, works } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';
const REVOKE = '/2/oauth2/revoke';
const KINDS = ['desktop', 'browser'] as const;

describe('Refresh', () => {
  it('spends the refresh token once for a thousand callers', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn();
    machine.now += 2 * HOUR;
    const sessions = await Promise.all(Array.from({ length: 1000 }, () => window.session()));
    assert.equal(machine.refreshes, 1);
    assert.ok(sessions.every((session) => works(machine, session)));
  });

  it('hands out a token that has ten minutes left, and refreshes one that has less', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    const grant = await window.signIn();
    machine.now += 2 * HOUR - 10 * MINUTE;
    assert.equal((await window.session())?.accessToken, grant.accessToken);
    assert.equal(machine.refreshes, 0);
    machine.now += 1;
    assert.notEqual((await window.session())?.accessToken, grant.accessToken);
    assert.equal(machine.refreshes, 1);
  });

  it('refreshes a token that X gave for five minutes once in a while, not at every call', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    machine.x.fail(TOKEN, withMembers({ expires_in: 300 }));
    await window.signIn();
    machine.x.fail(TOKEN, withMembers({ expires_in: 300 }));
    for (let call = 0; call < 5; call++) await window.session();
    assert.equal(machine.refreshes, 0);
    machine.now += 3 * MINUTE;
    for (let call = 0; call < 5; call++) await window.session();
    assert.equal(machine.refreshes, 1);
  });

  for (const kind of KINDS) {
    describe(`in several windows (${kind})`, () => {
      it('sends one request, whichever windows ask', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        const third = machine.open();
        for (let expiry = 1; expiry <= 3; expiry++) {
          machine.now += 2 * HOUR;
          const callers = [first, second, third].flatMap((window) =>
            Array.from({ length: 20 }, () => window.session()),
          );
          const sessions = await Promise.all(callers);
          assert.ok(sessions.every((session) => works(machine, session)));
          assert.equal(machine.refreshes, expiry);
        }
        assert.deepEqual(machine.notices, []);
      });

      it('takes over what another window refreshed, without a request and without SecretStorage', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        machine.now += 2 * HOUR;
        const refreshed = await first.session();
        assert.deepEqual(await second.session(), refreshed);
        assert.equal(machine.refreshes, 1);
        assert.deepEqual(
          second.changes.map(({ added, changed, removed }) => [added.length, changed.length, removed.length]),
          [[0, 1, 0]],
        );
      });

      it('follows many refreshes that it slept through', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        for (let refresh = 0; refresh < 20; refresh++) {
          machine.now += 2 * HOUR;
          await first.session();
        }
        assert.ok(works(machine, await second.session()));
        assert.equal(machine.refreshes, 20);
      });

      it('loses nothing when the window dies between X’s answer and SecretStorage', async () => {
        await using machine = await openMachine(kind);
        await machine.open().signIn();
        await machine.settle();
        const secrets = machine.store.open();
        const dies = (): void => {
          secrets.failure = new Error('dead');
        };
        machine.now += 2 * HOUR;
        await machine.open({ register: (parts) => new NotingRegister(parts, dies), secrets }).session();
        assert.ok(secrets.failure);
        assert.ok(works(machine, await machine.open().session()));
        assert.equal(machine.refreshes, 1);
      });

      it('tells once that X has ended a grant, and removes it everywhere', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        machine.x.disconnect('ada');
        machine.now += 2 * HOUR;
        assert.deepEqual(await Promise.all([first.session(), second.session()]), [undefined, undefined]);
        await machine.settle();
        assert.equal(machine.refreshes, 1);
        assert.deepEqual(
          machine.notices.map(({ kind: what, ...rest }) => [what, 'dropped' in rest && rest.dropped]),
          [['rejected', false]],
        );
        await machine.open().grants.list();
        await machine.settle();
        assert.deepEqual(machine.storedGrants, []);
        for (const window of [first, second]) assert.equal(window.changes.at(-1)?.removed.length, 1);
      });

      it('tells once that the app is set up wrongly, and keeps the grant', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        const windows = [first, second, machine.open()];
        machine.x.changeApp(NATIVE_APP.clientId, { kind: 'confidential', clientSecret: 'a new secret' });
        machine.now += 2 * HOUR;
        const sessions = await Promise.all(windows.map((window) => window.session()));
        assert.ok(sessions.every((session) => session !== undefined));
        assert.deepEqual(
          machine.notices.map((notice) => [notice.kind, 'hasSecret' in notice && notice.hasSecret]),
          [['client-secret', false]],
        );
        await first.setSecret(NATIVE_APP.clientId, 'a new secret\n');
        first.sessions.appChanged();
        assert.ok(works(machine, await first.session()));
        assert.ok(works(machine, await second.session()));
      });

      it('revokes what X gives to a grant that was signed out meanwhile', async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        machine.now += 2 * HOUR;
        const hold = machine.x.hold(TOKEN, { at: 'after' });
        const asked = first.session();
        await hold.arrived;
        const [grant] = await second.grants.list();
        await second.sessions.signOut(grant?.id ?? '');
        hold.release();
        assert.equal(await asked, undefined);
        // Two for what was signed out, two for what came after.
        for (let count = 1; count <= 4; count++) await machine.x.arrival(REVOKE, count);
        await until(() => machine.x.grants.refreshable.length === 0);
        await machine.settle();
        await machine.open().grants.list();
        await machine.settle();
        assert.deepEqual(machine.storedGrants, []);
        assert.deepEqual(machine.notices, []);
      });
    });
  }

  describe('by a window that stands still while X answers', () => {
    for (const kind of KINDS) {
      it(`overrules one that ended the grant meanwhile (${kind})`, async () => {
        await using machine = await openMachine(kind);
        const { first, second, witness, before, answer } = await askedByBoth(machine);
        machine.now += 3_000;
        await Promise.all([second.session(), witness.session()]);
        assert.equal(machine.refreshes, 2, 'nobody asks X any more, but looks for the other’s answer');
        await endedBy(machine, second);
        assert.equal(await witness.session(), undefined);
        await answer();
        await machine.settle();
        const windows = [first, second, witness, machine.open()];
        const sessions = await Promise.all(windows.map((window) => window.session()));
        for (const session of sessions) {
          assert.ok(works(machine, session));
          assert.equal(session?.id, before.id);
        }
        assert.equal(machine.refreshes, 2);
        assert.deepEqual(
          machine.notices.map(({ kind: what }) => what),
          ['rejected'],
        );
        machine.now += 2 * HOUR;
        for (const window of windows) assert.ok(works(machine, await window.session()));
        assert.equal(machine.refreshes, 3);
      });
    }

    it('overrules it also when the clock was set back', async () => {
      await using machine = await openMachine('desktop');
      const { first, second, answer } = await askedByBoth(machine, -5 * HOUR);
      await endedBy(machine, second);
      await answer();
      await machine.settle();
      first.clockSkewMs = 0;
      for (const window of [first, second]) assert.ok(works(machine, await window.session()));
    });

    it('is believed before X, which refuses the same token to another, for ten seconds', async () => {
      await using machine = await openMachine();
      const { first, second, answer } = await askedByBoth(machine);
      for (let waited = 1; waited <= 9; waited++) {
        machine.now += 1_000;
        second.sessions.appChanged();
        assert.ok(await second.session(), `after ${waited} s`);
      }
      await answer();
      for (const window of [first, second]) assert.ok(works(machine, await window.session()));
      assert.equal(machine.refreshes, 2);
      assert.deepEqual(machine.notices, []);
    });

    it('is looked for twice more after ten seconds that the machine slept through', async () => {
      await using machine = await openMachine();
      const { second } = await askedByBoth(machine);
      machine.now += HOUR;
      assert.ok(await second.session());
      machine.now += MINUTE;
      assert.equal(await second.session(), undefined);
    });

    it('does not bring back what was signed out meanwhile', async () => {
      await using machine = await openMachine();
      const { first, second, answer } = await askedByBoth(machine);
      const [grant] = await second.grants.list();
      await second.sessions.signOut(grant?.id ?? '');
      await answer();
      assert.equal(await first.session(), undefined);
      await until(() => machine.x.grants.refreshable.length === 0);
    });

    it('is the end of it, also when nothing says so any more after a month', async () => {
      await using machine = await openMachine();
      const { second } = await askedByBoth(machine);
      await endedBy(machine, second);
      await second.grants.sweep(-1, Date.now());
      assert.equal(await second.session(), undefined);
      assert.deepEqual(await second.grants.list(), []);
      assert.equal(machine.refreshes, 2);
    });

    it('does not take the place of a newer sign-in', async () => {
      await using machine = await openMachine();
      const { first, second, answer } = await askedByBoth(machine);
      await endedBy(machine, second);
      // What it stood still for, it has not heard.
      first.secrets.onDidChange = () => undefined;
      const { id } = await second.signIn();
      await machine.settle();
      machine.now += MINUTE;
      await answer();
      await machine.settle();
      for (const window of [first, second, machine.open()]) {
        const session = await window.session();
        assert.equal(session?.id, id);
        assert.ok(works(machine, session));
      }
      assert.equal((await second.sessions.all()).length, 1);
    });

    it('waits, when X refuses it the token, for the answer of the one that has the lock by now', async () => {
      await using machine = await openMachine();
      let isHeld = true;
      const locks: Locks = { withLock: (_name, _waiting, action) => action({ held: async () => isHeld }) };
      const window = machine.open({ locks });
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.disconnect('ada');
      const hold = machine.x.hold(TOKEN);
      const asked = window.session();
      await hold.arrived;
      isHeld = false;
      hold.release();
      assert.ok(await asked);
      assert.deepEqual(machine.notices, []);
    });
  });

  it('is not begun by a window that waited for another one until it was closed', async () => {
    await using machine = await openMachine();
    const { first, second } = await twoWindows(machine);
    machine.now += 2 * HOUR;
    const hold = machine.x.hold(TOKEN);
    const asked = first.session();
    await hold.arrived;
    const [grant] = await second.grants.list();
    assert.ok(grant);
    const waiting = second.refresh.refresh(grant);
    await new Promise(setImmediate);
    await second.unfinished.close();
    assert.equal(await waiting, 'unreachable');
    hold.release();
    assert.ok(works(machine, await asked));
    assert.equal(machine.refreshes, 1);
  });

  describe('when X can’t be reached', () => {
    it('hands out the session as it is, tells nobody, and tries again later', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now += 2 * HOUR;
      const outage = machine.x.fail(TOKEN, faults.htmlUnavailable, { times: Infinity });
      for (let call = 0; call < 50; call++) {
        assert.equal((await window.session())?.accessToken, grant.accessToken);
      }
      assert.equal(machine.refreshes, 1, 'no tight loop');
      // Half an hour with a caller every second.
      for (let second = 0; second < 1800; second++) {
        machine.now += 1000;
        await window.session();
      }
      assert.ok(machine.refreshes > 25 && machine.refreshes < 60, `${machine.refreshes} tries`);
      outage.clear();
      machine.now += MINUTE;
      assert.ok(works(machine, await window.session()));
      assert.deepEqual(machine.notices, []);
    });

    it('leaves X alone for as long as X asks', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, tooManyRequestsUntil(machine.now + 10 * MINUTE));
      await window.session();
      machine.now += 9 * MINUTE;
      await window.session();
      assert.equal(machine.refreshes, 1);
      machine.now += MINUTE;
      assert.ok(works(machine, await window.session()));
    });

    it('tries again at the first tick after the machine slept', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, tooManyRequestsUntil(machine.now + 24 * HOUR));
      await window.session();
      machine.now += 5 * MINUTE;
      await window.sessions.tick();
      assert.equal(machine.refreshes, 2);
      assert.ok(works(machine, (await window.sessions.all())[0]));
    });

    it('does not let a caller wait for an answer that never comes', async function () {
      this.timeout(10_000);
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now += 2 * HOUR - 5 * MINUTE;
      const hold = machine.x.hold(TOKEN);
      const askedAt = performance.now();
      assert.equal((await window.session())?.accessToken, grant.accessToken);
      const waitedMs = performance.now() - askedAt;
      assert.ok(waitedMs < 5000, `${waitedMs} ms`);
      const again = performance.now();
      await Promise.all(Array.from({ length: 10 }, () => window.session()));
      assert.ok(performance.now() - again < 1000, 'only the first ones wait');
      hold.release();
      await until(() => window.changes.length === 2);
      assert.notEqual((await window.session())?.accessToken, grant.accessToken);
      assert.equal(machine.refreshes, 1);
    });

    it('says honestly that the connection dropped, after one more try', async () => {
      await using machine = await openMachine();
      const { first, second } = await twoWindows(machine);
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, faults.reset, { at: 'after' });
      assert.ok(await first.session(), 'not ended by a bad network');
      for (let look = 0; look < 2; look++) {
        machine.now += MINUTE;
        assert.ok(await second.session(), 'the answer may have come to the other window');
      }
      machine.now += MINUTE;
      assert.equal(await second.session(), undefined);
      assert.equal(await first.session(), undefined);
      assert.equal(machine.refreshes, 2);
      assert.deepEqual(
        machine.notices.map((notice) => [notice.kind, 'dropped' in notice && notice.dropped]),
        [['rejected', true]],
      );
    });

    it('remembers that an answer was lost when the next request could not be sent', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, faults.reset, { at: 'after' });
      await window.session();
      await machine.x.goOffline();
      machine.now += MINUTE;
      await window.session();
      await machine.x.goOnline();
      machine.now += MINUTE;
      await endedBy(machine, window);
      assert.deepEqual(
        machine.notices.map((notice) => [notice.kind, 'dropped' in notice && notice.dropped]),
        [['rejected', true]],
      );
    });

    it('believes X at once where the answer that was lost was its own', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, faults.reset, { at: 'after' });
      assert.ok(await window.session());
      machine.now += MINUTE;
      assert.equal(await window.session(), undefined);
      assert.equal(machine.refreshes, 2);
    });

    for (const [at, when] of [
      ['unread', 'before X read the request'],
      ['before', 'before X acted'],
    ] as const) {
      it(`goes on as if nothing had been when the connection was reset ${when}`, async () => {
        await using machine = await openMachine();
        const window = machine.open();
        await window.signIn();
        machine.now += 2 * HOUR;
        machine.x.fail(TOKEN, faults.reset, { at });
        await window.session();
        machine.now += MINUTE;
        assert.ok(works(machine, await window.session()));
        assert.deepEqual(machine.notices, []);
      });
    }

    it('does not speak of a dropped connection when there was none', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      await machine.x.goOffline();
      assert.ok(await window.session());
      await machine.x.goOnline();
      machine.x.disconnect('ada');
      machine.now += MINUTE;
      assert.equal(await window.session(), undefined);
      assert.deepEqual(
        machine.notices.map((notice) => [notice.kind, 'dropped' in notice && notice.dropped]),
        [['rejected', false]],
      );
    });
  });

  describe('by clocks that are wrong', () => {
    for (const hours of [-30, -5, -3, 3, 30]) {
      it(`goes on when the clock jumps by ${hours} hours`, async () => {
        await using machine = await openMachine();
        const window = machine.open();
        await window.signIn();
        window.clockSkewMs = hours * HOUR;
        for (let step = 0; step < 6; step++) {
          machine.now += 30 * MINUTE;
          assert.ok(works(machine, await window.session()), `after ${step} half hours`);
        }
        assert.ok(machine.refreshes <= 3, `${machine.refreshes} refreshes`);
        window.clockSkewMs = 0;
        assert.ok(works(machine, await window.session()));
        assert.deepEqual(machine.notices, []);
      });
    }

    it('refreshes a token that X refuses, whatever the clock says, and once', async () => {
      await using machine = await openMachine();
      const { first, second } = await twoWindows(machine);
      const [grant] = await first.grants.list();
      assert.ok(grant);
      machine.x.grants.expireAccessTokens();
      machine.now += YOUNG_MS;
      const outcomes = await Promise.all(
        [first, second, first, second].map((window) => window.refresh.refresh(grant, grant.accessToken)),
      );
      assert.deepEqual(outcomes, ['refreshed', 'refreshed', 'refreshed', 'refreshed']);
      assert.equal(machine.refreshes, 1);
      assert.ok(works(machine, await second.session()));
    });

    it('refreshes a refused token also when a look at the clock is under way', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now += YOUNG_MS;
      const outcomes = await Promise.all([
        window.refresh.refresh(grant),
        window.refresh.refresh(grant, grant.accessToken),
        window.refresh.refresh(grant),
      ]);
      assert.deepEqual(outcomes, ['refreshed', 'refreshed', 'refreshed']);
      assert.equal(machine.refreshes, 1);
    });
  });

  describe('for who asks again and again', () => {
    it('is not made while the token is minutes old, also if X refuses it', async () => {
      await using machine = await openMachine();
      const { first, second } = await twoWindows(machine);
      const [grant] = await first.grants.list();
      assert.ok(grant);
      machine.now += YOUNG_MS - 1;
      machine.x.grants.expireAccessTokens();
      for (const window of [first, second]) {
        assert.equal(await window.refresh.refreshRefused(grant), 'refreshed');
        assert.deepEqual(await window.sessions.refreshAll(), ['refreshed']);
      }
      assert.equal(machine.refreshes, 0);
      machine.now += 1;
      assert.deepEqual(await second.sessions.refreshAll(), ['refreshed']);
      assert.equal(machine.refreshes, 1);
    });

    it('is made when the clock was set back, and the token seems to come from the future', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now -= MINUTE;
      assert.equal(await window.refresh.refreshRefused(grant), 'refreshed');
      assert.equal(machine.refreshes, 1);
    });

    it('is tried every ten seconds at most while X does not answer', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, faults.htmlUnavailable, { times: Infinity });
      for (let minute = 0; minute < 6; minute++) {
        await window.session();
        machine.now += MINUTE;
      }
      const before = machine.refreshes;
      for (let second = 0; second < 30; second++) {
        await window.sessions.refreshAll();
        await window.sessions.refreshNow(grant.id);
        window.sessions.settingsChanged();
        await window.session();
        machine.now += 1000;
      }
      assert.equal(machine.refreshes, before + 3);
    });
  });

  describe('ahead of expiry', () => {
    it('refreshes what it handed out, so that callers which cache hear of it in time', async () => {
      await using machine = await openMachine();
      const { first, second } = await twoWindows(machine);
      await first.session();
      machine.now += 2 * HOUR - 12 * MINUTE;
      await second.sessions.tick();
      assert.equal(machine.refreshes, 0, 'the second window handed nothing out');
      const before = first.changes.length;
      await first.sessions.tick();
      assert.equal(machine.refreshes, 1);
      assert.equal(first.changes.length, before + 1);
      assert.equal(first.changes.at(-1)?.changed.length, 1);
      await second.sessions.tick();
      assert.equal(second.changes.at(-1)?.changed.length, 1);
      assert.equal(machine.refreshes, 1);
    });

    it('does not do it twice', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      for (let tick = 0; tick < 1000; tick++) {
        machine.now += TICK_MS;
        await window.sessions.tick();
      }
      const hours = (1000 * TICK_MS) / HOUR;
      assert.ok(machine.refreshes <= Math.ceil(hours / 1.75), `${machine.refreshes} in ${hours} hours`);
      assert.ok(works(machine, (await window.sessions.all())[0]));
    });
  });

  describe('without a refresh token', () => {
    it('keeps the grant until it has expired, whoever wants it refreshed', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(TOKEN, withMembers({ refresh_token: undefined }));
      const grant = await window.signIn();
      machine.now += YOUNG_MS;
      assert.deepEqual(await window.sessions.refreshAll(), ['unreachable']);
      machine.now += 2 * HOUR - 11 * MINUTE - YOUNG_MS;
      await window.sessions.tick();
      machine.now += 10 * MINUTE;
      await window.sessions.tick();
      assert.equal((await window.session())?.accessToken, grant.accessToken);
      assert.deepEqual(machine.notices, []);
      machine.now += 2 * MINUTE;
      assert.equal(await window.session(), undefined);
      assert.deepEqual(
        machine.notices.map(({ kind }) => kind),
        ['rejected'],
      );
      assert.equal(machine.refreshes, 0);
    });

    it('keeps the one it has when the answer brings none', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, withMembers({ refresh_token: undefined }));
      assert.ok(works(machine, await window.session()));
      await machine.settle();
      const [refreshed] = await machine.open().grants.list();
      assert.equal(refreshed?.refreshToken, grant.refreshToken);
    });
  });

  describe('on a machine that fails', () => {
    it('refreshes without a lock where none can be had', async () => {
      await using machine = await openMachine();
      const window = machine.open({ locks: failingLocks('EROFS') });
      await window.signIn();
      machine.now += 2 * HOUR;
      assert.ok(works(machine, await window.session()));
    });

    it('does not refresh without a lock because too many files are open', async () => {
      await using machine = await openMachine();
      const window = machine.open({ locks: failingLocks('EMFILE') });
      await window.signIn();
      machine.now += 2 * HOUR;
      assert.ok(await window.session());
      assert.equal(machine.refreshes, 0);
    });

    it('does not ask X when it lost the lock while it noted that it would', async () => {
      await using machine = await openMachine();
      const window = machine.open({ locks: losingTheLock(machine) });
      await window.signIn();
      await machine.settle();
      machine.now += 2 * HOUR;
      assert.ok(await window.session());
      assert.equal(machine.refreshes, 0);
      assert.ok(works(machine, await machine.open().session()));
      assert.equal(machine.refreshes, 1);
    });

    it('believes a refusal that it got without a lock only after a while', async () => {
      await using machine = await openMachine();
      const how = { locks: failingLocks('EROFS') };
      const first = machine.open(how);
      await first.signIn();
      await machine.settle();
      const second = machine.open(how);
      await second.grants.list();
      machine.now += 2 * HOUR;
      await first.session();
      assert.ok(await second.session(), 'it used a refresh token that the first had spent');
      assert.equal(machine.refreshes, 2);
      assert.deepEqual(machine.notices, []);
      await machine.settle();
      assert.ok(works(machine, await second.session()));
      machine.x.disconnect('ada');
      machine.now += 2 * HOUR;
      for (let look = 0; look < 2; look++) {
        assert.ok(await second.session());
        machine.now += MINUTE;
      }
      assert.equal(await second.session(), undefined);
      assert.equal(machine.refreshes, 3);
    });

    it('writes over what something damaged', async () => {
      await using machine = await openMachine('browser');
      const { first, second } = await twoWindows(machine);
      for (const path of registerFiles(machine)) writeFileSync(path, 'zeros after a power cut');
      machine.now += 2 * HOUR;
      assert.ok(works(machine, await first.session()));
      assert.ok(works(machine, await second.session()));
      assert.equal(machine.refreshes, 1);
    });

    it('goes on where somebody has deleted all files', async () => {
      await using machine = await openMachine();
      const { first, second } = await twoWindows(machine);
      await rm(join(machine.folder, 'grants'), { recursive: true });
      machine.now += 2 * HOUR;
      assert.ok(works(machine, await first.session()));
      assert.ok(works(machine, await second.session()));
      assert.equal(machine.refreshes, 1);
    });

    it('keeps the session when the keyring fails in the middle', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      await machine.settle();
      window.secrets.failure = new Error('The keyring is locked.');
      machine.now += 2 * HOUR;
      assert.ok(await window.session());
      window.secrets.failure = undefined;
      machine.now += MINUTE;
      assert.ok(works(machine, await window.session()));
      assert.deepEqual(machine.notices, []);
    });

    it('does not end a session because of a setting that can’t be used', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const { id } = await window.signIn();
      machine.now += 2 * HOUR;
      const { apiBaseUrl } = window;
      window.apiBaseUrl = 'not a URL';
      assert.equal(await window.session(), undefined);
      await window.sessions.tick();
      window.apiBaseUrl = apiBaseUrl;
      const session = await window.session();
      assert.equal(session?.id, id);
      assert.ok(works(machine, session));
      assert.deepEqual(machine.notices, []);
    });
  });

  describe('decided by what X said', () => {
    it('believes invalid_grant as well as X’s own words', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, answersJson(400, { error: 'invalid_grant' }));
      assert.equal(await window.session(), undefined);
    });

    it('names an unknown client id, and an app that needs a secret it does not have', async () => {
      await using machine = await openMachine();
      const window = machine.open({ app: WEB_APP });
      await window.signIn();
      await window.setSecret(WEB_APP.clientId, 'wrong');
      machine.now += 2 * HOUR;
      assert.ok(await window.session());
      const description = 'Value passed for the client id was invalid.';
      machine.x.fail(TOKEN, answersJson(400, { error: 'invalid_client', error_description: description }));
      machine.now += MINUTE;
      assert.ok(await window.session());
      assert.deepEqual(
        machine.notices.map((notice) => [notice.kind, 'hasSecret' in notice && notice.hasSecret]),
        [
          ['client-secret', true],
          ['unknown-client', false],
        ],
      );
      await window.setSecret(WEB_APP.clientId, WEB_APP.clientSecret);
      window.sessions.appChanged();
      assert.ok(works(machine, await window.session()));
    });

    it('keeps the grant when X refuses for a reason that is new to us', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      machine.now += 2 * HOUR;
      machine.x.fail(TOKEN, answersJson(403, { error: 'on_holiday', error_description: 'Back on Monday.' }));
      assert.ok(await window.session());
      machine.now += MINUTE;
      assert.ok(works(machine, await window.session()));
      assert.deepEqual(machine.notices, []);
    });
  });

  it('lets a newer sign-in elsewhere stand when X refuses the token that it replaced', async () => {
    await using machine = await openMachine('desktop');
    const first = machine.open();
    const second = machine.open();
    await first.grants.list();
    await machine.settle();
    await second.grants.list();
    const early = await first.signIn();
    machine.now += 1000;
    // The first sign-in is still on its way to the second window's SecretStorage.
    const late = await second.signIn();
    assert.equal(early.id, late.id);
    await machine.settle();
    machine.now += 2 * HOUR;
    for (const window of [first, second]) assert.ok(works(machine, await window.session()));
    assert.equal((await first.sessions.all()).length, 1);
    assert.equal(machine.refreshes, 1);
    assert.deepEqual(machine.notices, []);
  });

  it('looks for a newer sign-in also while X refuses the token that it replaced', async () => {
    await using machine = await openMachine('desktop');
    const [first, second] = [machine.open(), machine.open()];
    await first.grants.list();
    await machine.settle();
    await second.grants.list();
    await first.signIn();
    first.secrets.onDidChange = () => undefined;
    machine.now += 2 * HOUR;
    const hold = machine.x.hold(TOKEN, { matching: ({ form }) => form?.['grant_type'] === 'refresh_token' });
    const refreshing = first.session();
    await hold.arrived;
    await second.signIn();
    await machine.settle();
    hold.release();
    await refreshing;
    assert.ok(works(machine, await first.session()));
    assert.deepEqual(machine.notices, []);
  });

  it('keeps a sign-in that replaces a grant while it is being refreshed', async () => {
    await using machine = await openMachine();
    const { first, second } = await twoWindows(machine);
    machine.now += 2 * HOUR;
    const hold = machine.x.hold(TOKEN, {
      at: 'after',
      matching: ({ form }) => form?.['grant_type'] === 'refresh_token',
    });
    const asked = first.session();
    await hold.arrived;
    const wider = await second.signIn(['tweet.write']);
    hold.release();
    await asked;
    await machine.settle();
    assert.ok(wider.scopes.includes('tweet.write'));
    for (const window of [first, second]) {
      assert.ok(works(machine, await window.session(['tweet.write', 'tweet.read'])));
      machine.now += 2 * HOUR;
    }
    assert.deepEqual(machine.notices, []);
  });
});

async function twoWindows(machine: Machine) {
  const first = machine.open();
  await first.signIn();
  await machine.settle();
  const second = machine.open();
  await second.grants.list();
  return { first, second };
}

function failingLocks(code: string): Locks {
  return {
    withLock: () => Promise.reject(Object.assign(new Error(code), { code })),
  };
}

/** Two windows that X was asked by, because the first stood still for so long that it lost its lock. */
async function askedByBoth(machine: Machine, clockSkewMs = 0) {
  const first = machine.open({ locks: new FolderLocks(join(machine.folder, 'other locks')) });
  await first.signIn();
  await machine.settle();
  const [second, witness] = [machine.open(), machine.open()];
  await second.grants.list();
  await witness.grants.list();
  machine.now += 2 * HOUR;
  let isFirst = true;
  const hold = machine.x.hold(TOKEN, {
    at: 'after',
    matching: () => {
      const matches = isFirst;
      isFirst = false;
      return matches;
    },
  });
  first.clockSkewMs = clockSkewMs;
  const asked = first.session();
  await hold.arrived;
  const before = await second.session();
  assert.equal(machine.refreshes, 2);
  assert.ok(before, 'not ended at the first word');
  const answer = async (): Promise<void> => {
    hold.release();
    await asked;
  };
  return { first, second, witness, before, answer };
}

/** Waits until a window believes that X has ended its grant. */
async function endedBy(machine: Machine, window: Window): Promise<void> {
  for (let look = 0; look < 3; look++) {
    machine.now += MINUTE;
    await window.session();
  }
  assert.equal(await window.session(), undefined);
}

/** The locks of a window that is stopped for long when it has written down that it will ask X. */
function losingTheLock(machine: Machine): Locks {
  const locks = new FolderLocks(join(machine.folder, 'locks'));
  let isRefreshing = false;
  let isLost = false;
  return {
    withLock: async (name, waiting, action) => {
      const isWriting = name.startsWith('write');
      isRefreshing ||= !isWriting && !name.includes('sign-in') && name !== 'store-key';
      const held = (lease: Lease) => async (): Promise<boolean> => (await lease.held()) && (isWriting || !isLost);
      const result = await locks.withLock(name, waiting, (lease) => action({ held: held(lease) }));
      isLost ||= isWriting && isRefreshing;
      return result;
    },
  };
}

/** Waits for what a request that is over sets off. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
