import * as fc from 'fast-check';
import { describeAction, type Action, nothingSeen, Walk } from './harness/randomWalk.ts';

/** Walks per kind of store; the seed is fixed unless X_SEED says otherwise (a number, or `random`). */
const RUNS = Number(process.env['X_RUNS'] ?? 30);
const SEED = process.env['X_SEED'] ?? '20260701';
const LONGEST = 25;

const who = fc.constantFrom('ada', 'grace');
const window = fc.nat({ max: 3 });
const scope = fc.constantFrom('like.read', 'tweet.write', 'dm.read', 'follows.read');

const alone = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('ask' as const), window, who }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('sign in' as const), window, who, scope }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('sign out' as const), window, who }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('tick' as const), window }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('refresh all' as const), window }) },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: alone },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('expire' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('open' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('reload' as const), window }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('kill' as const), window, after: fc.nat({ max: 25 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('fail' as const),
      what: fc.constantFrom('unavailable', 'reset before', 'reset after', 'unavailable after'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('hide the name' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('disconnect' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('at once' as const),
      actions: fc.array(alone, { minLength: 2, maxLength: 4 }),
    }),
  },
);

describe('A random walk', function () {
  this.timeout(60 * 60_000);

  for (const kind of ['desktop', 'browser'] as const) {
    it(`never leaves the rules (${kind})`, async () => {
      const seen = nothingSeen();
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: LONGEST, size: 'max' }), async (actions) => {
          await using walk = await Walk.begin(kind);
          for (const next of actions) {
            await walk.step(next);
            await walk.check();
          }
          await walk.finish();
          walk.addTo(seen);
        }),
        {
          numRuns: RUNS,
          endOnFailure: true,
          seed: SEED === 'random' ? Date.now() : Number(SEED),
          reporter: (run) => {
            if (!run.failed) return;
            const [shrunk = []] = run.counterexample ?? [];
            throw new Error(
              `After ${run.numShrinks} shrinks, seed ${run.seed}:\n  ${shrunk.map(describeAction).join('\n  ')}\n${String(run.errorInstance)}`,
              { cause: run.errorInstance },
            );
          },
        },
      );
      console.log(`      ${RUNS} walks: ${JSON.stringify(seen)}`);
    });
  }
});
