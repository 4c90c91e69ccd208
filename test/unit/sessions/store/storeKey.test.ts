import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locks } from '../../../../src/ipc/locks.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { idOf, keyed, StoreKeyUnavailableError, StoreKey } from '../../../../src/sessions/store/storeKey.ts';
import { sharedStore, type SharedStore, type WindowSecrets } from '../harness/stores.ts';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
const START = Date.UTC(2026, 6, 1);

describe('The key of the register', () => {
  let folder: string;
  let hintPath: string;
  let now: number;
  let logged: string[];

  beforeEach(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), 'x-store-key-'));
    hintPath = join(folder, 'manifest', 'key');
    now = START;
    logged = [];
  });

  afterEach(() => fs.rm(folder, { recursive: true, force: true }));

  /** What a window does with the key that is opened now. */
  function open(
    store: SharedStore,
    { locks = new FolderLocks(join(folder, 'locks')), at = hintPath }: { locks?: Locks; at?: string } = {},
  ): { readonly key: StoreKey; readonly secrets: WindowSecrets } {
    const write = (message: string): void => void logged.push(message);
    const log = { debug: write, info: write, warn: write, error: write };
    const secrets = store.open();
    return { secrets, key: new StoreKey({ secrets, hintPath: at, locks, now: () => now, log }) };
  }

  const isNotHere = (key: StoreKey): Promise<void> => assert.rejects(key.get(), StoreKeyUnavailableError);

  for (const kind of ['desktop', 'browser'] as const) {
    describe(`(${kind})`, () => {
      it('is made once, and found by every window that is opened later', async () => {
        const store = sharedStore(kind);
        const first = open(store);
        const key = await first.key.get();
        assert.equal(key.length, 32);
        assert.equal(await first.key.get(), key);
        await store.arrive();
        for (const later of [0, MINUTE, YEAR]) {
          now = START + later;
          assert.deepEqual(await open(store).key.get(), key);
        }
        assert.deepEqual([...store.stored.keys()], ['store-key']);
      });

      it('is one for windows that look for it at once', async () => {
        const store = sharedStore(kind);
        const windows = Array.from({ length: 5 }, () => open(store));
        const answers = await Promise.allSettled(windows.map(({ key }) => key.get()));
        const keys = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
        assert.equal(keys.length, 1, 'the others would write over it');
        for (const answer of answers)
          if (answer.status === 'rejected') assert.ok(answer.reason instanceof StoreKeyUnavailableError);
        await store.arrive();
        assert.deepEqual(await open(store).key.get(), keys[0]);
        if (kind === 'desktop') for (const { key } of windows) assert.deepEqual(await key.get(), keys[0]);
        else
          for (const [index, { key }] of windows.entries())
            if (answers[index]?.status === 'rejected') await isNotHere(key);
      });

      it('is not here in a window that was open before it was made, which writes nothing to SecretStorage', async () => {
        const store = sharedStore(kind);
        const early = open(store);
        now += 2 * MINUTE;
        const key = await open(store).key.get();
        now += 2 * MINUTE;
        await isNotHere(early.key);
        const secrets = keyed(early.secrets, early.key);
        await assert.rejects(async () => secrets.store('oauth2:1', 'mine'), StoreKeyUnavailableError);
        await assert.rejects(async () => secrets.delete('oauth2:1'), StoreKeyUnavailableError);
        assert.equal(await secrets.get('oauth2:1'), undefined);
        assert.deepEqual(await secrets.keys(), []);
        await store.arrive();
        assert.deepEqual([...store.stored.keys()], ['store-key']);
        assert.deepEqual(await open(store).key.get(), key);
      });

      it('is made anew where it was lost, and by one window alone', async () => {
        const lost = await open(sharedStore(kind)).key.get();
        now += MINUTE;
        const store = sharedStore(kind);
        const [window, other] = [open(store), open(store)];
        const key = await window.key.get();
        assert.notDeepEqual(key, lost);
        assert.notEqual(idOf(key), idOf(lost));
        await isNotHere(other.key);
        await store.arrive();
        assert.deepEqual(await open(store).key.get(), key);
      });

      it('of a newer version is left alone, and there is no other', async () => {
        const store = sharedStore(kind);
        const stored = '{"version":2,"key":"x"}';
        await store.open().store('store-key', stored);
        await store.arrive();
        await isNotHere(open(store).key);
        await store.arrive();
        assert.deepEqual([...store.stored], [['store-key', stored]]);
      });

      for (const damaged of ['', '{', '{"version":1,"key":"short"}']) {
        it(`is made anew where what is stored says ${damaged || 'nothing'}, which is kept`, async () => {
          const store = sharedStore(kind);
          await open(store).key.get();
          await store.open().store('store-key', damaged);
          await store.arrive();
          now += MINUTE;
          const key = await open(store).key.get();
          await store.arrive();
          assert.deepEqual(await open(store).key.get(), key);
          const aside: unknown = JSON.parse(store.stored.get('unreadable:store-key') ?? '');
          assert.deepEqual(aside, { since: now, stored: damaged });
        });
      }

      for (const [when, wrong] of [
        ['1970', 1_000],
        ['2100', Date.UTC(2100, 0)],
      ] as const) {
        it(`is found though the clock said ${when} when it was made`, async () => {
          const store = sharedStore(kind);
          now = wrong;
          const key = await open(store).key.get();
          await store.arrive();
          for (const at of [START, wrong, START + YEAR]) {
            now = at;
            assert.deepEqual(await open(store).key.get(), key);
          }
        });

        it(`is made anew where it was lost, though the clock said ${when} when the last one was made`, async () => {
          now = wrong;
          const lost = await open(sharedStore(kind)).key.get();
          now = START;
          const store = sharedStore(kind);
          const key = await open(store).key.get();
          assert.notDeepEqual(key, lost);
          await store.arrive();
          assert.deepEqual(await open(store).key.get(), key);
        });

        it(`is not made twice by windows that were both opened when the clock said ${when}`, async () => {
          const store = sharedStore(kind);
          now = wrong;
          const early = open(store);
          await open(store).key.get();
          await isNotHere(early.key);
        });
      }

      it('is made, and found again, where no file can be', async () => {
        await fs.writeFile(join(folder, 'file'), '');
        const nowhere = { at: join(folder, 'file', 'key'), locks: new FolderLocks(join(folder, 'file', 'locks')) };
        const store = sharedStore(kind);
        const key = await open(store, nowhere).key.get();
        await store.arrive();
        assert.deepEqual(await open(store, nowhere).key.get(), key);
        assert.ok(logged.some((line) => line.startsWith('No lock for a new key.')));
        assert.ok(logged.some((line) => line.startsWith('Could not note that there is a key.')));
      });

      it('is looked for again after SecretStorage has failed', async () => {
        const store = sharedStore(kind);
        const { key, secrets } = open(store);
        secrets.failure = new Error('The keyring is locked.');
        await assert.rejects(key.get(), /keyring is locked/);
        await assert.rejects(async () => keyed(secrets, key).store('oauth2:1', 'mine'), /keyring is locked/);
        await assert.rejects(fs.stat(hintPath), { code: 'ENOENT' });
        secrets.failure = undefined;
        assert.equal((await key.get()).length, 32);
      });
    });
  }

  it('comes to a window on a desktop as soon as SecretStorage shows it', async () => {
    const store = sharedStore('desktop');
    const late = open(store);
    const key = await open(store).key.get();
    await isNotHere(late.key);
    await store.arrive();
    assert.deepEqual(await late.key.get(), key);
    await keyed(late.secrets, late.key).store('oauth2:1', 'mine');
    await store.arrive();
    assert.equal(store.stored.get('oauth2:1'), 'mine');
  });

  it('is not taken for lost by a window that is opened while it is on its way', async () => {
    const store = sharedStore('desktop');
    const key = await open(store).key.get();
    now += 5_000;
    const late = open(store);
    await isNotHere(late.key);
    await store.arrive();
    assert.deepEqual(await late.key.get(), key);
  });

  it('is not in the log, nor in any file', async () => {
    const store = sharedStore('desktop');
    const key = await open(store).key.get();
    const text = key.toString('base64url');
    await store.arrive();
    assert.ok(store.stored.get('store-key')?.includes(text));
    const hint = await fs.readFile(hintPath, 'utf8');
    assert.deepEqual(JSON.parse(hint), { createdAt: START });
    assert.ok(!logged.join().includes(text));
    assert.match(idOf(key), /^[0-9a-f]{32}$/);
    assert.ok(!key.toString('hex').includes(idOf(key)));
    if (process.platform !== 'win32') assert.equal((await fs.stat(hintPath)).mode & 0o777, 0o600);
  });
});
