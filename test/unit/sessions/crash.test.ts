import assert from 'node:assert/strict';
import { KillableWindow } from './harness/killableWindow.ts';
import { HOUR, MINUTE, openMachine, works } from './harness/window.ts';

describe('A window that dies while it refreshes', () => {
  for (const kind of ['desktop', 'browser'] as const) {
    it(`takes the grant along only between X’s answer and the register (${kind})`, async function () {
      this.timeout(30_000);
      const losses: string[] = [];
      for (let actions = 0; ; actions++) {
        await using machine = await openMachine(kind);
        machine.x.switches.reuseKillsFamily = true;
        await machine.open().signIn();
        await machine.settle();
        const killable = new KillableWindow(machine);
        const witness = new KillableWindow(machine).window;
        await killable.window.grants.list();
        await witness.grants.list();
        machine.now += 2 * HOUR;
        killable.actions.length = 0;
        killable.dieAfter(actions);
        await killable.untilDeath(killable.window.session());
        const survived = !killable.isDead;
        machine.forget(killable.window);
        killable.kill();

        let session = await witness.session();
        // X's answer might have been on its way to somebody who stands still.
        for (let look = 0; look < 3 && session !== undefined && !works(machine, session); look++) {
          machine.now += MINUTE;
          session = await witness.session();
        }
        const next = await new KillableWindow(machine).window.session();
        assert.deepEqual(next?.accessToken, session?.accessToken);
        if (works(machine, session)) {
          assert.deepEqual(machine.notices, [], `after ${killable.actions.at(-1)}`);
          assert.equal(machine.refreshes, 1);
        } else {
          losses.push(killable.actions.at(-1) ?? '');
          assert.deepEqual(
            machine.notices.map((notice) => [notice.kind, 'dropped' in notice && notice.dropped]),
            [['rejected', true]],
          );
        }
        if (survived) {
          const { actions: all } = killable;
          const asked = all.lastIndexOf('ask /2/oauth2/token');
          assert.deepEqual(losses, all.slice(asked, all.indexOf('write the register', asked)));
          assert.ok(losses.length > 0);
          break;
        }
        assert.equal(killable.actions.length, actions);
      }
    });
  }
});
