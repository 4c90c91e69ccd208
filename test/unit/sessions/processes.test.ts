import assert from 'node:assert/strict';
import { openWindowProcesses, type WindowProcesses, type WindowProcess } from './harness/windowProcesses.ts';
import { HOUR, MINUTE } from './harness/window.ts';
import type { Report } from './harness/windowWorker.ts';

const WINDOWS = 8;
const CALLERS = 1000;
const EXPIRIES = Number(process.env['X_EXPIRIES'] ?? 50);
const KILLS = Number(process.env['X_KILLS'] ?? 40);

/** What a caller waits for a refresh at most, and some time for a busy machine. */
const BOUND_MS = 10_000 + 2_000;

describe('Windows that are processes', function () {
  this.timeout(30 * MINUTE);

  for (const kind of ['desktop', 'browser'] as const) {
    it(`cost X one request per expiry, and no caller anything (${kind})`, async () => {
      await using processes = await openWindowProcesses(kind, WINDOWS);
      let longestMs = 0;
      for (let expiry = 1; expiry <= EXPIRIES; expiry++) {
        processes.now += 2 * HOUR;
        const reports = await Promise.all(
          processes.windows.map((window) => window.ask({ callers: CALLERS / WINDOWS })),
        );
        for (const report of reports) {
          assert.ok(report);
          assert.deepEqual(report.rejections, []);
          assert.equal(report.withoutSession, 0);
          for (const token of report.tokens) assert.ok(processes.x.grants.isLive(token));
          longestMs = Math.max(longestMs, report.longestMs);
        }
        assert.equal(processes.refreshes, expiry);
      }
      assert.deepEqual(processes.notices, []);
      assert.ok(longestMs < BOUND_MS);
      console.log(
        `      ${WINDOWS} windows, ${EXPIRIES} expiries of ${CALLERS} callers: ${processes.refreshes} requests;`,
      );
      console.log(`      nobody waited longer than ${Math.round(longestMs)} ms`);
    });

    it(`lose a grant only to a death between X’s answer and its note (${kind})`, async () => {
      await using processes = await openWindowProcesses(kind, WINDOWS);
      const totals = { rounds: 0, calls: 0, lost: 0, longestMs: 0 };
      while (processes.kills < KILLS) {
        totals.rounds++;
        processes.now += 2 * HOUR;
        const asked = processes.windows.map((window) => askUntilAnswered(processes, window, totals));
        await Promise.all([killSome(processes), ...asked]);
        while (processes.windows.length < WINDOWS) await processes.open();
        let reports = await askAll(processes);
        // Where an answer was lost, it is waited for before the grant ends.
        for (let look = 0; look < 4 && processes.mayHaveLostTheGrant; look++) {
          processes.now += MINUTE;
          reports = await askAll(processes);
        }
        const tokens = reports.flatMap((report) => report?.tokens ?? []);
        for (const token of tokens) assert.ok(processes.x.grants.isLive(token), `round ${totals.rounds}`);
        const withoutSession = reports.filter((report) => report !== undefined && report.withoutSession > 0).length;
        if (withoutSession === 0) continue;
        assert.equal(withoutSession, WINDOWS, 'it is gone everywhere or nowhere');
        assert.ok(processes.mayHaveLostTheGrant, `round ${totals.rounds}: lost without a reason`);
        totals.lost++;
        await startOver(processes);
      }
      assert.equal(processes.notices.filter((notice) => notice !== 'rejected').length, 0);
      assert.ok(processes.notices.length <= totals.lost, 'told at most once for each');
      assert.ok(totals.longestMs < BOUND_MS);
      console.log(`      ${processes.kills} kills in ${totals.rounds} expiries, ${totals.calls} calls answered;`);
      console.log(`      ${totals.lost} grants lost, each to a death between X’s answer and its note;`);
      console.log(`      nobody waited longer than ${Math.round(totals.longestMs)} ms`);
    });
  }
});

interface Totals {
  calls: number;
  longestMs: number;
}

/** Callers in one window. Those of a window that dies are not answered; its successor is asked later. */
async function askUntilAnswered(processes: WindowProcesses, window: WindowProcess, totals: Totals): Promise<void> {
  const report = await window.ask({ callers: 20 });
  if (report === undefined) return;
  assert.deepEqual(report.rejections, []);
  totals.calls += 20;
  totals.longestMs = Math.max(totals.longestMs, report.longestMs);
  for (const token of report.tokens) assert.ok(processes.x.grants.isLive(token) || processes.mayHaveLostTheGrant);
}

async function askAll(processes: WindowProcesses): Promise<readonly (Report | undefined)[]> {
  return Promise.all(processes.windows.map((window) => window.ask({ callers: 5 })));
}

/** Kills windows at random moments of a refresh, the one that has asked X among them more often than the others. */
async function killSome(processes: WindowProcesses): Promise<void> {
  const victims = 1 + Math.floor(Math.random() * 3);
  for (let victim = 0; victim < victims; victim++) {
    if (Math.random() < 0.5) await Promise.race([processes.nextRefresh(), pause(150)]);
    await pause(Math.random() ** 2 * 60);
    const asking = processes.windows.find(({ pid }) => pid === processes.lastToRefresh);
    const random = processes.windows[Math.floor(Math.random() * processes.windows.length)];
    const window = Math.random() < 0.6 ? (asking ?? random) : random;
    if (window !== undefined) await processes.kill(window);
  }
}

async function startOver(processes: WindowProcesses): Promise<void> {
  const windows = processes.windows.slice();
  await Promise.all(windows.map((window) => processes.kill(window)));
  const first = await processes.open();
  assert.deepEqual((await first.ask({ signIn: 'ada' }))?.rejections, []);
  await pause(300);
  await Promise.all(Array.from({ length: WINDOWS - 1 }, () => processes.open()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
