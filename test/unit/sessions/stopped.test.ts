import assert from 'node:assert/strict';
import { type Fleet, openFleet } from './harness/windowProcesses.ts';
import { HOUR, MINUTE } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';

describe('A window that stands still while X answers', function () {
  this.timeout(MINUTE);

  for (const kind of ['desktop', 'browser'] as const) {
    it(`reads the answer when its event loop was blocked for longer than a request may take (${kind})`, async () => {
      await using fleet = await openFleet(kind, 1);
      const window = await fleet.open({ timeoutMs: 500 });
      fleet.now += 2 * HOUR;
      const hold = fleet.x.hold(TOKEN, { at: 'after' });
      const asked = window.ask({ callers: 1 });
      await hold.arrived;
      const blocked = window.ask({ blockMs: 1_500 });
      await fleet.journalSays(window, 'blocked');
      hold.release();
      await blocked;
      const report = await asked;
      assert.deepEqual(
        report?.tokens.map((token) => fleet.x.grants.isLive(token)),
        [true],
      );
      assert.equal(fleet.refreshes, 1);
    });

    it(`writes the good answer, though another window has ended the grant by then (${kind})`, async function () {
      if (process.platform === 'win32') this.skip();
      await using fleet = await openFleet(kind, 1);
      const { other, answered, stopped } = await stoppedWhileAsking(fleet);
      for (let look = 0; look < 4; look++) {
        await other.ask({ callers: 1 });
        fleet.now += MINUTE;
      }
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 1);
      assert.deepEqual(fleet.notices, ['rejected']);
      stopped.goOn();
      await answered;
      await allWork(fleet);
      assert.equal(fleet.refreshes, 2);
      assert.deepEqual(fleet.notices, ['rejected']);
    });

    it(`is waited for by the window whose token X refuses (${kind})`, async function () {
      if (process.platform === 'win32') this.skip();
      await using fleet = await openFleet(kind, 1);
      const { other, answered, stopped } = await stoppedWhileAsking(fleet);
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 0);
      fleet.now += 9_000;
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 0);
      assert.equal(fleet.refreshes, 2);
      stopped.goOn();
      await answered;
      fleet.now += MINUTE;
      await allWork(fleet);
      assert.equal(fleet.refreshes, 2);
      assert.deepEqual(fleet.notices, []);
    });
  }
});

/** A window that is stopped with X's answer in its socket, and another one, which takes the lock and asks X in vain. */
async function stoppedWhileAsking(fleet: Fleet) {
  fleet.x.switches.reuseKillsFamily = false;
  const stopped = await fleet.open({ pace: 10 });
  const other = await fleet.open({ pace: 10 });
  fleet.now += 2 * HOUR;
  const hold = fleet.x.hold(TOKEN, { at: 'after' });
  const answered = stopped.ask({ callers: 1 });
  await hold.arrived;
  stopped.stop();
  hold.release();
  while (fleet.refreshes < 2) await other.ask({ callers: 1 });
  return { stopped, other, answered };
}

async function allWork(fleet: Fleet): Promise<void> {
  const reports = await Promise.all(fleet.windows.map((window) => window.ask({ callers: 1 })));
  const tokens = reports.flatMap((report) => report?.tokens ?? []);
  assert.equal(tokens.length, fleet.windows.length);
  assert.equal(new Set(tokens).size, 1);
  for (const token of tokens) assert.ok(fleet.x.grants.isLive(token));
}
