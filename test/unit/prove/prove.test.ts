import assert from 'node:assert/strict';
import { toText } from '../../prove/explore.ts';
import { mechanisms } from '../../prove/mechanisms.ts';
import { bundled, program, type Program } from '../../prove/program.ts';
import { type Scenario, scenarios } from '../../prove/scenarios.ts';
import { again, search } from '../../prove/search.ts';

/** A few of what `npm run prove` tries, so that a mistake in the search, or an obvious one in what it searches, shows at once. */
describe('The search through what windows can do in turn', function () {
  this.timeout(60_000);
  let whole: Program;

  before(async () => {
    whole = program(await bundled());
  });

  for (const kind of ['desktop', 'browser'] as const) {
    it(`finds nothing when nobody interferes with two windows that refresh, or once (${kind})`, async () => {
      const { found, schedules } = await search(scenario('two windows refresh'), kind, [{ switches: 1 }], whole, {
        seconds: 60,
        schedules: 30,
      });
      assert.deepEqual(found, []);
      assert.ok(schedules > 20, `only ${schedules} schedules`);
    });

    it(`finds the loss that can’t be prevented, and no other, when a window that refreshes is killed (${kind})`, async () => {
      const { found, left } = await search(
        scenario('one window refreshes'),
        kind,
        [{ crashes: 1 }, { losses: 1 }],
        whole,
        {
          seconds: 60,
        },
      );
      assert.equal(left, undefined);
      assert.ok(found.some(({ kind: what, cost }) => what === 'lost' && (cost.crashes === 1 || cost.losses === 1)));
      assert.deepEqual(
        found.filter(({ isForgiven }) => !isForgiven),
        [],
      );
    });
  }

  it('finds what goes wrong without a lock, and has it happen again', async () => {
    const mechanism = mechanisms.find(({ name }) => name === 'the lock around a refresh');
    const broken = program(await bundled(mechanism?.patches));
    const refresh = scenario('two windows refresh');
    const limits = { seconds: 60, schedules: 200, until: 'violation' } as const;
    const { found } = await search(refresh, 'desktop', [{ switches: 1 }], broken, limits);
    const [violation] = found;
    assert.ok(violation);
    const { violations, story } = await again(refresh, 'desktop', violation.choices, broken);
    assert.ok(
      violations.some(({ text }) => text === violation.text),
      `${toText(violation.choices)} is something else`,
    );
    assert.ok(story.some((line) => line.includes('sends R1')));
  });

  it('refuses to switch off what is not there', async () => {
    const patch = { file: 'sessions/refresh.ts', find: 'something that nobody wrote', replace: '' };
    await assert.rejects(bundled([patch]), /0 times/);
  });

  for (const { name, patches } of mechanisms) {
    it(`does without “${name}” by changing what is in the sources, once`, async () => {
      assert.notEqual(await bundled(patches), await bundled());
    });
  }
});

function scenario(name: string): Scenario {
  return scenarios.find((candidate) => candidate.name === name) ?? assert.fail();
}
