import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import * as realFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Disk } from '../../prove/disk.ts';
import { Files } from '../../prove/files.ts';
import { Schedule } from '../../prove/schedule.ts';

/** What the search's file system has of the real one. */
type Used = Pick<Files, keyof Files>;

interface Case {
  readonly name: string;
  /** Each gives something that can be compared, or fails with a code. */
  readonly actions: readonly ((fs: Used, root: string) => Promise<unknown>)[];
}

const { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK, O_CREAT, O_EXCL, COPYFILE_EXCL } = constants;

const write =
  (name: string, text: string, flag = 'w') =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.writeFile(join(root, name), text, { flag });
const read =
  (name: string) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.readFile(join(root, name), 'utf8');
const names =
  (name = '.') =>
  async (fs: Used, root: string): Promise<unknown> =>
    (await fs.readdir(join(root, name))).toSorted();
const make =
  (name: string, recursive = false) =>
  async (fs: Used, root: string): Promise<unknown> =>
    (await fs.mkdir(join(root, name), { recursive }))?.slice(root.length);
const rename =
  (from: string, to: string) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.rename(join(root, from), join(root, to));
const kind =
  (name: string, how: 'stat' | 'lstat' = 'lstat') =>
  async (fs: Used, root: string): Promise<unknown> => {
    const stat = await fs[how](join(root, name));
    const size = stat.isFile() ? stat.size : 0;
    return [stat.isFile(), stat.isDirectory(), stat.isSymbolicLink(), size];
  };
const on =
  (action: 'rmdir' | 'unlink' | 'readlink' | 'access', name: string) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs[action](join(root, name));
const open =
  (name: string, flags: string | number) =>
  async (fs: Used, root: string): Promise<unknown> => {
    const file = await fs.open(join(root, name), flags);
    const stat = await file.stat();
    await file.close();
    return [stat.isFile(), stat.isFile() ? stat.size : 0];
  };
const link =
  (existing: string, name: string) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.link(join(root, existing), join(root, name));
const symlink =
  (target: string, name: string) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.symlink(target, join(root, name));
const copy =
  (from: string, to: string, mode = 0) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.copyFile(join(root, from), join(root, to), mode);
const remove =
  (name: string, options: { recursive?: boolean; force?: boolean } = {}) =>
  (fs: Used, root: string): Promise<unknown> =>
    fs.rm(join(root, name), options);

const cases: readonly Case[] = [
  {
    name: 'files',
    actions: [
      read('a'),
      write('a', 'one'),
      read('a'),
      write('a', 'two', 'wx'),
      write('a', 'three'),
      read('a'),
      write('none/a', 'x'),
      write('a/b', 'x'),
      read('.'),
      write('.', 'x'),
      kind('a'),
      kind('b'),
      on('access', 'a'),
      on('access', 'b'),
      on('rmdir', 'a'),
      on('unlink', 'a'),
      on('unlink', 'a'),
      names(),
    ],
  },
  {
    name: 'flags',
    actions: [
      open('a', 'r'),
      open('a', 'r+'),
      open('a', 'wx'),
      open('a', 'wx'),
      write('a', 'text'),
      open('a', 'r+'),
      open('a', O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
      open('a', O_RDWR | O_CREAT | O_EXCL),
      open('b', O_RDWR | O_CREAT | O_EXCL),
      open('a', 'w'),
      make('folder'),
      open('folder', 'r'),
      open('folder', 'r+'),
      open('folder', 'w'),
      open('folder', 'wx'),
      symlink('a', 'to a'),
      open('to a', 'r'),
      open('to a', O_RDONLY | O_NOFOLLOW),
      open('to a', 'wx'),
      symlink('nothing', 'to nothing'),
      open('to nothing', 'r'),
      open('to nothing', 'wx'),
      open('to nothing', 'w'),
      names(),
    ],
  },
  {
    name: 'handles',
    actions: [
      async (fs, root) => {
        const file = await fs.open(join(root, 'a'), 'wx+');
        await file.write(Buffer.from('abcdef'), 0, 6, 0);
        await file.write(Buffer.from('xyXYxy'), 2, 2, 1);
        await file.write(Buffer.from('end'), 0, 3, 8);
        await file.datasync();
        const whole = await file.read(Buffer.alloc(20), 0, 20, 0);
        const part = await file.read(Buffer.alloc(4, '.'), 1, 2, 3);
        await file.truncate(5);
        const { size } = await file.stat();
        await file.sync();
        await file.close();
        return [whole.bytesRead, whole.buffer.toString(), part.bytesRead, part.buffer.toString(), size];
      },
      read('a'),
      async (fs, root) => {
        const file = await fs.open(join(root, 'a'), 'r');
        const first = await file.read(Buffer.alloc(3), 0, 3, null);
        const second = await file.read(Buffer.alloc(3), 0, 3, null);
        await file.close();
        return [first.buffer.toString(), second.bytesRead];
      },
      async (fs, root) => {
        const file = await fs.open(join(root, 'b'), 'wx');
        await file.writeFile('one');
        await file.writeFile('two');
        await file.close();
      },
      read('b'),
      async (fs, root) => {
        const file = await fs.open(join(root, 'b'), 'r+');
        await fs.unlink(join(root, 'b'));
        await file.write(Buffer.from('X'), 0, 1, 0);
        const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
        await file.close();
        return buffer.toString();
      },
      read('b'),
    ],
  },
  {
    name: 'folders',
    actions: [
      make('a'),
      make('a'),
      make('a', true),
      make('b/c'),
      make('b/c/d', true),
      make('b/c/e', true),
      write('f', ''),
      make('f'),
      make('f', true),
      make('f/g', true),
      names('b/c'),
      names('f'),
      names('g'),
      on('rmdir', 'b'),
      on('rmdir', 'a'),
      on('rmdir', 'a'),
      on('unlink', 'b'),
      remove('b'),
      remove('g'),
      remove('g', { force: true }),
      remove('b', { recursive: true }),
      remove('f'),
      names(),
    ],
  },
  {
    name: 'rename',
    actions: [
      write('a', 'one'),
      write('b', 'two'),
      rename('a', 'b'),
      read('b'),
      rename('a', 'b'),
      rename('b', 'none/b'),
      make('empty'),
      make('bid/token', true),
      rename('bid', 'empty'),
      names('empty'),
      make('other/token', true),
      rename('other', 'empty'),
      rename('other', 'b'),
      rename('b', 'other'),
      rename('other', 'other/inside'),
      rename('other', 'other'),
      rename('other/token', 'moved'),
      names(),
      names('other'),
    ],
  },
  {
    name: 'links and copies',
    actions: [
      write('a', 'one'),
      link('a', 'b'),
      link('a', 'b'),
      link('none', 'c'),
      write('a', 'changed'),
      read('b'),
      rename('a', 'b'),
      names(),
      copy('a', 'c', COPYFILE_EXCL),
      copy('a', 'c', COPYFILE_EXCL),
      copy('a', 'c'),
      copy('none', 'd'),
      copy('a', 'none/d'),
      read('c'),
      make('folder'),
      link('folder', 'd'),
      symlink('folder', 'to folder'),
      symlink('folder', 'to folder'),
      on('readlink', 'to folder'),
      on('readlink', 'a'),
      kind('to folder'),
      kind('to folder', 'stat'),
      write('to folder/inside', 'x'),
      names('folder'),
      on('rmdir', 'to folder'),
      on('unlink', 'to folder'),
      symlink('loop', 'loop'),
      read('loop'),
      names(),
    ],
  },
  {
    name: 'times and numbers',
    actions: [
      write('a', 'x'),
      async (fs, root) => {
        await fs.utimes(join(root, 'a'), new Date(1_000_000), new Date(2_000_000));
        const { mtimeMs } = await fs.stat(join(root, 'a'));
        const { mtimeNs, size } = await fs.lstat(join(root, 'a'), { bigint: true });
        return [mtimeMs, (mtimeNs ?? 0n) / 1_000_000n, size];
      },
      async (fs, root) => {
        await fs.link(join(root, 'a'), join(root, 'b'));
        const [a, b] = [await fs.stat(join(root, 'a')), await fs.stat(join(root, 'b'))];
        return [a.ino === b.ino, a.nlink];
      },
      async (fs, root) => {
        const before = await fs.stat(join(root, 'a'));
        await fs.writeFile(join(root, 'new'), 'y');
        await fs.rename(join(root, 'new'), join(root, 'a'));
        const after = await fs.stat(join(root, 'a'));
        return [before.ino === after.ino, after.nlink];
      },
    ],
  },
];

async function outcomes(actions: Case['actions'], fs: Used, root: string): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const action of actions) {
    try {
      all.push(await action(fs, root));
    } catch (error) {
      all.push(error instanceof Error && 'code' in error ? error.code : error);
    }
  }
  return all;
}

const real: Used = Object.assign(Object.create(null), realFiles);

describe('The file system of the search', () => {
  for (const { name, actions } of cases) {
    it(`does what the real one does: ${name}`, async function () {
      if (process.platform !== 'linux') this.skip();
      const folder = await realFiles.mkdtemp(join(tmpdir(), 'x-authentication-'));
      const expected = await outcomes(actions, real, folder);
      await realFiles.rm(folder, { recursive: true });

      const schedule = new Schedule(Date.UTC(2026, 6, 1));
      const disk = new Disk(() => schedule.now);
      disk.mkdirs('/root');
      let found: readonly unknown[] | undefined;
      void schedule.start('test', undefined, async () => {
        found = await outcomes(actions, new Files(disk, schedule, (path) => path), '/root');
      });
      await schedule.run(() => found !== undefined);
      assert.deepEqual(found, expected);
    });
  }

  it('has no room for what needs a block, when it is full, and none but for hard links where there are none', () => {
    const disk = new Disk(() => 0);
    disk.write(disk.open('/a', O_RDWR | O_CREAT, 0o600), 0, Buffer.alloc(8192));
    disk.faults.isFull = true;
    disk.write(disk.open('/a', O_RDWR, 0), 4096, Buffer.alloc(4096));
    disk.mkdir('/folder');
    assert.throws(() => disk.write(disk.open('/a', O_RDWR, 0), 8192, Buffer.alloc(1)), { code: 'ENOSPC' });
    assert.throws(() => disk.open('/b', O_RDWR | O_CREAT, 0), { code: 'ENOSPC' });
    disk.faults.hasNoHardLinks = true;
    assert.throws(() => disk.link('/a', '/b'), { code: 'EPERM' });
  });
});
