import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TICK_MS } from '../../../src/sessions/sessions.ts';
import { faults } from 'x-authentication-testing';
import { KillableWindow } from './harness/killableWindow.ts';
import { registerFiles } from './harness/registerFiles.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, works } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';
const ME = '/2/users/me';
const KINDS = ['desktop', 'browser'] as const;

describe('A sign-in beside something else', () => {
  for (const kind of KINDS) {
    for (const [where, same] of [
      ['in the same window', true],
      ['in another window', false],
    ] as const) {
      it(`takes the place of what is refreshed meanwhile, under its id, and tells nothing (${kind}, ${where})`, async () => {
        await using machine = await openMachine(kind);
        const { first, second } = await twoWindows(machine);
        const [before] = await first.grants.list();
        machine.now += 2 * HOUR;
        const hold = machine.x.hold(ME);
        const signingIn = (same ? first : second).signIn(['like.read']);
        await hold.arrived;
        // X has ended what there was, and has not said yet for whom it gave something else.
        const meanwhile = await first.session();
        assert.equal(meanwhile?.id, before?.id);
        machine.now += MINUTE;
        for (let look = 0; look < 3; look++) {
          assert.ok(await first.session(), 'not ended before it is known who has signed in');
          machine.now += MINUTE;
        }
        hold.release();
        const grant = await signingIn;
        assert.equal(grant.id, before?.id);
        await machine.settle();
        for (const window of [first, second, machine.open()]) {
          const session = await window.session(['like.read']);
          assert.ok(works(machine, session));
          assert.equal(session?.id, before?.id);
        }
        assert.deepEqual(machine.notices, []);
      });
    }

    it(`ends what X refuses, when it turns out to be somebody else's (${kind})`, async () => {
      await using machine = await openMachine(kind);
      const { first, second } = await twoWindows(machine);
      machine.x.disconnect('ada');
      machine.now += 2 * HOUR;
      const hold = machine.x.hold(ME);
      const signingIn = second.signIn([], 'grace');
      await hold.arrived;
      assert.ok(await first.session());
      hold.release();
      await signingIn;
      for (let look = 0; look < 3; look++) {
        machine.now += MINUTE;
        await first.session();
      }
      assert.deepEqual(
        (await first.grants.list()).map(({ account }) => account.label),
        ['@grace_h'],
      );
      assert.deepEqual(
        machine.notices.map((notice) => notice.kind),
        ['rejected'],
      );
    });

    it(`counts as the later one if it is, whichever X names first (${kind})`, async () => {
      await using machine = await openMachine(kind);
      const { first, second } = await twoWindows(machine, { signedIn: false });
      let asked = 0;
      const hold = machine.x.hold(ME, { at: 'after', matching: () => asked++ === 0 });
      const early = first.signIn(['like.read']);
      await hold.arrived;
      const late = await second.signIn(['dm.read']);
      hold.release();
      assert.equal((await early).accessToken, late.accessToken, 'the earlier one was ended by the later one');
      await machine.settle();
      machine.now += 2 * HOUR;
      for (const window of [first, second, machine.open()]) {
        assert.ok(works(machine, await window.session(['dm.read'])));
        assert.equal((await window.sessions.all()).length, 1);
      }
      assert.equal(machine.x.grants.refreshable.length, 1);
    });

    it(`counts as the later one whatever clocks say, also if X names it late (${kind})`, async () => {
      await using machine = await openMachine(kind);
      const window = machine.open({ clockSkewMs: 3 * HOUR });
      const before = await window.signIn();
      window.clockSkewMs = 0;
      machine.x.fail(ME, faults.creditsDepleted);
      await window.signIn();
      machine.now += 3 * MINUTE;
      await Promise.all([1, 2].map(() => window.sessions.matching([])));
      const [session, ...others] = await window.sessions.matching([]);
      assert.equal(session?.id, before.id);
      assert.deepEqual(others, []);
      assert.ok(works(machine, session));
    });

    it(`stays when somebody signs out of what it replaces in the same moment (${kind})`, async () => {
      await using machine = await openMachine(kind);
      for (let round = 0; round < 10; round++) {
        const { first, second } = await twoWindows(machine);
        const [before] = await first.grants.list();
        assert.ok(before);
        const [grant] = await Promise.all([second.signIn(['like.read']), first.sessions.signOut(before.id)]);
        await machine.settle();
        const fresh = machine.open();
        const stored = await fresh.grants.list();
        // It was the new one that they signed out of, or the old one; never is the new one gone and X has it.
        assert.equal(stored.length, machine.x.grants.isLive(grant.accessToken) ? 1 : 0, `round ${round}`);
        for (const { id } of stored) await fresh.sessions.signOut(id);
        await machine.settle();
      }
    });
  }

  it('is taken over when its window dies before X says who it was', async () => {
    for (const kind of KINDS) {
      await using machine = await openMachine(kind);
      const first = await witness(machine);
      const [before] = await first.grants.list();
      const killable = new KillableWindow(machine);
      const hold = machine.x.hold(ME);
      void killable.window.signIn(['like.read']);
      await hold.arrived;
      await ticks(machine, first);
      assert.equal((await first.grants.list()).length, 1, 'its window is there');
      killable.kill();
      machine.forget(killable.window);
      hold.release();
      await ticks(machine, first);
      const [session, ...others] = await first.sessions.matching(['like.read']);
      assert.deepEqual(others, []);
      assert.equal(session?.id, before?.id);
      assert.ok(works(machine, session));
      assert.deepEqual(machine.notices, []);
    }
  });

  it('is not taken over, but revoked, when it can do what nobody was asked about', async () => {
    await using machine = await openMachine();
    const first = await witness(machine);
    const killable = new KillableWindow(machine);
    const hold = machine.x.hold(ME);
    void killable.window.signIn(['dm.read']);
    await hold.arrived;
    killable.kill();
    machine.forget(killable.window);
    hold.release();
    await ticks(machine, first);
    assert.deepEqual(await first.sessions.matching(['dm.read']), []);
    assert.deepEqual(machine.x.grants.refreshable, []);
  });

  it('leaves nothing when its window dies before X answers', async () => {
    await using machine = await openMachine();
    const first = await witness(machine);
    const killable = new KillableWindow(machine);
    const hold = machine.x.hold(TOKEN);
    void killable.window.signIn(['like.read']);
    await hold.arrived;
    assert.equal(registerFiles(machine).length, 2, 'a place for the answer');
    killable.kill();
    machine.forget(killable.window);
    await ticks(machine, first);
    assert.equal(registerFiles(machine).length, 1);
    assert.equal((await first.grants.list()).length, 1);
    hold.release();
  });

  it('that fails leaves nothing', async () => {
    await using machine = await openMachine();
    const { first } = await twoWindows(machine);
    machine.x.fail(TOKEN, faults.htmlUnavailable);
    await assert.rejects(first.signIn(['like.read']));
    assert.equal(registerFiles(machine).length, 1);
    assert.ok(works(machine, await first.session()));
  });
});

describe('Two machines that share SecretStorage and nothing else', () => {
  it('refresh one after another, and neither is signed out', async () => {
    await using machine = await openMachine();
    await using other = await otherMachine();
    const here = machine.open();
    const there = machine.open({ folder: other.folder });
    await here.signIn();
    await machine.settle();
    assert.ok(await there.session());
    for (let round = 0; round < 3; round++) {
      machine.now += 2 * HOUR;
      for (const window of round % 2 === 0 ? [here, there] : [there, here]) {
        assert.ok(works(machine, await window.session()));
        await machine.settle();
      }
    }
    assert.equal(machine.refreshes, 3);
    assert.deepEqual(machine.notices, []);
  });

  it('refresh at once, while SecretStorage is late, and both have a good token in the end', async () => {
    await using machine = await openMachine();
    await using other = await otherMachine();
    const here = machine.open();
    const there = machine.open({ folder: other.folder });
    const { id } = await here.signIn();
    await machine.settle();
    await there.session();
    machine.now += 2 * HOUR;
    await Promise.all([here.session(), there.session()]);
    await machine.settle();
    for (const window of [here, there, machine.open({ folder: other.folder }), machine.open()]) {
      const session = await window.session();
      assert.ok(works(machine, session));
      assert.equal(session?.id, id);
    }
  });
});

async function twoWindows(machine: Machine, { signedIn = true } = {}): Promise<{ first: Window; second: Window }> {
  const first = machine.open();
  await first.grants.list();
  if (signedIn) await first.signIn();
  await machine.settle();
  const second = machine.open();
  await second.grants.list();
  return { first, second };
}

/** A signed-in window that can tell that another has died. */
async function witness(machine: Machine): Promise<Window> {
  const { window } = new KillableWindow(machine);
  await window.signIn();
  await machine.settle();
  return window;
}

/** Two ticks, because what is taken over in one may get its name in the next. */
async function ticks(machine: Machine, window: Window): Promise<void> {
  for (let tick = 0; tick < 2; tick++) {
    machine.now += TICK_MS;
    await window.sessions.tick();
  }
}

async function otherMachine(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
