import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';
import { wordOf } from './harness/words.ts';

/** More for a soak: `NOTE_ROUNDS=20000 npx mocha test/unit/ipc/sealedNotes.test.ts`. */
const ROUNDS = Number(process.env['NOTE_ROUNDS'] ?? 300);
const WINDOWS = 8;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const WORKER = fileURLToPath(new URL('harness/notesWorker.ts', import.meta.url));

const failing = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code }));

describe('sealed notes', function () {
  this.timeout(30_000 + 300 * ROUNDS);

  const callback = 'code=the code&state=the state';
  const children = new Set<ChildProcess>();
  let parent: string;
  let folder: string;
  let notes: SealedNotes;

  beforeEach(async () => {
    parent = await fs.mkdtemp(join(tmpdir(), 'x-notes-'));
    folder = join(parent, 'notes');
    notes = new SealedNotes(folder);
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await fs.rm(parent, { recursive: true, force: true });
  });

  async function start(job: string): Promise<ChildProcess> {
    const child = fork(WORKER, [job, folder]);
    children.add(child);
    await once(child, 'message');
    return child;
  }

  /** Writes a note and returns its path. */
  async function written(secret: string, purpose: string): Promise<string> {
    const before: readonly string[] = await fs.readdir(folder).catch(() => []);
    await notes.write(secret, purpose, callback);
    const [name = '', ...others] = (await fs.readdir(folder)).filter((found) => !before.includes(found));
    assert.deepEqual(others, []);
    return join(folder, name);
  }

  describe('are found', () => {
    it('by a window that knows the secret and the purpose, as they were written last', async () => {
      await notes.write('secret', 'callback', { older: true });
      await notes.write('secret', 'callback', callback);
      assert.equal(await new SealedNotes(folder).read('secret', 'callback'), callback);
    });

    it('by nobody else, nor before they are written', async () => {
      assert.equal(await notes.read('secret', 'callback'), undefined);
      const path = await written('secret', 'callback');
      for (const [secret, purpose] of [
        ['another secret', 'callback'],
        ['secret', 'waiting'],
      ] as const) {
        assert.equal(await notes.read(secret, purpose), undefined);
        await fs.copyFile(path, await written(secret, purpose));
        assert.equal(await notes.read(secret, purpose), undefined, 'nor under another name');
      }
    });

    it('no more once they are removed, which may happen twice', async () => {
      await notes.write('secret', 'callback', callback);
      await notes.remove('secret', 'callback');
      await notes.remove('secret', 'callback');
      assert.equal(await notes.read('secret', 'callback'), undefined);
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('apart from each other, one per purpose', async () => {
      const purposes = ['callback', 'callback ', ''];
      for (const [number, purpose] of purposes.entries()) await notes.write('secret', purpose, number);
      assert.deepEqual(await Promise.all(purposes.map((purpose) => notes.read('secret', purpose))), [0, 1, 2]);
    });

    it('or it is said that they can’t be read now', async () => {
      await notes.write('secret', 'callback', callback);
      const unreadable = new SealedNotes(folder, { ...fs, open: failing('EIO') });
      await assert.rejects(unreadable.read('secret', 'callback'), { code: 'EIO' });
      assert.equal(await unreadable.read('secret', 'waiting'), undefined, 'where there is none');
    });
  });

  describe('say nothing to others', () => {
    it('because neither the secret nor the payload is in the folder, and the names are forty digits', async () => {
      const secret = 'dGhlIG9sZCByZWZyZXNoIHRva2Vu';
      await notes.write(secret, 'callback', callback);
      await notes.writeFirst(secret, 'told', { secret });
      for (const name of await fs.readdir(folder)) {
        assert.match(name, /^[0-9a-f]{40}$/);
        const text = name + (await fs.readFile(join(folder, name), 'latin1'));
        for (const word of [secret, Buffer.from(secret).toString('hex'), 'the code', 'the state'])
          assert.ok(!text.includes(word));
      }
    });

    it('because only their owner may read them', async function () {
      if (process.platform === 'win32') this.skip();
      await notes.write('secret', 'callback', callback);
      await notes.writeFirst('secret', 'told', {});
      assert.equal((await fs.stat(folder)).mode & 0o777, 0o700);
      for (const name of await fs.readdir(folder))
        assert.equal((await fs.stat(join(folder, name))).mode & 0o777, 0o600);
    });
  });

  describe('are written whole', () => {
    it(`for a window that reads while another writes ${ROUNDS} times`, async () => {
      await notes.write('secret', 'word', wordOf(0));
      const reader = await start('readAll');
      for (let number = 1; number <= ROUNDS; number++) await notes.write('secret', 'word', wordOf(number));
      reader.send('stop');
      const [told]: { bad: number; seen: number }[] = await once(reader, 'message');
      assert.equal(told?.bad, 0);
      assert.ok(told.seen > ROUNDS / 100, `${told.seen} versions were read`);
    });

    it('by exactly one of several windows that want to be the first', async () => {
      const rounds = Math.ceil(ROUNDS / 20);
      const windows = await Promise.all(Array.from({ length: WINDOWS }, () => start('race')));
      for (let round = 0; round < rounds; round++) {
        const answers = windows.map((window) => once(window, 'message'));
        for (const window of windows) window.send(round);
        const firsts = (await Promise.all(answers)).filter(([{ first }]) => first === true);
        assert.equal(firsts.length, 1);
        assert.equal(await notes.read(`secret ${round}`, 'told'), firsts[0]?.[0].by);
      }
      assert.equal((await fs.readdir(folder)).length, rounds, 'and nothing is left of the others');
    });

    for (const code of ['EISDIR', 'EXDEV', 'EINVAL', 'EMLINK', 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'UNKNOWN']) {
      it(`by one of several where there are no hard links (${code})`, async () => {
        const unlinked = new SealedNotes(folder, { ...fs, link: failing(code) });
        const firsts = await Promise.all(
          Array.from({ length: WINDOWS }, (_, n) => unlinked.writeFirst('secret', 'told', n)),
        );
        assert.equal(await notes.read('secret', 'told'), firsts.indexOf(true));
        assert.equal(firsts.filter(Boolean).length, 1);
        assert.equal((await fs.readdir(folder)).length, 1);
      });
    }

    it('by the window that is the first even when another stands still before it gives its note a name', async () => {
      const link = async (existing: string, path: string): Promise<void> => {
        assert.equal(await notes.writeFirst('secret', 'told', 'the faster window'), true);
        await fs.link(existing, path);
      };
      assert.equal(await new SealedNotes(folder, { ...fs, link }).writeFirst('secret', 'told', 'the slower'), false);
      assert.equal(await notes.read('secret', 'told'), 'the faster window');
      assert.equal((await fs.readdir(folder)).length, 1);
    });

    it('or the writer is told why not, and nothing is left', async () => {
      const [full, broken] = [failing('ENOSPC'), failing('EROFS')];
      const noNames = new SealedNotes(folder, { ...fs, rename: full, link: full, copyFile: full });
      await assert.rejects(noNames.write('secret', 'callback', callback), { code: 'ENOSPC' });
      await assert.rejects(noNames.writeFirst('secret', 'callback', callback), { code: 'ENOSPC' });
      const readOnly = new SealedNotes(folder, { ...fs, open: broken });
      await assert.rejects(readOnly.write('secret', 'callback', callback), { code: 'EROFS' });
      await assert.rejects(readOnly.writeFirst('secret', 'callback', callback), { code: 'EROFS' });
      await fs.writeFile(join(parent, 'file'), '');
      for (const place of [join(parent, 'file'), join(parent, 'file', 'notes')]) {
        await assert.rejects(new SealedNotes(place).write('secret', 'callback', callback));
        await assert.rejects(new SealedNotes(place).writeFirst('secret', 'callback', callback), 'nor told false');
      }
      for (const payload of [randomBytes(5_000).toString('hex'), undefined, { big: 1n }]) {
        await assert.rejects(notes.write('secret', 'callback', payload), /^(Range|Type)Error/);
        await assert.rejects(notes.writeFirst('secret', 'callback', payload), /^(Range|Type)Error/);
      }
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('in place of a link, not where it leads', async function () {
      if (process.platform === 'win32') this.skip();
      const path = await written('secret', 'callback');
      await fs.rename(path, join(parent, 'elsewhere'));
      const before = await fs.readFile(join(parent, 'elsewhere'));
      await fs.symlink(join(parent, 'elsewhere'), path);
      assert.equal(await notes.read('secret', 'callback'), undefined);
      assert.equal(await notes.writeFirst('secret', 'callback', 'first'), false);
      await notes.write('secret', 'callback', 'again');
      assert.equal(await notes.read('secret', 'callback'), 'again');
      assert.deepEqual(await fs.readFile(join(parent, 'elsewhere')), before);
    });
  });

  describe('are swept', () => {
    const tmp = `${'a'.repeat(40)}.${'b'.repeat(16)}.tmp`;

    async function age(path: string, ageMs: number, now: number): Promise<void> {
      await fs.utimes(path, new Date(now - ageMs), new Date(now - ageMs));
    }

    /** What is in the folder, but for what says when it was swept. */
    async function kept(): Promise<readonly string[]> {
      return (await fs.readdir(folder))
        .filter((name) => name !== 'swept')
        .map((name) => join(folder, name))
        .toSorted();
    }

    /** When everything there is old. */
    async function sweepLater(): Promise<void> {
      const later = Date.now() + 2 * WEEK_MS;
      await notes.sweep(WEEK_MS, later);
      await notes.sweep(WEEK_MS, later + DAY_MS);
    }

    it('when they were a week old a day ago, as are temporary files of writers that died, and nothing else', async () => {
      const now = Date.now();
      const old = await written('secret', 'old');
      const young = await written('secret', 'new');
      const future = await written('secret', 'from a clock that was wrong');
      const [left, foreign] = [join(folder, tmp), join(folder, 'README')];
      await fs.writeFile(left, '');
      await fs.writeFile(foreign, '');
      await age(old, WEEK_MS + 1_000, now);
      await age(young, WEEK_MS - 1_000, now);
      await age(future, -20 * WEEK_MS, now);
      await age(left, WEEK_MS + 1_000, now);
      await age(foreign, 2 * WEEK_MS, now);
      const before = await kept();
      for (const at of [now, now, now + DAY_MS - 1_000]) await notes.sweep(WEEK_MS, at);
      assert.deepEqual(await kept(), before);
      const sweep = (): Promise<void> => new SealedNotes(folder).sweep(WEEK_MS, now + DAY_MS);
      await Promise.all([sweep(), sweep(), sweep()]);
      assert.deepEqual(await kept(), [young, future, foreign].toSorted());
      await notes.sweep(WEEK_MS, now + 30 * WEEK_MS);
      await notes.sweep(WEEK_MS, now + 30 * WEEK_MS + DAY_MS);
      assert.deepEqual(await kept(), [foreign]);
    });

    it('when a writer was killed before it could give its note a name', async () => {
      // The file that it leaves is the one that could not be deleted here.
      const killed = new SealedNotes(folder, { ...fs, rename: failing('EIO'), unlink: failing('EIO') });
      await assert.rejects(killed.write('secret', 'callback', callback));
      assert.equal((await fs.readdir(folder)).length, 1);
      await sweepLater();
      assert.deepEqual(await kept(), []);
    });

    it('not because a clock is wrong for a while, in whatever direction', async () => {
      const now = Date.now();
      for (const daysBefore of [undefined, 0, 1, 5]) {
        await notes.write('secret', `left ${daysBefore} days after the last sweep`, callback);
        if (daysBefore !== undefined) {
          await notes.sweep(WEEK_MS, now - 9 * WEEK_MS);
          await notes.sweep(WEEK_MS, now - daysBefore * DAY_MS);
        }
        const before = await kept();
        for (const wrong of [
          8 * DAY_MS,
          8 * DAY_MS,
          0,
          3_000 * DAY_MS,
          0,
          -8 * DAY_MS,
          0,
          -now,
          -now + DAY_MS / 2,
          0,
        ]) {
          await notes.sweep(WEEK_MS, now + wrong);
          assert.deepEqual(await kept(), before, `${wrong / DAY_MS} days`);
        }
      }
    });

    it('without a word when there is no folder, or when something has the name of a note', async () => {
      await notes.sweep(WEEK_MS);
      const path = await written('secret', 'callback');
      await fs.unlink(path);
      await fs.mkdir(join(path, 'in it'), { recursive: true });
      await fs.writeFile(join(folder, tmp), '');
      await sweepLater();
      assert.deepEqual(await kept(), [path]);
    });

    it('as links, not where these lead', async function () {
      if (process.platform === 'win32') this.skip();
      const path = await written('secret', 'callback');
      await fs.unlink(path);
      await fs.writeFile(join(parent, 'precious'), '');
      await fs.symlink(join(parent, 'precious'), path);
      await sweepLater();
      assert.deepEqual(await kept(), []);
      assert.deepEqual((await fs.readdir(parent)).toSorted(), ['notes', 'precious']);
    });
  });
});
