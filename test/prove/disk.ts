import { constants } from 'node:fs';

/** The type bits of a mode, as stat(2) has them. */
const TYPES = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

const MESSAGES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBADF: 'bad file descriptor',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EISDIR: 'illegal operation on a directory',
  ELOOP: 'too many symbolic links encountered',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EPERM: 'operation not permitted',
};

const MAX_LINKS = 40;

/** Space is taken in blocks: what fits into the last one of a file needs no room that is not there. */
const BLOCK_BYTES = 4096;

interface Inode {
  readonly kind: 'file' | 'directory' | 'link';
  readonly ino: number;
  mode: number;
  changedAtMs: number;
  /** Counts changes, so that two of them in one millisecond differ. */
  changes: number;
  links: number;
}

export interface DiskFile extends Inode {
  readonly kind: 'file';
  bytes: Buffer;
}

interface Directory extends Inode {
  readonly kind: 'directory';
  readonly entries: Map<string, Entry>;
}

interface Link extends Inode {
  readonly kind: 'link';
  readonly target: string;
}

type Entry = DiskFile | Directory | Link;

/** What is wrong with the disk. */
export interface DiskFaults {
  /** Whatever needs a block, a new file or a longer one, fails. A folder needs none. */
  isFull: boolean;
  /** FAT, some network drives. */
  hasNoHardLinks: boolean;
}

/** The part of `fs.Stats` and `fs.BigIntStats` that anybody asks for. */
export class Stats {
  readonly ino: number | bigint;
  readonly size: number | bigint;
  readonly mode: number | bigint;
  readonly nlink: number | bigint;
  readonly mtimeMs: number | bigint;
  readonly ctimeMs: number | bigint;
  readonly mtimeNs: bigint | undefined;
  readonly ctimeNs: bigint | undefined;
  readonly mtime: Date;
  readonly #kind: Inode['kind'];

  constructor(entry: Entry, bigint: boolean) {
    const number = (value: number): number | bigint => (bigint ? BigInt(Math.floor(value)) : value);
    const nanoseconds = bigint
      ? BigInt(Math.floor(entry.changedAtMs)) * 1_000_000n + BigInt(entry.changes % 1_000_000)
      : undefined;
    this.#kind = entry.kind;
    this.ino = number(entry.ino);
    this.size = number(sizeOf(entry));
    this.mode = number(TYPES[entry.kind] | entry.mode);
    this.nlink = number(entry.links);
    this.mtimeMs = number(entry.changedAtMs);
    this.ctimeMs = number(entry.changedAtMs);
    this.mtimeNs = nanoseconds;
    this.ctimeNs = nanoseconds;
    this.mtime = new Date(entry.changedAtMs);
  }

  isFile(): boolean {
    return this.#kind === 'file';
  }

  isDirectory(): boolean {
    return this.#kind === 'directory';
  }

  isSymbolicLink(): boolean {
    return this.#kind === 'link';
  }
}

/** A file system in memory, with the rules and the error codes of Linux. Everything happens at once; files.ts makes steps of it. */
export class Disk {
  readonly faults: DiskFaults = { isFull: false, hasNoHardLinks: false };
  readonly #now: () => number;
  readonly #root: Directory;
  #inodes = 0;
  #changes = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#root = { kind: 'directory', entries: new Map(), ...this.#newInode(0o755) };
  }

  open(path: string, flags: number, mode: number): DiskFile | Directory {
    const mayCreate = (flags & constants.O_CREAT) !== 0;
    const exclusive = mayCreate && (flags & constants.O_EXCL) !== 0;
    const noFollow = exclusive || (flags & constants.O_NOFOLLOW) !== 0;
    const { parent, name, entry } = this.#find('open', path, !noFollow);
    if (entry === undefined) {
      if (!mayCreate) throw failure('ENOENT', 'open', path);
      this.#needRoom('open', path);
      const file: DiskFile = { kind: 'file', bytes: Buffer.alloc(0), ...this.#newInode(mode) };
      this.#enter(parent, name, file);
      return file;
    }
    if (exclusive) throw failure('EEXIST', 'open', path);
    if (entry.kind === 'link') throw failure('ELOOP', 'open', path);
    const writes = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    if (entry.kind === 'directory') {
      if (writes || mayCreate) throw failure('EISDIR', 'open', path);
      return entry;
    }
    if ((flags & constants.O_DIRECTORY) !== 0) throw failure('ENOTDIR', 'open', path);
    if ((flags & constants.O_TRUNC) !== 0) this.truncate(entry, 0);
    return entry;
  }

  read(file: DiskFile | Directory, position: number, length: number): Buffer {
    if (file.kind === 'directory') throw failure('EISDIR', 'read');
    return file.bytes.subarray(position, position + length);
  }

  write(file: DiskFile | Directory, position: number, bytes: Uint8Array): void {
    if (file.kind === 'directory') throw failure('EBADF', 'write');
    const end = Math.max(file.bytes.length, position + bytes.length);
    if (Math.ceil(end / BLOCK_BYTES) > Math.ceil(file.bytes.length / BLOCK_BYTES)) this.#needRoom('write');
    // A copy, as whoever has read the file keeps what it said.
    const whole = Buffer.alloc(end);
    file.bytes.copy(whole);
    whole.set(bytes, position);
    file.bytes = whole;
    this.#touch(file);
  }

  truncate(file: DiskFile | Directory, length: number): void {
    if (file.kind === 'directory') throw failure('EINVAL', 'ftruncate');
    const whole = Buffer.alloc(length);
    file.bytes.copy(whole);
    file.bytes = whole;
    this.#touch(file);
  }

  statOf(entry: DiskFile | Directory, bigint = false): Stats {
    return new Stats(entry, bigint);
  }

  stat(path: string, bigint = false): Stats {
    return new Stats(this.#existing('stat', path, true).entry, bigint);
  }

  lstat(path: string, bigint = false): Stats {
    return new Stats(this.#existing('lstat', path, false).entry, bigint);
  }

  readdir(path: string): string[] {
    const { entry } = this.#existing('scandir', path, true);
    if (entry.kind !== 'directory') throw failure('ENOTDIR', 'scandir', path);
    return [...entry.entries.keys()].toSorted();
  }

  readlink(path: string): string {
    const { entry } = this.#existing('readlink', path, false);
    if (entry.kind !== 'link') throw failure('EINVAL', 'readlink', path);
    return entry.target;
  }

  symlink(target: string, path: string): void {
    const { parent, name, entry } = this.#find('symlink', path, false);
    if (entry !== undefined) throw failure('EEXIST', 'symlink', path);
    this.#enter(parent, name, { kind: 'link', target, ...this.#newInode(0o777) });
  }

  mkdir(path: string, mode = 0o777): void {
    const { parent, name, entry } = this.#find('mkdir', path, false);
    if (entry !== undefined) throw failure('EEXIST', 'mkdir', path);
    this.#enter(parent, name, { kind: 'directory', entries: new Map(), ...this.#newInode(mode) });
  }

  /** The first folder that was made; undefined if all were there. */
  mkdirs(path: string, mode = 0o777): string | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    let first: string | undefined;
    for (let depth = 1; depth <= parts.length; depth++) {
      const ancestor = `/${parts.slice(0, depth).join('/')}`;
      const { entry } = this.#find('mkdir', ancestor, true);
      if (entry === undefined) {
        this.mkdir(ancestor, mode);
        first ??= ancestor;
      } else if (entry.kind !== 'directory') {
        throw failure(depth === parts.length ? 'EEXIST' : 'ENOTDIR', 'mkdir', path);
      }
    }
    return first;
  }

  rmdir(path: string): void {
    const { parent, name, entry } = this.#existing('rmdir', path, false);
    if (entry.kind !== 'directory') throw failure('ENOTDIR', 'rmdir', path);
    if (entry.entries.size > 0) throw failure('ENOTEMPTY', 'rmdir', path);
    this.#leave(parent, name);
  }

  unlink(path: string): void {
    const { parent, name, entry } = this.#existing('unlink', path, false);
    if (entry.kind === 'directory') throw failure('EISDIR', 'unlink', path);
    this.#leave(parent, name);
  }

  rm(path: string, { recursive, force }: { readonly recursive: boolean; readonly force: boolean }): void {
    const { parent, name, entry } = this.#find('rm', path, false);
    if (entry === undefined) {
      if (force) return;
      throw failure('ENOENT', 'lstat', path);
    }
    if (entry.kind === 'directory' && !recursive)
      throw Object.assign(failure('EISDIR', 'rm', path), { code: 'ERR_FS_EISDIR' });
    this.#leave(parent, name);
  }

  rename(from: string, to: string): void {
    const source = this.#existing('rename', from, false, to);
    const target = this.#find('rename', to, false, from);
    if (source.entry === target.entry) return;
    if (source.entry.kind === 'directory' && `${to}/`.startsWith(`${from}/`)) throw failure('EINVAL', 'rename', from);
    if (target.entry !== undefined) {
      if (source.entry.kind === 'directory' && target.entry.kind !== 'directory')
        throw failure('ENOTDIR', 'rename', from);
      if (source.entry.kind !== 'directory' && target.entry.kind === 'directory')
        throw failure('EISDIR', 'rename', from);
      if (target.entry.kind === 'directory' && target.entry.entries.size > 0)
        throw failure('ENOTEMPTY', 'rename', from);
      this.#leave(target.parent, target.name);
    }
    source.entry.links++;
    this.#leave(source.parent, source.name);
    target.parent.entries.set(target.name, source.entry);
    this.#touch(target.parent);
  }

  link(existing: string, path: string): void {
    const { entry } = this.#existing('link', existing, false, path);
    const target = this.#find('link', path, false);
    if (target.entry !== undefined) throw failure('EEXIST', 'link', existing);
    if (this.faults.hasNoHardLinks || entry.kind === 'directory') throw failure('EPERM', 'link', existing);
    this.#enter(target.parent, target.name, entry);
  }

  copyFile(from: string, to: string, exclusive: boolean): void {
    const source = this.open(from, constants.O_RDONLY, 0);
    if (source.kind === 'directory') throw failure('EISDIR', 'copyfile', from);
    const flags = constants.O_WRONLY | constants.O_CREAT | (exclusive ? constants.O_EXCL : constants.O_TRUNC);
    try {
      this.write(this.open(to, flags, source.mode), 0, source.bytes);
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) error.syscall = 'copyfile';
      throw error;
    }
  }

  utimes(path: string, mtime: number | Date): void {
    const { entry } = this.#existing('utime', path, true);
    this.#touch(entry);
    entry.changedAtMs = typeof mtime === 'number' ? mtime * 1000 : mtime.getTime();
  }

  #newInode(mode: number): Omit<Inode, 'kind'> {
    return {
      ino: ++this.#inodes,
      mode: mode & 0o7777 & ~0o022,
      changedAtMs: this.#now(),
      changes: ++this.#changes,
      links: 0,
    };
  }

  #touch(entry: Entry): void {
    entry.changedAtMs = this.#now();
    entry.changes = ++this.#changes;
  }

  #enter(parent: Directory, name: string, entry: Entry): void {
    parent.entries.set(name, entry);
    entry.links++;
    this.#touch(parent);
  }

  #leave(parent: Directory, name: string): void {
    const entry = parent.entries.get(name);
    if (entry !== undefined) entry.links--;
    parent.entries.delete(name);
    this.#touch(parent);
  }

  #needRoom(syscall: string, path?: string): void {
    if (this.faults.isFull) throw failure('ENOSPC', syscall, path);
  }

  #existing(syscall: string, path: string, follow: boolean, other?: string) {
    const found = this.#find(syscall, path, follow, other);
    if (found.entry === undefined) throw failure('ENOENT', syscall, path);
    return { ...found, entry: found.entry };
  }

  /** Where a path leads: the folder and the name, and what is there. `other`: the second path of the operation, for the message. */
  #find(
    syscall: string,
    path: string,
    follow: boolean,
    other?: string,
    links = 0,
  ): { parent: Directory; name: string; entry: Entry | undefined } {
    if (links > MAX_LINKS) throw failure('ELOOP', syscall, path);
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    const name = parts.pop() ?? '';
    let parent = this.#root;
    if (name === '') return { parent, name, entry: parent };
    for (const [depth, part] of parts.entries()) {
      let entry = parent.entries.get(part);
      if (entry?.kind === 'link') {
        const folder = `/${parts.slice(0, depth).join('/')}`;
        entry = this.#find(syscall, absolute(entry.target, folder), true, other, links + 1).entry;
      }
      if (entry === undefined) throw failure('ENOENT', syscall, path);
      if (entry.kind !== 'directory') throw failure('ENOTDIR', syscall, path);
      parent = entry;
    }
    const entry = parent.entries.get(name);
    if (entry?.kind !== 'link' || !follow) return { parent, name, entry };
    return this.#find(syscall, absolute(entry.target, `/${parts.join('/')}`), true, other, links + 1);
  }
}

function sizeOf(entry: Entry): number {
  if (entry.kind === 'file') return entry.bytes.length;
  return entry.kind === 'link' ? entry.target.length : BLOCK_BYTES;
}

function absolute(target: string, folder: string): string {
  return target.startsWith('/') ? target : `${folder}/${target}`;
}

export function failure(code: string, syscall: string, path?: string): NodeJS.ErrnoException {
  const where = path === undefined ? '' : ` '${path}'`;
  const error = new Error(`${code}: ${MESSAGES[code] ?? 'unknown error'}, ${syscall}${where}`);
  return Object.assign(error, { code, syscall, ...(path !== undefined && { path }) });
}
