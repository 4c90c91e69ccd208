import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreKeyUnavailableError } from '../../../../src/sessions/store/storeKey.ts';
import { Register } from '../../../../src/sessions/store/register.ts';
import { ADA, NATIVE_APP } from 'x-authentication-testing';
import { HOUR, type Machine, MINUTE, openMachine, works } from '../harness/window.ts';

const DAY = 24 * HOUR;

const keyAt = (machine: Machine): string => `oauth2:${machine.x.apiBaseUrl} ${NATIVE_APP.clientId} ${ADA.id}`;

describe('Grants', () => {
  describe('whose records can’t be read', () => {
    it('sets them aside, says so once, and uses the others', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada', 'grace');
      const stored = machine.store.stored.get(keyAt(machine)) ?? '';
      await overwrite(machine, keyAt(machine), stored.slice(0, 100));
      await overwrite(machine, 'oauth2:some:where', stored);
      await loseRegister(machine);
      const windows = [machine.open(), machine.open()];
      for (const window of windows) {
        assert.deepEqual(
          (await window.sessions.all()).map(({ account }) => account.label),
          ['@grace_h'],
        );
      }
      await machine.settle();
      assert.deepEqual(machine.notices, [{ kind: 'unreadable', count: 2 }]);
      const aside = { since: machine.now, stored: stored.slice(0, 100) };
      assert.deepEqual(JSON.parse(machine.store.stored.get(`unreadable:${keyAt(machine)}`) ?? ''), aside);
      assert.equal(machine.store.stored.has(keyAt(machine)), false);
      machine.now += HOUR;
      await machine.open().sessions.all();
      assert.equal(machine.notices.length, 1, 'nor are they said to be gone later');
    });

    it('deletes them after a month, and when the person signs out of everything', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada', 'grace', 'katherine');
      const key = keyAt(machine);
      const damaged = (machine.store.stored.get(key) ?? '').slice(0, 100);
      const isKept = (): boolean => machine.store.stored.has(`unreadable:${key}`);
      await overwrite(machine, key, damaged);
      await loseRegister(machine);
      const window = machine.open();
      const [grace, katherine] = await window.sessions.all();
      await machine.settle();
      machine.now += 30 * DAY - 1;
      await window.grants.forgetUnreadable(30 * DAY);
      assert.ok(isKept());
      machine.now += 1;
      await window.grants.forgetUnreadable(30 * DAY);
      await machine.settle();
      assert.ok(!isKept());

      await overwrite(machine, key, damaged);
      await loseRegister(machine);
      await machine.open().sessions.all();
      await machine.settle();
      await window.sessions.signOut(grace?.id ?? '');
      assert.ok(isKept());
      await window.sessions.signOut(katherine?.id ?? '');
      await machine.settle();
      assert.deepEqual([...machine.store.stored.keys()], ['store-key']);
    });

    for (const [what, damage] of [
      ['empty', () => ''],
      ['not JSON', () => '{'],
      ['null', () => 'null'],
      ['without a version', (record: object) => JSON.stringify({ ...record, version: undefined })],
      ['without a token', (record: object) => JSON.stringify({ ...record, accessToken: '' })],
      ['with a time that is text', (record: object) => JSON.stringify({ ...record, expiresAt: 'soon' })],
      ['with an account that is text', (record: object) => JSON.stringify({ ...record, account: '@ada_l' })],
    ] as const) {
      it(`knows one that is ${what}`, async () => {
        await using machine = await openMachine();
        await signedIn(machine, 'ada');
        await overwrite(machine, keyAt(machine), damage(JSON.parse(machine.store.stored.get(keyAt(machine)) ?? '')));
        await loseRegister(machine);
        const window = machine.open();
        assert.deepEqual(await window.sessions.all(), []);
        assert.deepEqual(window.notices, [{ kind: 'unreadable', count: 1 }]);
        await window.signIn();
        assert.ok(works(machine, await window.session()));
      });
    }

    it('leaves alone what a newer version wrote, without a word', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada', 'grace');
      const newer = JSON.stringify({ version: 2, novelty: true });
      await overwrite(machine, keyAt(machine), newer);
      machine.now += HOUR;
      assert.equal((await machine.open().sessions.all()).length, 2, 'the register has what this version wrote');
      await machine.settle();
      assert.equal(machine.store.stored.get(keyAt(machine)), newer);
      await loseRegister(machine);
      assert.equal((await machine.open().sessions.all()).length, 1);
      await machine.settle();
      assert.equal(machine.store.stored.get(keyAt(machine)), newer);
      assert.deepEqual(machine.notices, []);
    });

    it('mends them without a word where the register has what they said', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada', 'grace');
      const stored = machine.store.stored.get(keyAt(machine));
      await overwrite(machine, keyAt(machine), '{');
      const window = machine.open();
      assert.equal((await window.sessions.all()).length, 2);
      assert.ok(works(machine, await window.session()));
      await machine.settle();
      assert.equal(machine.store.stored.get(keyAt(machine)), stored);
      assert.deepEqual(machine.notices, []);
    });

    it('never quotes them in the log', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada');
      const stored = machine.store.stored.get(keyAt(machine)) ?? '';
      await overwrite(machine, keyAt(machine), stored.replace('"version":1', '"version":"1"'));
      await loseRegister(machine);
      const window = machine.open();
      await window.sessions.all();
      const log = window.logged.join('\n');
      for (const secret of machine.x.secrets) assert.ok(!log.includes(secret));
    });
  });

  describe('when the keyring does not answer', () => {
    it('says so to the caller, and reads it the next time', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada');
      const window = machine.open();
      window.secrets.failure = new Error('The keyring is locked.');
      await assert.rejects(window.sessions.all(), /keyring is locked/);
      window.secrets.failure = undefined;
      assert.equal((await window.sessions.all()).length, 1);
      assert.deepEqual(machine.notices, []);
    });

    it('goes on with what it has read', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      window.secrets.failure = new Error('The keyring is locked.');
      assert.ok(works(machine, await window.session()));
      await window.grants.storedRecordChanged(keyAt(machine));
    });
  });

  describe('of windows on a desktop', () => {
    it('shows a sign-in of another window at once, before it arrives in SecretStorage', async () => {
      await using machine = await openMachine();
      const [first, second] = [machine.open(), machine.open()];
      await second.sessions.all();
      await machine.settle();
      const grant = await first.signIn();
      assert.equal((await second.sessions.all())[0]?.accessToken, grant.accessToken);
      await machine.settle();
      assert.deepEqual(second.changes, [{ added: [grant], changed: [], removed: [] }]);
      assert.deepEqual(first.changes, [{ added: [grant], changed: [], removed: [] }]);
    });

    it('is not taken back by a record that arrives late', async () => {
      await using machine = await openMachine();
      const first = machine.open();
      await first.signIn();
      await machine.settle();
      const second = machine.open();
      await second.grants.list();
      machine.now += 2 * HOUR;
      const refreshed = await first.session();
      await second.session();
      // What the second window reads is still the old record.
      await second.grants.storedRecordChanged(keyAt(machine));
      assert.equal((await second.session())?.accessToken, refreshed?.accessToken);
      await machine.settle();
      assert.equal(machine.refreshes, 1);
    });

    it('does not take an erased record for a sign-out', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      await machine.settle();
      await overwrite(machine, keyAt(machine), undefined);
      await window.grants.storedRecordChanged(keyAt(machine));
      assert.ok(works(machine, await window.session()));
      machine.now += 2 * HOUR;
      await window.session();
      await machine.settle();
      assert.ok(works(machine, await machine.open().session()), 'and it is stored again');
    });

    it('finds in SecretStorage what it slept through, when the register is gone', async () => {
      await using machine = await openMachine();
      const first = machine.open();
      await first.signIn();
      await machine.settle();
      const second = machine.open();
      second.secrets.onDidChange = () => undefined;
      await second.grants.list();
      for (let day = 0; day < 10; day++) {
        machine.now += 24 * HOUR;
        await first.session();
      }
      await machine.store.arrive();
      await loseRegister(machine);
      assert.ok(works(machine, await second.session()));
      assert.equal(machine.refreshes, 10);
      assert.deepEqual(machine.notices, []);
    });
  });

  describe('of windows in a browser', () => {
    it('are not written over by a window that does not know of them', async () => {
      await using machine = await openMachine('browser');
      await signedIn(machine, 'ada');
      const behind = machine.open();
      await behind.grants.list();
      // In a window that is closed again.
      await signedIn(machine, 'grace');
      for (let day = 0; day < 20; day++) {
        machine.now += 24 * HOUR;
        await behind.session();
      }
      const labels = async (): Promise<readonly string[]> =>
        (await machine.open().sessions.matching([])).map(({ account }) => account.label).toSorted();
      assert.deepEqual(await labels(), ['@ada_l', '@grace_h']);
      await behind.sessions.signOut((await behind.grants.list())[0]?.id ?? '');
      assert.deepEqual(await labels(), ['@grace_h']);
      assert.deepEqual(machine.notices, []);
    });

    it('are not written over by a sign-in in a window that was opened before there was a key', async () => {
      await using machine = await openMachine('browser');
      const [first, second] = [machine.open(), machine.open()];
      assert.deepEqual(await second.sessions.all(), []);
      await second.signIn(['tweet.read'], 'grace');
      assert.deepEqual(await first.sessions.all(), []);
      await assert.rejects(first.grants.ready(), StoreKeyUnavailableError);
      await assert.rejects(first.setSecret('client', 'secret'), StoreKeyUnavailableError);
      machine.now += 2 * HOUR;
      const reloaded = machine.open();
      await reloaded.signIn(['tweet.read'], 'ada');
      const labels = (await machine.open().sessions.matching([])).map(({ account }) => account.label);
      assert.deepEqual(labels.toSorted(), ['@ada_l', '@grace_h']);
      assert.ok(works(machine, await second.session()));
      assert.deepEqual(machine.notices, []);
    });

    it('are stored again by whoever knows them all', async () => {
      await using machine = await openMachine('browser');
      await signedIn(machine, 'ada');
      const behind = machine.open();
      await behind.grants.list();
      await signedIn(machine, 'grace');
      machine.now += 2 * HOUR;
      const refreshed = await behind.session();
      await machine.open().grants.list();
      assert.equal(JSON.parse(machine.store.stored.get(keyAt(machine)) ?? '').accessToken, refreshed?.accessToken);
      assert.deepEqual([...machine.store.stored.keys()].filter((key) => key.startsWith('oauth2:')).length, 2);
    });
  });

  describe('that should be stored and are not', () => {
    for (const kind of ['desktop', 'browser'] as const) {
      it(`says once whose are gone (${kind})`, async () => {
        await using machine = await openMachine(kind);
        await signedIn(machine, 'ada', 'grace');
        machine.now += MINUTE;
        const { sharedStore } = await import('../harness/stores.ts');
        machine.store = sharedStore(kind);
        const windows = [machine.open(), machine.open(), machine.open()];
        await Promise.all(windows.map((window) => window.sessions.all()));
        const labels = machine.notices.flatMap((notice) => (notice.kind === 'vanished' ? notice.labels : []));
        assert.deepEqual([...labels].toSorted(), ['@ada_l', '@grace_h']);
        await machine.settle();
        await machine.open().signIn();
        await machine.settle();
        await machine.open().sessions.all();
        assert.equal(machine.notices.flatMap((notice) => ('labels' in notice ? notice.labels : [])).length, 2);
      });
    }

    it('does not miss what was signed out, was ended by X, or has just been signed in', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.sessions.signOut((await window.signIn([], 'ada')).id);
      await window.signIn([], 'grace');
      machine.x.disconnect('grace');
      machine.now += 2 * HOUR;
      assert.deepEqual(await window.sessions.matching([]), []);
      await machine.settle();
      await window.signIn([], 'katherine');
      // Which has not arrived in the store when the next window starts.
      await machine.open().sessions.all();
      assert.deepEqual(
        machine.notices.map(({ kind }) => kind),
        ['rejected'],
      );
    });

    it('keeps nothing secret in the files that it knows this from', async () => {
      await using machine = await openMachine();
      await signedIn(machine, 'ada', 'grace');
      const folder = join(machine.folder, 'manifest');
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
      assert.equal(files.length, 2);
      for (const secret of machine.x.secrets) assert.ok(!files.join().includes(secret));
    });
  });

  it('costs one `stat` for each account when nothing has happened', async () => {
    await using machine = await openMachine();
    await signedIn(machine, 'ada', 'grace');
    const cost = { lstat: 0, open: 0, monotonicMs: 0 };
    const lstat = async (path: string, options: { bigint: true }) => (cost.lstat++, fs.lstat(path, options));
    const open = async (...file: Parameters<typeof fs.open>) => (cost.open++, fs.open(...file));
    const register = (parts: ConstructorParameters<typeof Register<'oauth2'>>[0]): Register<'oauth2'> =>
      new Register({ ...parts, monotonicMs: () => cost.monotonicMs, files: { ...fs, lstat, open } });
    const window = machine.open({ register });
    await window.session();
    // A file may have changed twice within one tick of a coarse clock.
    cost.monotonicMs += 4_000;
    await window.session();
    [cost.lstat, cost.open] = [0, 0];
    await window.session();
    assert.deepEqual([cost.lstat, cost.open], [2, 0]);
  });

  it('keeps no token in the clear in any file', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn();
    machine.now += 2 * HOUR;
    await window.session();
    const files = (await readdir(machine.folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    assert.ok(files.length > 1);
    for (const { parentPath, name } of files) {
      const text = `${name} ${await readFile(join(parentPath, name), 'latin1')}`;
      for (const secret of machine.x.secrets) assert.ok(!text.includes(secret));
    }
    for (const secret of machine.x.secrets) assert.ok(!window.logged.join().includes(secret));
  });
});

async function signedIn(machine: Machine, ...people: readonly string[]): Promise<void> {
  const window = machine.open();
  for (const person of people) await window.signIn(['tweet.read'], person);
  await machine.settle();
}

/** Something other than a window changes the store. */
async function overwrite(machine: Machine, key: string, value: string | undefined): Promise<void> {
  const secrets = machine.store.open();
  if (value === undefined) await secrets.delete(key);
  else await secrets.store(key, value);
  await machine.store.arrive();
}

/** Something deletes the files that windows share: only SecretStorage says what there was. */
async function loseRegister(machine: Machine): Promise<void> {
  await rm(join(machine.folder, 'grants'), { recursive: true, force: true });
}
