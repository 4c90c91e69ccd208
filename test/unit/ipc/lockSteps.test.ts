import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { FolderLocks } from '../../../src/ipc/folderLocks.ts';
import { Steps, type Move, type Platform } from './harness/steps.ts';

/** More for a soak: `LOCK_SCHEDULES=5000 npx mocha test/unit/ipc/lockSteps.test.ts`. */
const SCHEDULES = Number(process.env['LOCK_SCHEDULES'] ?? 60);
/** What `held` promises. */
const PROMISED_MS = 15_000;

describe('a lock, step by step', function () {
  this.timeout(30_000 + 1_000 * SCHEDULES);

  let shared: string;
  let folder: string;

  beforeEach(async () => {
    shared = await fs.mkdtemp(join(tmpdir(), 'x-steps-'));
    folder = join(shared, 'locks');
  });

  afterEach(() => fs.rm(shared, { recursive: true, force: true }));

  /** Four windows use the lock twice each, in a chosen order of single operations, some dying and all of them slow. */
  async function story(platform: Platform, moves: Iterable<Move>) {
    const counts = { acted: 0, lost: 0, killed: 0 };
    const steps = new Steps();
    const mineUntil = new Map<number, number>();
    const window = (me: number) => async () => {
      const locks = new FolderLocks(folder, {
        self: { host: '0123456789abcdef', pid: me + 1, start: '' },
        isDead: ({ pid }) => steps.dead.has(pid - 1),
        monotonicMs: () => steps.now,
        sleep: () => steps.park(me),
        heartbeatMs: 2 ** 31 - 1,
        directories: steps.directories(me, platform),
      });
      for (let round = 0; round < 2; round++) {
        await locks.withLock('counter', { waitMs: Infinity }, async (lease) => {
          for (let act = 0; act < 2; act++) {
            if (!(await lease.held())) {
              counts.lost++;
              break;
            }
            for (const [other, until] of mineUntil) {
              assert.ok(
                other === me || steps.dead.has(other) || until <= steps.now,
                `at ${steps.now} both ${me} and ${other} (until ${until}) hold the lock`,
              );
            }
            counts.acted++;
            mineUntil.set(me, steps.now + PROMISED_MS);
            await steps.park(me);
          }
          mineUntil.delete(me);
        });
      }
    };
    await fs.rm(folder, { recursive: true, force: true });
    await steps.run([window(0), window(1), window(2), window(3)], moves);
    counts.killed = steps.dead.size;
    return counts;
  }

  for (const platform of ['posix', 'windows', 'mounted'] as const) {
    it(`has one holder in ${SCHEDULES} orders of events, with a file system like ${platform}'s`, async () => {
      // Somebody goes on for some steps, while all the others stand still.
      const burst = fc.record({
        who: fc.nat(3),
        times: fc.integer({ min: 1, max: 24 }),
        afterMs: fc.constantFrom(0, 0, 40, 2_500, 4_900),
        kill: fc.nat(12).map((n) => n === 0),
      });
      const moves = fc
        .array(burst, { minLength: 10, maxLength: 40 })
        .map((bursts) =>
          bursts.flatMap(({ times, kill, ...move }) => [
            ...Array.from({ length: times }, () => ({ ...move, kill: false })),
            ...(kill ? [{ ...move, kill }] : []),
          ]),
        );
      const total = { acted: 0, lost: 0, killed: 0 };
      await fc.assert(
        fc.asyncProperty(moves, async (chosen) => {
          const counts = await story(platform, chosen);
          total.acted += counts.acted;
          total.lost += counts.lost;
          total.killed += counts.killed;
        }),
        { numRuns: SCHEDULES },
      );
      assert.ok(total.acted > 0 && total.lost > 0 && total.killed > 0, JSON.stringify(total));
      if (process.env['LOCK_SCHEDULES'] !== undefined) console.log(total);
    });
  }

  it('gives a dead holder’s lock to one of two that found it dead, and the slow one harms nobody', async () => {
    const steps = new Steps();
    const holding: number[] = [];
    const window = (me: number, hold: () => Promise<void>) => () =>
      new FolderLocks(folder, {
        self: { host: '0123456789abcdef', pid: me + 1, start: '' },
        isDead: ({ pid }) => pid === 99,
        monotonicMs: () => steps.now,
        sleep: () => steps.park(me),
        directories: steps.directories(me, 'posix'),
      }).withLock('counter', { waitMs: Infinity }, async (lease) => {
        holding.push(me);
        await hold();
        assert.equal(await lease.held(), true);
        assert.equal(holding.pop(), me);
        assert.deepEqual(holding, []);
      });
    await new FolderLocks(folder).withLock('counter', { waitMs: 0 }, async () => {
      const [name = ''] = await fs.readdir(folder);
      const lock = join(folder, name);
      const [token = ''] = await fs.readdir(lock);
      await fs.rename(join(lock, token), join(lock, '0123456789abcdef.99..0123456789abcdef.000000000'));
    });
    // Both see the dead token; then 0 goes all the way to holding, and only then does 1 act on what it saw.
    const first = [0, 1, 0, 0, 0].map((who) => ({ who, afterMs: 0, kill: false }));
    const slow = [1, 1, 1, 1, 1].map(() => ({ who: 1, afterMs: 0, kill: false }));
    await steps.run([window(0, () => steps.park(0)), window(1, async () => {})], [...first, ...slow]);
    assert.deepEqual(await fs.readdir(folder), []);
  });
});
