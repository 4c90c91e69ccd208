import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchFolder } from '../../../src/ipc/folderWatch.ts';
import { HOUR, openMachine } from '../sessions/window.ts';

describe('A watched folder', () => {
  it('tells a window what another one renewed and signed out, without being asked', async () => {
    await using machine = await openMachine('browser');
    const first = machine.open();
    const grant = await first.signIn();
    const second = machine.open();
    await second.grants.list();
    const [register = ''] = await readdir(join(machine.folder, 'grants'));
    const watching = watchFolder(join(machine.folder, 'grants', register), () => void second.grants.catchUp());
    const changed = (): Promise<unknown> => new Promise((resolve) => second.grants.onDidChange(resolve));
    machine.now += 2 * HOUR;
    const renewed = changed();
    await first.session();
    await renewed;
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
});
