import assert from 'node:assert/strict';
import { openMachine, HOUR, works } from './window.ts';

describe('Renewal', () => {
  it('spends the refresh token once for a thousand callers', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn();
    machine.now += 2 * HOUR;
    const sessions = await Promise.all(Array.from({ length: 1000 }, () => window.session()));
    assert.equal(machine.refreshes, 1);
    assert.ok(sessions.every((session) => works(machine, session)));
  });
});
