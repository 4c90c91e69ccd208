import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_TEXT_BYTES, NewerVersionError, SealedFile, type SlotFiles } from '../../../src/ipc/sealedFile.ts';
import { isWord, wordOf } from './harness/words.ts';

const KEY = randomBytes(32);
const SLOT_BYTES = 8 * 1024;
const NO_PERMISSIONS = process.platform === 'win32';

/** What fills a slot to the last byte. */
const LONGEST = 'x'.repeat(MAX_TEXT_BYTES - 2);

describe('A sealed file', () => {
  let parent: string;
  let folder: string;
  let path: string;
  let file: SealedFile;

  beforeEach(async () => {
    parent = await fs.mkdtemp(join(tmpdir(), 'x-sealed-file-'));
    folder = join(parent, 'files');
    path = join(folder, 'name');
    file = new SealedFile(folder, 'name', KEY);
  });

  afterEach(() => fs.rm(parent, { recursive: true, force: true }));

  async function say(...payloads: readonly unknown[]): Promise<void> {
    for (const payload of payloads) await file.write(payload, await file.read());
  }

  async function read(reader = file): Promise<unknown> {
    return (await reader.read())?.payload;
  }

  it('says what was written last, however often', async () => {
    assert.equal(await file.read(), undefined);
    assert.equal(await file.signature(), undefined);
    for (let number = 1; number <= 20; number++) {
      await say(wordOf(number));
      const reading = await new SealedFile(folder, 'name', KEY).read();
      assert.deepEqual(reading, { payload: wordOf(number), revision: number, slot: (number - 1) % 2 });
    }
  });

  it('can be written again with what writing it resolved to', async () => {
    let before = await file.write('first', undefined);
    for (const text of ['second', 'third', 'fourth']) {
      before = await file.write(text, before);
      assert.deepEqual(await file.read(), before);
      assert.equal(before.payload, text);
    }
  });

  it('takes texts of every length up to a slot, in a file that is always of one size', async () => {
    for (const payload of ['', null, 0, [], { umlaut: 'ä€😀' }, LONGEST]) {
      await say(payload);
      assert.deepEqual(await read(), payload);
      assert.equal((await fs.stat(path)).size, 2 * SLOT_BYTES);
    }
  });

  it('takes nothing that is too long, and keeps what it said', async () => {
    await assert.rejects(file.write(`${LONGEST}x`, undefined), RangeError);
    assert.equal(await file.read(), undefined);
    await say('before');
    await assert.rejects(say(`${LONGEST}x`), RangeError);
    await assert.rejects(say('ä'.repeat(MAX_TEXT_BYTES / 2)), RangeError, 'bytes count, not characters');
    assert.equal(await read(), 'before');
    assert.deepEqual(await fs.readdir(folder), ['name']);
  });

  it('is written in place: it stays the same file, and only the slot changes that was the older one', async () => {
    await say('first', 'second');
    for (const [slot, text] of [
      [0, 'third'],
      [1, 'fourth'],
      [0, 'fifth'],
    ] as const) {
      const [{ ino }, before] = [await fs.stat(path), await fs.readFile(path)];
      await say(text);
      const after = await fs.readFile(path);
      assert.equal((await fs.stat(path)).ino, ino);
      const other = 1 - slot;
      assert.deepEqual(slotOf(after, other), slotOf(before, other));
      assert.notDeepEqual(slotOf(after, slot), slotOf(before, slot));
    }
  });

  it('has another signature when it was written in place, or another file is in its place, and otherwise the same', async () => {
    await say('first');
    const signature = await file.signature();
    await file.read();
    assert.equal(await new SealedFile(folder, 'name', KEY).signature(), signature);
    const stat = await fs.lstat(path, { bigint: true });
    for (const name of ['ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
      const lstat: SlotFiles['lstat'] = async () => ({ ...stat, isFile: () => true, [name]: stat[name] + 1n });
      assert.notEqual(await new SealedFile(folder, 'name', KEY, { ...fs, lstat }).signature(), signature, name);
    }
  });

  it('is for this user alone', async function () {
    if (NO_PERMISSIONS) this.skip();
    await say('first', 'second');
    assert.equal((await fs.stat(folder)).mode & 0o777, 0o700);
    assert.equal((await fs.stat(path)).mode & 0o777, 0o600);
  });

  it('shows nothing of what it says, not even how long that is', async () => {
    await say('a secret', LONGEST);
    const bytes = await fs.readFile(path);
    assert.ok(!bytes.includes('secret') && !bytes.includes('xxxxxxxx'));
    assert.ok(!bytes.includes(KEY));
    await say('a secret', 'a secret');
    const after = await fs.readFile(path);
    assert.notDeepEqual(slotOf(after, 0).subarray(3), slotOf(after, 1).subarray(3));
    const zeros = (buffer: Buffer): number => buffer.filter((byte) => byte === 0).length;
    assert.ok(zeros(slotOf(after, 0)) < 100, 'what is left of a slot is sealed as well');
  });

  it('is gone when it is removed, and may be so already', async () => {
    await say('first');
    await file.remove();
    await file.remove();
    assert.equal(await file.read(), undefined);
    assert.deepEqual(await fs.readdir(folder), []);
    await fs.rm(folder, { recursive: true });
    await fs.writeFile(folder, 'no folder');
    await file.remove();
    assert.equal(await file.read(), undefined);
    assert.equal(await file.signature(), undefined);
  });

  it('says what it said before a write that was cut off, wherever it was', async () => {
    await say('older', 'newer');
    const before = await fs.readFile(path);
    await say('newest');
    const after = await fs.readFile(path);
    for (let cut = 0; cut <= SLOT_BYTES; cut += cut < 64 || cut > SLOT_BYTES - 64 ? 1 : 61) {
      await fs.writeFile(path, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
      // The magic bytes and the version are the same in every write.
      const expected = cut === SLOT_BYTES ? 'newest' : 'newer';
      assert.equal(await read(), expected, `after ${cut} bytes`);
    }
    const torn = Buffer.concat([after.subarray(0, 4_096), before.subarray(4_096)]);
    await fs.writeFile(path, torn);
    await say('after the crash');
    assert.equal(await read(), 'after the crash');
    assert.deepEqual(slotOf(await fs.readFile(path), 1), slotOf(before, 1), 'in the slot that is torn');
  });

  it('says what the other slot has, when any byte of the newest was altered', async () => {
    await say('older', 'newer');
    const whole = await fs.readFile(path);
    for (const at of [0, 1, 3, 14, 15, 26, 27, 500, SLOT_BYTES - 17, SLOT_BYTES - 1]) {
      const altered = Buffer.from(whole);
      altered[SLOT_BYTES + at] = (altered[SLOT_BYTES + at] ?? 0) ^ 1;
      await fs.writeFile(path, altered);
      assert.equal(await read(), 'older', `byte ${at}`);
    }
  });

  for (const [what, damage] of [
    ['empty', () => Buffer.alloc(0)],
    ['one byte', (whole: Buffer) => whole.subarray(0, 1)],
    ['less than a slot', (whole: Buffer) => whole.subarray(0, SLOT_BYTES - 1)],
    ['zeros', () => Buffer.alloc(2 * SLOT_BYTES)],
    ['noise', () => randomBytes(2 * SLOT_BYTES)],
    ['text', () => Buffer.from('{"payload":"forged"}')],
    ['both slots, exchanged', (whole: Buffer) => Buffer.concat([slotOf(whole, 1), slotOf(whole, 0)])],
    ['the older slot in the place of the newer, moved by a byte', (whole: Buffer) => whole.subarray(1)],
  ] as const) {
    it(`says nothing where there is ${what}, and can be written again`, async () => {
      await say('older', 'newer');
      await fs.writeFile(path, damage(await fs.readFile(path)));
      assert.equal(await file.read(), undefined);
      await say('again');
      assert.equal(await read(), 'again');
      assert.equal((await fs.stat(path)).size, 2 * SLOT_BYTES);
    });
  }

  it('says what the first slot has, when it was cut off after that', async () => {
    await say('older', 'newer');
    await fs.truncate(path, SLOT_BYTES + 100);
    assert.equal(await read(), 'older');
    await say('again');
    assert.deepEqual(await file.read(), { payload: 'again', revision: 2, slot: 1 });
  });

  it('says nothing to who has another key, or looks under another name', async () => {
    await say('first', 'second');
    await fs.copyFile(path, join(folder, 'other'));
    assert.equal(await read(new SealedFile(folder, 'name', randomBytes(32))), undefined);
    assert.equal(await read(new SealedFile(folder, 'other', KEY)), undefined);
  });

  it('is not read by an older version, which does not take it for damaged either', async () => {
    for (const slot of [0, 1]) {
      await fs.rm(folder, { recursive: true, force: true });
      await say('older', 'newer');
      const bytes = await fs.readFile(path);
      bytes[slot * SLOT_BYTES + 2] = 2;
      await fs.writeFile(path, bytes);
      await assert.rejects(file.read(), NewerVersionError);
    }
  });

  describe('in whose place is', () => {
    it('a folder, says nothing', async () => {
      await fs.mkdir(path, { recursive: true });
      assert.equal(await file.read(), undefined);
      await assert.rejects(file.write('first', undefined));
      assert.deepEqual(await fs.readdir(folder), ['name'], 'and leaves nothing behind');
    });

    it('a link, is not what that leads to, and never writes there', async function () {
      if (process.platform === 'win32') this.skip();
      await say('first');
      await fs.rename(path, join(parent, 'elsewhere'));
      await fs.symlink(join(parent, 'elsewhere'), path);
      const before = await fs.readFile(join(parent, 'elsewhere'));
      assert.equal(await file.read(), undefined);
      await say('second');
      assert.equal(await read(), 'second');
      assert.ok((await fs.lstat(path)).isFile());
      assert.deepEqual(await fs.readFile(join(parent, 'elsewhere')), before);
    });

    it('a pipe or a device, says nothing and does not wait for any', async function () {
      if (process.platform === 'win32') this.skip();
      await fs.mkdir(folder);
      execFileSync('mkfifo', [path]);
      assert.equal(await file.read(), undefined);
      await fs.unlink(path);
      await fs.symlink('/dev/zero', path);
      assert.equal(await file.read(), undefined);
    });
  });

  describe('on a disk that', () => {
    it('is full leaves nothing behind when it can’t be made', async () => {
      for (const step of ['open', 'write', 'datasync', 'rename'] as const) {
        const broken = new SealedFile(folder, 'name', KEY, failing({ ...fs }, step, 'ENOSPC'));
        await assert.rejects(broken.write('first', undefined), { code: 'ENOSPC' });
        assert.deepEqual(await fs.readdir(folder), [], step);
        assert.equal(await file.read(), undefined);
      }
    });

    it('is full has room for all that is written later', async () => {
      await say('first');
      const files = { ...fs, mkdir: full, rename: full };
      const writer = new SealedFile(folder, 'name', KEY, {
        ...files,
        open: (name, flags, mode) => (flags === 'wx' ? full() : fs.open(name, flags, mode)),
      });
      for (const text of ['second', LONGEST, 'third']) await writer.write(text, await writer.read());
      assert.equal(await read(), 'third');
    });

    it('fails in the middle is said to have failed, and keeps what it had', async () => {
      await say('older', 'newer');
      for (const step of ['write', 'datasync'] as const) {
        const broken = new SealedFile(folder, 'name', KEY, failing({ ...fs }, step, 'EIO'));
        await assert.rejects(broken.write('newest', await broken.read()), { code: 'EIO' });
        if (step === 'write') assert.equal(await read(), 'newer');
      }
    });

    it('takes and gives less at once than it is asked for gets and gives everything', async () => {
      const reluctant = new SealedFile(
        folder,
        'name',
        KEY,
        wrapped({ ...fs }, (name, call) => (...parts) => {
          // Buffer, offset, length, position.
          if ((name === 'write' || name === 'read') && typeof parts[2] === 'number')
            parts[2] = Math.min(parts[2], 1_000);
          return call(...parts);
        }),
      );
      for (const text of ['first', 'second', LONGEST]) await reluctant.write(text, await reluctant.read());
      assert.equal(await read(), LONGEST);
      assert.equal(await read(reluctant), LONGEST);
    });

    it('takes no more is said to have failed', async () => {
      await say('older', 'newer');
      const none = async (): Promise<unknown> => ({ bytesWritten: 0 });
      const broken = new SealedFile(
        folder,
        'name',
        KEY,
        wrapped({ ...fs }, (name, call) => (name === 'write' ? none : call)),
      );
      await assert.rejects(broken.write('newest', await broken.read()));
      assert.equal(await read(), 'newer');
    });

    for (const code of ['EACCES', 'EIO', 'ESTALE', 'EMFILE']) {
      it(`does not let it be read now says so (${code})`, async () => {
        await say('first');
        const open = (): Promise<never> => Promise.reject(Object.assign(new Error('not now'), { code }));
        await assert.rejects(new SealedFile(folder, 'name', KEY, { ...fs, open }).read(), { code });
      });
    }

    it('does not even tell whether there is one says so', async () => {
      const fail = (): Promise<never> =>
        Promise.reject(Object.assign(new Error('not connected'), { code: 'ENOTCONN' }));
      const lost = new SealedFile(folder, 'name', KEY, { ...fs, open: fail, lstat: fail });
      await assert.rejects(lost.read(), { code: 'ENOTCONN' });
    });

    it('has it in use by a reader or a virus scanner is tried again', async () => {
      let refusals = 3;
      const rename: SlotFiles['rename'] = (from, to) =>
        refusals-- > 0 ? Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' })) : fs.rename(from, to);
      await new SealedFile(folder, 'name', KEY, { ...fs, rename }).write('first', undefined);
      assert.equal(refusals, -1);
      assert.equal(await read(), 'first');
    });

    it('has a power cut keeps a new one whole: first its bytes are synced, then it gets its name, then that is synced', async () => {
      const steps: string[] = [];
      const handle = await fs.open(parent);
      const methods: { sync: () => Promise<void> } = Object.getPrototypeOf(handle);
      await handle.close();
      const { sync } = methods;
      methods.sync = function () {
        steps.push('sync');
        return sync.call(this);
      };
      const rename: SlotFiles['rename'] = (from, to) => (steps.push('rename'), fs.rename(from, to));
      const files = wrapped({ ...fs, rename }, (name, call) =>
        name === 'datasync' ? () => (steps.push('datasync'), call()) : call,
      );
      try {
        await new SealedFile(folder, 'name', KEY, files).write('first', undefined);
      } finally {
        methods.sync = sync;
      }
      assert.deepEqual(steps, ['datasync', 'rename', 'sync']);
    });

    it('can’t sync is written all the same', async () => {
      const files = failing({ ...fs }, 'datasync', 'EINVAL');
      const unsynced = new SealedFile(folder, 'name', KEY, files);
      await unsynced.write('first', undefined);
      await unsynced.write('second', await unsynced.read());
      assert.equal(await read(), 'second');
    });

    it('was slow while a reader read it, and both slots were being written, is read again', async () => {
      await say('older', 'newer');
      const whole = await fs.readFile(path);
      let reads = 0;
      const reader = new SealedFile(
        folder,
        'name',
        KEY,
        wrapped({ ...fs }, (name, call) => async (...parts) => {
          const result = await call(...parts);
          if (name === 'read' && reads++ === 0 && Buffer.isBuffer(parts[0])) parts[0].fill(1, 100, whole.length - 100);
          return result;
        }),
      );
      assert.equal(await read(reader), 'newer');
    });
  });

  it('leaves no open file behind, whatever happens', async function () {
    if (process.platform !== 'linux') this.skip();
    const open = async (): Promise<number> => (await fs.readdir('/proc/self/fd')).length;
    const before = await open();
    await say('older', 'newer');
    for (const step of ['write', 'datasync', 'rename'] as const) {
      const broken = new SealedFile(folder, 'name', KEY, failing({ ...fs }, step, 'EIO'));
      await broken.write('newest', await broken.read()).catch(() => undefined);
      await broken.write('newest', undefined).catch(() => undefined);
    }
    assert.equal(await open(), before);
  });

  it('counts for several processes that write it under a lock, and is never torn for those that read it', async function () {
    this.timeout(60_000);
    await say(wordOf(0));
    const start = async (job: string): Promise<ChildProcess> => {
      const worker = fileURLToPath(new URL('harness/sealedFileWorker.ts', import.meta.url));
      const child = fork(worker, [job, folder, KEY.toString('hex')]);
      await once(child, 'message');
      return child;
    };
    const writers = await Promise.all([start('count'), start('count')]);
    const readers = await Promise.all([start('readAll'), start('readAll')]);
    const written = writers.map((writer) => once(writer, 'message'));
    for (const writer of writers) writer.send(150);
    await Promise.all(written);
    const told = readers.map((reader) => once(reader, 'message'));
    for (const reader of readers) reader.send('stop');
    for (const [{ bad, seen }] of await Promise.all(told)) {
      assert.equal(bad, 0);
      assert.ok(seen > 20, `only ${seen} of 300 were seen`);
    }
    const last = await read();
    assert.ok(isWord(last));
    assert.equal(last.number, 300);
  });
});

function slotOf(bytes: Buffer, slot: number): Buffer {
  return bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
}

function full(): Promise<never> {
  return Promise.reject(Object.assign(new Error('the disk is full'), { code: 'ENOSPC' }));
}

type Call = (...parts: unknown[]) => unknown;

/** Files whose open handles do something else as well. */
function wrapped(files: SlotFiles, wrap: (name: string, call: Call) => Call): SlotFiles {
  const open: SlotFiles['open'] = async (...how) => {
    const handle = await files.open(...how);
    return new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return wrap(String(name), (...parts) => Reflect.apply(value, target, parts));
      },
    });
  };
  return { ...files, open };
}

/** Files of which one step fails that writing takes. */
function failing(files: SlotFiles, step: 'open' | 'write' | 'datasync' | 'rename', code: string): SlotFiles {
  const fail = (): Promise<never> => Promise.reject(Object.assign(new Error('it fails'), { code }));
  if (step === 'rename') return { ...files, rename: fail };
  if (step === 'open')
    return { ...files, open: (path, flags, mode) => (flags === 'wx' ? fail() : files.open(path, flags, mode)) };
  const names = step === 'write' ? ['write', 'writeFile'] : [step];
  return wrapped(files, (name, call) => (names.includes(name) ? fail : call));
}
