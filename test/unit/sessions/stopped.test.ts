import assert from 'node:assert/strict';
import { openFleet } from './fleet.ts';
import { HOUR, MINUTE } from './window.ts';

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
  }
});
