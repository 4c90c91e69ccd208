import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lease, Locks } from '../../../../src/ipc/locks.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { SealedFile, type SlotFiles } from '../../../../src/ipc/sealedFile.ts';
import type { OAuth2Grant } from '../../../../src/sessions/grant.ts';
import { Register } from '../../../../src/sessions/store/register.ts';
import { SOME_GRANT } from '../harness/someGrant.ts';
import { ended, type Entry, toEntryRecord, EntryUnavailableError } from '../../../../src/sessions/store/entry.ts';

const KEY = randomBytes(32);
const DAY = 24 * 60 * 60_000;

const GRANT: OAuth2Grant = SOME_GRANT;

const state = (generation: number): Entry<OAuth2Grant> => ({ grant: { ...GRANT, generation } });

describe('The register', () => {
  let parent: string;
  let folder: string;
  let monotonicMs: number;
  /** What was done to files. */
  let cost: { stats: number; opens: number };

  beforeEach(async () => {
    parent = await fs.mkdtemp(join(tmpdir(), 'x-register-'));
    folder = join(parent, 'grants');
    monotonicMs = 0;
    cost = { stats: 0, opens: 0 };
  });

  afterEach(() => fs.rm(parent, { recursive: true, force: true }));

  /** As another window has it. */
  function open(parts: { locks?: Locks; files?: Partial<SlotFiles>; key?: Buffer } = {}): Register<'oauth2'> {
    const { locks = new FolderLocks(join(parent, 'locks')), files = {}, key = KEY } = parts;
    const counted: SlotFiles = {
      ...fs,
      open: async (...how) => (cost.opens++, fs.open(...how)),
      lstat: async (...how) => (cost.stats++, fs.lstat(...how)),
      ...files,
    };
    return new Register({ kind: 'oauth2', folder, key, locks, monotonicMs: () => monotonicMs, files: counted });
  }

  /** The name of the only file. */
  async function nameOfFile(): Promise<string> {
    const [name, ...others] = await fs.readdir(folder);
    assert.ok(name !== undefined && others.length === 0);
    return name;
  }

  const put = (register: Register<'oauth2'>, entry: Entry<OAuth2Grant>, key = 'key'): Promise<void> =>
    register.change(key, async () => entry);
  const everything = async (register: Register<'oauth2'>): Promise<readonly Entry<OAuth2Grant>[]> =>
    register.all((error) => assert.fail(String(error)));

  it('has for every window what one has put there', async () => {
    const [one, other] = [open(), open()];
    assert.equal(await other.find('key'), undefined);
    assert.deepEqual(await everything(other), []);
    for (let generation = 1; generation <= 5; generation++) {
      await put(one, state(generation));
      assert.deepEqual(await other.find('key'), state(generation));
      assert.deepEqual(await everything(other), [state(generation)]);
    }
    await one.remove('key');
    assert.equal(await other.find('key'), undefined);
    assert.deepEqual(await everything(other), []);
  });

  it('keeps entries apart, and says in no name whose they are', async () => {
    const [one, other] = [open(), open()];
    await put(one, state(1), 'oauth2:https://api.x.com client 1');
    await put(one, state(2), 'oauth2:https://api.x.com client 2');
    assert.deepEqual(await other.find('oauth2:https://api.x.com client 1'), state(1));
    assert.deepEqual(await other.find('oauth2:https://api.x.com client 2'), state(2));
    for (const name of await fs.readdir(folder)) assert.match(name, /^[0-9a-f]{40}$/);
    assert.deepEqual(await open({ key: randomBytes(32) }).find('oauth2:https://api.x.com client 1'), undefined);
  });

  it('looks only at files that are its own', async () => {
    await put(open(), state(1));
    for (const name of ['.DS_Store', '.nfs0001', `${'a'.repeat(40)}.0123456789abcdef.tmp`])
      await fs.writeFile(join(folder, name), 'stray');
    await fs.mkdir(join(folder, 'b'.repeat(40)));
    await fs.writeFile(join(folder, 'c'.repeat(40)), '');
    assert.deepEqual(await everything(open()), [state(1)]);
  });

  it('has more entries than a process can have files open', async () => {
    const register = open();
    for (let n = 0; n < 70; n++) await put(register, state(n), `key ${n}`);
    let [now, most] = [0, 0];
    const files: Partial<SlotFiles> = {
      open: async (...how) => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        return fs.open(...how).finally(() => now--);
      },
    };
    assert.equal((await everything(open({ files }))).length, 70);
    assert.ok(most <= 32, `${most} at once`);
  });

  describe('when nothing has changed', () => {
    it('costs one stat for each entry, once a file is older than a tick of the coarsest clock', async () => {
      await put(open(), state(1));
      const register = open();
      await register.find('key');
      monotonicMs = 2_999;
      cost = { stats: 0, opens: 0 };
      await register.find('key');
      assert.deepEqual(cost, { stats: 1, opens: 1 }, 'it may have been written twice within one tick');
      monotonicMs = 3_001;
      await register.find('key');
      assert.deepEqual(cost, { stats: 2, opens: 2 }, 'what was read before is that old, not what was read after it');
      for (let look = 0; look < 5; look++) assert.deepEqual(await register.find('key'), state(1));
      assert.deepEqual(await everything(register), [state(1)]);
      assert.deepEqual(cost, { stats: 8, opens: 2 });
    });

    it('sees a write that leaves no trace in a coarse clock', async () => {
      await put(open(), state(1));
      const stat = await fs.lstat(join(folder, await nameOfFile()), { bigint: true });
      const lstat: SlotFiles['lstat'] = async () => stat;
      const register = open({ files: { lstat } });
      assert.deepEqual(await register.find('key'), state(1));
      await put(open(), state(2));
      monotonicMs = 2_000;
      assert.deepEqual(await register.find('key'), state(2));
      await put(open(), state(3));
      monotonicMs = 4_000;
      assert.deepEqual(await register.find('key'), state(3));
    });

    it('sees the next change at once, however long nothing has', async () => {
      const [one, other] = [open(), open()];
      await put(one, state(1));
      for (const at of [0, 4_000, 100_000]) {
        monotonicMs = at;
        await other.find('key');
      }
      await put(one, state(2));
      assert.deepEqual(await other.find('key'), state(2));
      await put(other, state(3));
      assert.deepEqual(await other.find('key'), state(3), 'its own as well');
    });
  });

  describe('when it is changed', () => {
    it('has the change made of what is there by then, and of nothing else', async () => {
      const windows = Array.from({ length: 4 }, () => open());
      await Promise.all(
        windows.map(async (window) => {
          for (let time = 0; time < 10; time++)
            await window.change('key', async (current) => state((current?.grant.generation ?? 0) + 1));
        }),
      );
      assert.deepEqual(await open().find('key'), state(40));
    });

    it('is left as it is where there is nothing to change', async () => {
      await open().change('key', async () => undefined);
      assert.deepEqual(await fs.readdir(parent), ['locks']);
      await put(open(), state(1));
      const before = await fs.readFile(join(folder, await nameOfFile()));
      await open().change('key', async () => undefined);
      assert.deepEqual(await fs.readFile(join(folder, await nameOfFile())), before);
    });

    it('is changed again when the lock was lost after it was written', async () => {
      const windows = [true, false, true, true];
      const register = open({ locks: losing(windows) });
      const seen: (number | undefined)[] = [];
      await register.change('key', async (current) => {
        seen.push(current?.grant.generation);
        return state((current?.grant.generation ?? 0) + 1);
      });
      assert.deepEqual(seen, [undefined, 1], 'with what it has made itself');
      assert.deepEqual(await open().find('key'), state(2));
    });

    it('is not written when the lock was lost before, but read again', async () => {
      const other = open();
      let turn = 0;
      const register = open({ locks: losing([false, true, true]) });
      await register.change('key', async (current) => {
        if (turn++ === 0) await put(other, state(7));
        return state((current?.grant.generation ?? 0) + 1);
      });
      assert.deepEqual(await other.find('key'), state(8));
    });

    it('is changed at last, though the lock is lost each time', async () => {
      const register = open({ locks: losing([]) });
      await put(register, state(1));
      assert.deepEqual(await open().find('key'), state(1));
    });

    it('is changed without a lock where the disk has no room for one, and not where none can be had for another reason', async () => {
      await put(open(), state(1));
      for (const code of ['ENOSPC', 'EDQUOT', 'EMFILE', 'EIO']) {
        const failure = Object.assign(new Error('no lock'), { code });
        const register = open({ locks: { withLock: () => Promise.reject(failure) } });
        const changing = register.change('key', async (current) => state((current?.grant.generation ?? 0) + 1));
        if (code === 'EMFILE' || code === 'EIO') await assert.rejects(changing, { code });
        else await changing;
      }
      assert.deepEqual(await open().find('key'), state(3));
    });

    it('is as it was when the change fails, and free for the next one', async () => {
      await put(open(), state(1));
      await assert.rejects(
        open().change('key', () => Promise.reject(new Error('changed my mind'))),
        /changed my mind/,
      );
      await open().change('key', async (current) => state((current?.grant.generation ?? 0) + 1));
      assert.deepEqual(await open().find('key'), state(2));
    });

    it('has no tokens in any slot of what has ended', async () => {
      const register = open();
      await put(register, state(1));
      await put(register, state(2));
      await put(register, ended(state(2), 'signed-out'));
      const name = await nameOfFile();
      const bytes = await fs.readFile(join(folder, name));
      const over: unknown = JSON.parse(JSON.stringify(toEntryRecord(ended(state(2), 'signed-out'))));
      for (const slot of [0, 1]) {
        const without = Buffer.from(bytes).fill(0, slot * 8_192, (slot + 1) * 8_192);
        await fs.writeFile(join(folder, name), without);
        assert.deepEqual((await new SealedFile(folder, name, KEY).read())?.payload, over);
      }
    });
  });

  describe('when an entry can’t be read', () => {
    const unreadable = (code: string, isBroken = () => true): Partial<SlotFiles> => ({
      open: (path, flags, mode) =>
        isBroken() && flags !== 'wx'
          ? Promise.reject(Object.assign(new Error('not now'), { code }))
          : fs.open(path, flags, mode),
    });

    for (const code of ['EACCES', 'EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE']) {
      it(`says so, and does not take it for none (${code})`, async () => {
        await put(open(), state(1));
        const register = open({ files: unreadable(code) });
        const isUnknown = (error: unknown): boolean =>
          error instanceof EntryUnavailableError &&
          error.cause instanceof Error &&
          'code' in error.cause &&
          error.cause.code === code;
        await assert.rejects(register.find('key'), isUnknown);
        await assert.rejects(
          register.change('key', async () => assert.fail()),
          isUnknown,
        );
        const failures: unknown[] = [];
        assert.deepEqual(await register.all((error) => failures.push(error)), []);
        assert.ok(failures.length === 1 && failures.every(isUnknown));
        assert.deepEqual(await open().find('key'), state(1));
      });
    }

    it('says so when it can’t even be looked for', async () => {
      await put(open(), state(1));
      const lstat = (): Promise<never> => Promise.reject(Object.assign(new Error('not now'), { code: 'EIO' }));
      await assert.rejects(open({ files: { lstat } }).find('key'), EntryUnavailableError);
    });

    it('lists what it was, and the others as they are', async () => {
      let isBroken = false;
      await put(open(), state(1), 'one');
      const register = open({ files: unreadable('EIO', () => isBroken) });
      await everything(register);
      await put(open(), state(2), 'one');
      isBroken = true;
      const failures: unknown[] = [];
      assert.deepEqual(await register.all((error) => failures.push(error)), [state(1)]);
      assert.equal(failures.length, 1);
      isBroken = false;
      assert.deepEqual(await everything(register), [state(2)]);
    });

    it('keeps it from nobody who may overrule it', async () => {
      await put(open(), state(1));
      const register = open({ files: unreadable('EIO') });
      await register.change('key', async (current) => (assert.equal(current, undefined), state(9)), { overrule: true });
      assert.deepEqual(await open().find('key'), state(9));
    });

    it('leaves what a newer version wrote as it is, unless somebody may overrule it', async () => {
      await put(open(), state(1));
      const name = await nameOfFile();
      const file = new SealedFile(folder, name, KEY);
      await file.write({ version: 2, lentTo: 'another' }, await file.read());
      const before = await fs.readFile(join(folder, name));
      await assert.rejects(open().find('key'), EntryUnavailableError);
      await assert.rejects(put(open(), state(2)), EntryUnavailableError);
      assert.deepEqual(await fs.readFile(join(folder, name)), before);
      await open().change('key', async () => state(2), { overrule: true });
      assert.deepEqual(await open().find('key'), state(2));
    });
  });

  it('forgets what has ended so long ago, and nothing that is live or under way', async () => {
    const register = open();
    await put(register, state(1), 'live');
    await put(register, { ...state(2), isPending: true }, 'under way');
    await put(register, ended(state(3), 'signed-out'), 'signed out');
    const now = Date.now();
    await register.sweep(DAY, now + DAY / 2);
    assert.equal((await everything(open())).length, 3);
    // A clock that is wrong for a moment.
    await register.sweep(DAY, 0);
    assert.equal((await everything(open())).length, 3);
    await register.sweep(DAY, now + 2 * DAY);
    assert.equal(await open().find('signed out'), undefined);
    assert.deepEqual(await open().find('live'), state(1));
    assert.deepEqual(await open().find('under way'), { ...state(2), isPending: true });
  });
});

/** Locks of which the holder is told in turn whether it still holds them, and at last that it doesn't. */
function losing(answers: readonly boolean[]): Locks {
  const left = [...answers];
  const lease: Lease = { held: async () => left.shift() ?? false };
  return { withLock: async (_name, _waiting, action) => action(lease) };
}
