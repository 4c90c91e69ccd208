import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchFolder } from '../../../src/ipc/watchFolder.ts';
import { HOUR, openMachine } from '../sessions/harness/window.ts';

describe('A watched folder', () => {
  it('tells a window what another one refreshed and signed out, without being asked', async () => {
    await using machine = await openMachine('browser');
    const first = machine.open();
    const grant = await first.signIn();
    const second = machine.open();
    await second.grants.list();
    const [register = ''] = await readdir(join(machine.folder, 'grants'));
    const watching = watchFolder(join(machine.folder, 'grants', register), () => void second.grants.catchUp());
    const changed = (): Promise<unknown> => new Promise((resolve) => second.grants.onDidChange(resolve));
    machine.now += 2 * HOUR;
    const refreshed = changed();
    await first.session();
    await refreshed;
    const signedOut = changed();
    await first.sessions.signOut(grant.id);
    await signedOut;
    assert.deepEqual(
      second.changes.map(({ added, changed: others, removed }) => [added.length, others.length, removed.length]),
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    );
    watching.dispose();
  });

  it('is made when there is none, and need not be one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    try {
      await new Promise<void>((resolve) => {
        const watching = watchFolder(join(folder, 'new', 'notes'), () => {
          watching.dispose();
          resolve();
        });
        void writeFile(join(folder, 'new', 'notes', 'note'), '');
      });
      await writeFile(join(folder, 'file'), '');
      watchFolder(join(folder, 'file', 'notes'), () => assert.fail()).dispose();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is for its user alone, tells of many changes once, and of none after it was let go', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    const folder = join(parent, 'notes');
    try {
      let calls = 0;
      let called: () => void = () => {};
      const watching = watchFolder(folder, () => {
        calls++;
        called();
      });
      if (process.platform !== 'win32') assert.equal((await stat(folder)).mode & 0o777, 0o700);
      const first = new Promise<void>((resolve) => (called = resolve));
      const startedAt = performance.now();
      for (let note = 0; note < 5; note++) await writeFile(join(folder, String(note)), '');
      await first;
      assert.equal(calls, 1);
      assert.ok(performance.now() - startedAt >= 90, 'when it has settled');

      await writeFile(join(folder, 'another'), '');
      watching.dispose();
      // A second watcher shows that the change would have been told by now.
      const second = new Promise<void>((resolve) => (called = resolve));
      const witness = watchFolder(folder, () => called());
      await writeFile(join(folder, 'last'), '');
      await second;
      witness.dispose();
      assert.equal(calls, 1);
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});
