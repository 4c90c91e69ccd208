import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';

/** How many cases all properties have together. A few hundred each are enough to notice that something broke; `npm run fuzz` tries more. */
const RUNS = Number(process.env['X_FUZZ_RUNS'] ?? 4_000);

/** Fixed unless told otherwise, so that a test that passes does so again. */
const SEED = Number(process.env['X_FUZZ_SEED'] ?? 20260701);

/** A case that takes longer hangs: all of them are done within milliseconds. */
const CASE_MS = 10_000;

const properties = { count: 0, shares: 0, cases: 0 };

if (process.env['X_FUZZ_RUNS'] !== undefined) {
  process.on('exit', () => {
    console.log(`${properties.cases} cases of ${properties.count} properties, seed ${SEED}.`);
  });
}

/**
 * A test that a property holds for every case that was tried. `share`: how many of the cases are its own, in proportion to those of
 * the other properties.
 */
export function holds<Case extends [unknown, ...unknown[]]>(
  title: string,
  property: fc.IAsyncPropertyWithHooks<Case>,
  share = 1,
): void {
  properties.count++;
  properties.shares += share;
  it(title, async function () {
    const numRuns = Math.ceil((RUNS * share) / properties.shares);
    this.timeout(CASE_MS * (numRuns + 2));
    let slowestMs = 0;
    let startedAt = 0;
    // A loop that never lets go can't be timed out, but it can be noticed.
    const timed = property
      .beforeEach(() => void (startedAt = performance.now()))
      .afterEach(() => void (slowestMs = Math.max(slowestMs, performance.now() - startedAt)));
    await fc.assert(timed, { seed: SEED, numRuns, timeout: CASE_MS });
    properties.cases += numRuns;
    assert.ok(slowestMs < CASE_MS, `a case took ${Math.round(slowestMs)} ms`);
    // What nobody handled fails the test that is running.
    await turn();
  });
}
