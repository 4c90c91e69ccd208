import assert from 'node:assert/strict';
import { type WindowProcesses, openWindowProcesses } from './harness/windowProcesses.ts';
import { HOUR, MINUTE } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';

describe('A window that stands still while X answers', function () {
  this.timeout(MINUTE);

  for (const kind of ['desktop', 'browser'] as const) {
    it(`reads the answer when its event loop was blocked for longer than a request may take (${kind})`, async () => {
      await using processes = await openWindowProcesses(kind, 1);
      const window = await processes.open({ timeoutMs: 500 });
      processes.now += 2 * HOUR;
      const hold = processes.x.hold(TOKEN, { at: 'after' });
      const asked = window.ask({ callers: 1 });
      await hold.arrived;
      const blocked = window.ask({ blockMs: 1_500 });
      await processes.journalSays(window, 'blocked');
      hold.release();
      await blocked;
      const report = await asked;
      assert.deepEqual(
        report?.tokens.map((token) => processes.x.grants.isLive(token)),
        [true],
      );
      assert.equal(processes.refreshes, 1);
    });

    it(`writes the good answer, though another window has ended the grant by then (${kind})`, async function () {
      if (process.platform === 'win32') this.skip();
      await using processes = await openWindowProcesses(kind, 1);
      const { other, answered, stopped } = await stoppedWhileAsking(processes);
      for (let look = 0; look < 4; look++) {
        await other.ask({ callers: 1 });
        processes.now += MINUTE;
      }
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 1);
      assert.deepEqual(processes.notices, ['rejected']);
      stopped.goOn();
      await answered;
      await allWork(processes);
      assert.equal(processes.refreshes, 2);
      assert.deepEqual(processes.notices, ['rejected']);
    });

    it(`is waited for by the window whose token X refuses (${kind})`, async function () {
      if (process.platform === 'win32') this.skip();
      await using processes = await openWindowProcesses(kind, 1);
      const { other, answered, stopped } = await stoppedWhileAsking(processes);
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 0);
      processes.now += 9_000;
      assert.equal((await other.ask({ callers: 1 }))?.withoutSession, 0);
      assert.equal(processes.refreshes, 2);
      stopped.goOn();
      await answered;
      processes.now += MINUTE;
      await allWork(processes);
      assert.equal(processes.refreshes, 2);
      assert.deepEqual(processes.notices, []);
    });
  }
});

/** A window that is stopped with X's answer in its socket, and another one, which takes the lock and asks X in vain. */
async function stoppedWhileAsking(processes: WindowProcesses) {
  processes.x.switches.reuseKillsFamily = false;
  const stopped = await processes.open({ pace: 10 });
  const other = await processes.open({ pace: 10 });
  processes.now += 2 * HOUR;
  const hold = processes.x.hold(TOKEN, { at: 'after' });
  const answered = stopped.ask({ callers: 1 });
  await hold.arrived;
  stopped.stop();
  hold.release();
  while (processes.refreshes < 2) await other.ask({ callers: 1 });
  return { stopped, other, answered };
}

async function allWork(processes: WindowProcesses): Promise<void> {
  const reports = await Promise.all(processes.windows.map((window) => window.ask({ callers: 1 })));
  const tokens = reports.flatMap((report) => report?.tokens ?? []);
  assert.equal(tokens.length, processes.windows.length);
  assert.equal(new Set(tokens).size, 1);
  for (const token of tokens) assert.ok(processes.x.grants.isLive(token));
}
