import assert from 'node:assert/strict';
import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameOf } from '../../../src/ipc/seal.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';

/** More for a soak: `NOTE_ROUNDS=20000 npx mocha test/unit/ipc/sealedNotes.test.ts`. */
const ROUNDS = Number(process.env['NOTE_ROUNDS'] ?? 300);
const WINDOWS = 8;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const WORKER = fileURLToPath(new URL('harness/notesWorker.ts', import.meta.url));

describe('sealed notes', function () {
  this.timeout(30_000 + 300 * ROUNDS);

  const grant = {
    accessToken: 'new access',
    refreshToken: 'new refresh',
    scopes: ['tweet.read', 'ü'],
    expiresAt: 1.5e12,
  };
  const children = new Set<ChildProcess>();
  let parent: string;
  let folder: string;
  let notes: SealedNotes;
  let path: string;

  beforeEach(async () => {
    parent = await fs.mkdtemp(join(tmpdir(), 'x-notes-'));
    folder = join(parent, 'notes');
    notes = new SealedNotes(folder);
    path = join(folder, nameOf('secret', 'grant'));
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

  /** A note made by other code, to what is said about notes: another version of this extension must be able to read it. */
  function sealedElsewhere(payload: unknown, secret: string, purpose: string): { name: string; note: Buffer } {
    const derived = (part: string, bytes: number) =>
      Buffer.from(hkdfSync('sha256', secret, '', `x-authentication note 1 ${part} ${purpose}`, bytes));
    const name = derived('name', 20).toString('hex');
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', derived('key', 32), iv).setAAD(Buffer.from(`1 ${name}`));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()]);
    return { name, note: Buffer.concat([Buffer.of(1), iv, sealed, cipher.getAuthTag()]) };
  }

  describe('are found', () => {
    it('by another version of this extension', async () => {
      const { name, note } = sealedElsewhere(grant, 'secret', 'grant');
      await fs.mkdir(folder);
      await fs.writeFile(join(folder, name), note);
      assert.deepEqual(await notes.read('secret', 'grant'), grant);
    });

    it('by whoever knows the secret and the purpose, in the newest version', async () => {
      await notes.write('secret', 'grant', { older: true });
      await notes.write('secret', 'grant', grant);
      assert.deepEqual(await new SealedNotes(folder).read('secret', 'grant'), grant);
    });

    it('by nobody before they are written, or when there is no folder', async () => {
      assert.equal(await notes.read('secret', 'grant'), undefined);
      await notes.write('secret', 'grant', grant);
      assert.equal(await notes.read('other secret', 'grant'), undefined);
      assert.equal(await notes.read('secret', 'callback'), undefined);
    });

    it('no more once they are removed, which may happen twice', async () => {
      await notes.write('secret', 'grant', grant);
      await notes.remove('secret', 'grant');
      await notes.remove('secret', 'grant');
      assert.equal(await notes.read('secret', 'grant'), undefined);
      assert.deepEqual(await fs.readdir(folder), []);
    });

    it('apart from each other, one per purpose', async () => {
      await notes.write('secret', 'grant', 1);
      await notes.write('secret', 'grant ', 2);
      await notes.write('secret', '', 3);
      const read = await Promise.all(['grant', 'grant ', ''].map((purpose) => notes.read('secret', purpose)));
      assert.deepEqual(read, [1, 2, 3]);
    });
  });

  describe('say nothing to others', () => {
    it('because neither the secret nor the payload is in the folder', async () => {
      const secret = 'dGhlIG9sZCByZWZyZXNoIHRva2Vu';
      await notes.write(secret, 'grant', grant);
      await notes.writeFirst(secret, 'told', { secret });
      for (const name of await fs.readdir(folder)) {
        const text = name + (await fs.readFile(join(folder, name), 'latin1'));
        for (const word of [
          secret,
          Buffer.from(secret).toString('hex'),
          grant.accessToken,
          grant.refreshToken,
          'token',
        ]) {
          assert.ok(!text.includes(word));
        }
      }
    });

    it('because no two of them are alike, though they say the same', async () => {
      await notes.write('secret', 'grant', grant);
      const first = await fs.readFile(path);
      await notes.write('secret', 'grant', grant);
      assert.notDeepEqual(await fs.readFile(path), first);
    });

    it('because only their owner may read them', async function () {
      if (process.platform === 'win32') this.skip();
      await notes.write('secret', 'grant', grant);
      await notes.writeFirst('secret', 'told', grant);
      assert.equal((await fs.stat(folder)).mode & 0o777, 0o700);
      for (const name of await fs.readdir(folder)) {
        assert.equal((await fs.stat(join(folder, name))).mode & 0o777, 0o600);
      }
    });
  });

  describe('are ignored', () => {
    it('when they were cut off, after any byte, or made longer', async () => {
      await notes.write('secret', 'grant', grant);
      const whole = await fs.readFile(path);
      for (let length = 0; length < whole.length; length++) {
        await fs.writeFile(path, whole.subarray(0, length));
        assert.equal(await notes.read('secret', 'grant'), undefined, `${length} bytes`);
      }
      await fs.writeFile(path, Buffer.concat([whole, Buffer.of(0)]));
      assert.equal(await notes.read('secret', 'grant'), undefined);
      await fs.writeFile(path, whole);
      assert.deepEqual(await notes.read('secret', 'grant'), grant);
    });

    it('when any bit was changed', async () => {
      await notes.write('secret', 'grant', 'a grant');
      const whole = await fs.readFile(path);
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const changed = Buffer.from(whole);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await fs.writeFile(path, changed);
        assert.equal(await notes.read('secret', 'grant'), undefined, `bit ${bit}`);
      }
    });

    it('when they were sealed for another name', async () => {
      await notes.write('other secret', 'grant', grant);
      await notes.write('secret', 'callback', grant);
      for (const name of await fs.readdir(folder)) {
        await fs.copyFile(join(folder, name), path);
        assert.equal(await notes.read('secret', 'grant'), undefined);
      }
    });

    it('when they are not files: a folder, a link, a pipe', async function () {
      await fs.mkdir(path, { recursive: true });
      assert.equal(await notes.read('secret', 'grant'), undefined);
      await fs.rmdir(path);
      if (process.platform === 'win32') this.skip();
      await notes.write('secret', 'grant', grant);
      await fs.rename(path, join(parent, 'elsewhere'));
      await fs.symlink(join(parent, 'elsewhere'), path);
      assert.equal(await notes.read('secret', 'grant'), undefined, 'a link to the very note');
      await fs.unlink(path);
      execFileSync('mkfifo', [path]);
      assert.equal(await notes.read('secret', 'grant'), undefined);
      await fs.unlink(path);
      await fs.symlink('/dev/zero', path);
      assert.equal(await notes.read('secret', 'grant'), undefined);
    });

    it('when they are huge', async () => {
      const { note } = sealedElsewhere('x'.repeat(64 * 1024), 'secret', 'grant');
      await fs.mkdir(folder);
      await fs.writeFile(path, note);
      assert.equal(await notes.read('secret', 'grant'), undefined);
      await fs.truncate(path, 2 ** 40);
      assert.equal(await notes.read('secret', 'grant'), undefined);
    });

    it('but not when the machine is out of files to open', async function () {
      if (process.platform === 'win32') this.skip();
      await new SealedNotes(parent).write('secret', 'grant', grant);
      const script = `ulimit -n 64 && exec "$0" "$1" outOfFiles "$2"`;
      const { stdout } = spawnSync('sh', ['-c', script, process.execPath, WORKER, parent], { encoding: 'utf8' });
      assert.equal(stdout.trim(), 'EMFILE');
    });

    for (const code of ['EACCES', 'EPERM', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EIO', 'EINVAL', 'UNKNOWN']) {
      it(`but not when one is there that can’t be read (${code})`, async () => {
        const failing = new SealedNotes(folder, {
          open: () => Promise.reject(Object.assign(new Error('not now'), { code })),
        });
        assert.equal(await failing.read('secret', 'grant'), undefined, 'there is no folder');
        await notes.write('secret', 'grant', grant);
        await assert.rejects(failing.read('secret', 'grant'), { code });
        assert.equal(await failing.read('secret', 'callback'), undefined, 'there is no such note');
      });
    }

    it('but not when even that there is one can’t be said', async () => {
      const fail = () => Promise.reject(Object.assign(new Error('not connected'), { code: 'ENOTCONN' }));
      await assert.rejects(new SealedNotes(folder, { open: fail, lstat: fail }).read('secret', 'grant'), {
        code: 'ENOTCONN',
      });
    });

    it('but not when one may not be read', async function () {
      if (process.platform === 'win32' || process.getuid?.() === 0) this.skip();
      await notes.write('secret', 'grant', grant);
      await fs.chmod(path, 0);
      await assert.rejects(notes.read('secret', 'grant'), { code: 'EACCES' });
    });
  });

  describe('are left whole', () => {
    it(`for a window that reads while another writes ${ROUNDS} times`, async () => {
      const say = (n: number) => notes.write('secret', 'grant', [n, 'x'.repeat(4_000 + n)]);
      await say(0);
      const reader = await start('readAll');
      for (let n = 1; n <= ROUNDS; n++) await say(n);
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
        const firsts = (await Promise.all(answers)).filter(([answer]) => answer.first === true);
        assert.equal(firsts.length, 1);
      }
      assert.equal((await fs.readdir(folder)).length, rounds, 'and nothing is left of the others');
    });

    for (const code of ['EISDIR', 'EXDEV', 'EINVAL', 'EMLINK', 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'UNKNOWN']) {
      it(`by one of several where there are no hard links (${code})`, async () => {
        const link = () => Promise.reject(Object.assign(new Error('no links'), { code }));
        const unlinked = new SealedNotes(folder, { link });
        const firsts = await Promise.all(
          Array.from({ length: WINDOWS }, (_, n) => unlinked.writeFirst('secret', 'grant', n)),
        );
        assert.deepEqual(await notes.read('secret', 'grant'), firsts.indexOf(true));
        assert.equal(firsts.filter(Boolean).length, 1);
        assert.deepEqual(await fs.readdir(folder), [nameOf('secret', 'grant')]);
      });
    }

    it('on the disk before they have their name, which then is on the disk as well', async () => {
      const order: string[] = [];
      const file = await fs.open(parent);
      const methods: { sync: () => Promise<void> } = Object.getPrototypeOf(file);
      await file.close();
      const { sync } = methods;
      methods.sync = function () {
        order.push('sync');
        return sync.call(this);
      };
      try {
        const rename = (from: string, to: string) => (order.push('rename'), fs.rename(from, to));
        const link = (from: string, to: string) => (order.push('link'), fs.link(from, to));
        const watched = new SealedNotes(folder, { rename, link });
        await watched.write('secret', 'grant', grant);
        await watched.writeFirst('secret', 'told', grant);
      } finally {
        methods.sync = sync;
      }
      assert.deepEqual(order, ['sync', 'rename', 'sync', 'sync', 'link', 'sync']);
    });

    it('again when a reader or a virus scanner had the old one open', async () => {
      let refusals = 3;
      const rename = (from: string, to: string) =>
        refusals-- > 0 ? Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' })) : fs.rename(from, to);
      await new SealedNotes(folder, { rename }).write('secret', 'grant', grant);
      assert.equal(refusals, -1);
      assert.deepEqual(await notes.read('secret', 'grant'), grant);
    });

    it('or the writer is told why not, and no rest stays', async () => {
      const full = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      const broken = new SealedNotes(folder, { rename: full, link: full, copyFile: full });
      await assert.rejects(broken.write('secret', 'grant', grant), { code: 'ENOSPC' });
      await assert.rejects(broken.writeFirst('secret', 'grant', grant), { code: 'ENOSPC' });
      assert.deepEqual(await fs.readdir(folder), []);

      await fs.writeFile(join(parent, 'file'), '');
      await assert.rejects(new SealedNotes(join(parent, 'file', 'notes')).write('secret', 'grant', grant), {
        code: 'ENOTDIR',
      });
      await assert.rejects(notes.write('secret', 'grant', undefined), TypeError);
      await assert.rejects(notes.write('secret', 'grant', randomBytes(40_000).toString('hex')), RangeError);
      assert.deepEqual(await fs.readdir(folder), []);
    });
  });

  describe('are swept', () => {
    const tmp = `${'a'.repeat(40)}.${'b'.repeat(16)}.tmp`;

    async function age(name: string, ageMs: number, now: number): Promise<void> {
      await fs.utimes(join(folder, name), new Date(now - ageMs), new Date(now - ageMs));
    }

    /** What is in the folder, but for what says when it was swept. */
    async function kept(): Promise<readonly string[]> {
      return (await fs.readdir(folder)).filter((name) => name !== 'swept').toSorted();
    }

    /** When everything there is old. */
    async function sweepLater(): Promise<void> {
      const later = Date.now() + 2 * WEEK_MS;
      await notes.sweep(WEEK_MS, later);
      await notes.sweep(WEEK_MS, later + DAY_MS);
    }

    it('when they were a week old a day ago, and so are the rests of writers that died, and nothing else', async () => {
      const now = Date.now();
      for (const purpose of ['old', 'new', 'from a clock that was wrong']) await notes.write('secret', purpose, grant);
      await fs.writeFile(join(folder, tmp), '');
      await fs.writeFile(join(folder, 'README'), '');
      await age(nameOf('secret', 'old'), WEEK_MS + 1_000, now);
      await age(nameOf('secret', 'new'), WEEK_MS - 1_000, now);
      await age(nameOf('secret', 'from a clock that was wrong'), -20 * WEEK_MS, now);
      await age(tmp, WEEK_MS + 1_000, now);
      await age('README', 2 * WEEK_MS, now);
      const before = await fs.readdir(folder);
      for (const at of [now, now, now + DAY_MS - 1_000]) await notes.sweep(WEEK_MS, at);
      assert.deepEqual(await kept(), before.toSorted());
      const sweep = (): Promise<void> => new SealedNotes(folder).sweep(WEEK_MS, now + DAY_MS);
      await Promise.all([sweep(), sweep(), sweep()]);
      const [young, future] = [nameOf('secret', 'new'), nameOf('secret', 'from a clock that was wrong')];
      assert.deepEqual(await kept(), [young, future, 'README'].toSorted());
      await notes.sweep(WEEK_MS, now + 30 * WEEK_MS);
      await notes.sweep(WEEK_MS, now + 30 * WEEK_MS + DAY_MS);
      assert.deepEqual(await kept(), ['README']);
    });

    it('not because a clock is wrong for a while, in whatever direction', async () => {
      const now = Date.now();
      for (const daysBefore of [undefined, 0, 1, 5]) {
        await notes.write('secret', `left ${daysBefore} days after the last sweep`, grant);
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
      await fs.mkdir(join(path, 'in it'), { recursive: true });
      await fs.writeFile(join(folder, tmp), '');
      await sweepLater();
      assert.deepEqual(await kept(), [nameOf('secret', 'grant')]);
    });

    it('as links, not where these lead', async function () {
      if (process.platform === 'win32') this.skip();
      await notes.write('secret', 'grant', grant);
      await fs.writeFile(join(parent, 'precious'), '');
      await fs.symlink(join(parent, 'precious'), join(folder, nameOf('other', 'grant')));
      await sweepLater();
      assert.deepEqual(await kept(), []);
      assert.deepEqual((await fs.readdir(parent)).toSorted(), ['notes', 'precious']);
    });
  });
});
