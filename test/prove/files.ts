import { constants } from 'node:fs';
import type { Disk, Stats } from './disk.ts';
import type { Schedule, Touch } from './schedule.ts';

type Data = string | Uint8Array;
type FileOptions =
  BufferEncoding | { readonly encoding?: BufferEncoding; readonly flag?: string | number; readonly mode?: number };

const FLAGS: Readonly<Record<string, number>> = {
  r: constants.O_RDONLY,
  'r+': constants.O_RDWR,
  w: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
  wx: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  'w+': constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  'wx+': constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  a: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
};

/** Names a path in a story. */
export type Naming = (path: string) => string;

/** What a process gets for `node:fs/promises`: every operation on something that is shared is a step of the schedule. */
export class Files {
  readonly constants = constants;
  readonly #disk: Disk;
  readonly #schedule: Schedule;
  readonly #name: Naming;

  constructor(disk: Disk, schedule: Schedule, name: Naming) {
    this.#disk = disk;
    this.#schedule = schedule;
    this.#name = name;
  }

  // Modules take functions out of this object, so each of them is bound to it.

  open = async (path: string, flags: string | number = 'r', mode = 0o666): Promise<Handle> => {
    const numeric = toFlags(flags);
    const mayCreate = (numeric & constants.O_CREAT) !== 0;
    const label = `${mayCreate ? 'makes' : 'opens'} ${this.#name(path)}`;
    const file = await this.#step(label, mayCreate ? made(path) : looked(path), () =>
      this.#disk.open(path, numeric, mode),
    );
    return new Handle({ file, path, flags: numeric, disk: this.#disk, schedule: this.#schedule, name: this.#name });
  };

  stat = async (path: string, options?: { readonly bigint?: boolean }): Promise<Stats> =>
    this.#step(`looks at ${this.#name(path)}`, looked(path), () => this.#disk.stat(path, options?.bigint));

  lstat = async (path: string, options?: { readonly bigint?: boolean }): Promise<Stats> =>
    this.#step(`looks at ${this.#name(path)}`, looked(path), () => this.#disk.lstat(path, options?.bigint));

  access = async (path: string): Promise<void> =>
    this.#step(`looks for ${this.#name(path)}`, looked(path), () => {
      this.#disk.stat(path);
    });

  readdir = async (path: string): Promise<string[]> =>
    this.#step(`lists ${this.#name(path)}`, looked(path), () => this.#disk.readdir(path));

  readlink = async (path: string): Promise<string> =>
    this.#step(`looks at ${this.#name(path)}`, looked(path), () => this.#disk.readlink(path));

  symlink = async (target: string, path: string): Promise<void> =>
    this.#step(`makes the link ${this.#name(path)}`, made(path), () => this.#disk.symlink(target, path));

  mkdir = async (
    path: string,
    { recursive = false, mode }: { readonly recursive?: boolean; readonly mode?: number } = {},
  ): Promise<string | undefined> => {
    const label = `makes ${this.#name(path)}`;
    if (!recursive) {
      await this.#step(label, made(path), () => this.#disk.mkdir(path, mode));
      return undefined;
    }
    const touches = (): readonly Touch[] =>
      this.#isThere(path) ? looked(path) : [...made(parentOf(path)), ...made(path)];
    return this.#schedule.step(label, touches, () => this.#disk.mkdirs(path, mode));
  };

  rmdir = async (path: string): Promise<void> =>
    this.#step(`removes ${this.#name(path)}`, made(path), () => this.#disk.rmdir(path));

  unlink = async (path: string): Promise<void> =>
    this.#schedule.step(
      `removes ${this.#name(path)}`,
      () => (this.#isThere(path) ? made(path) : looked(path)),
      () => this.#disk.unlink(path),
    );

  rm = async (
    path: string,
    { recursive = false, force = false }: { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Promise<void> =>
    this.#schedule.step(
      `removes ${this.#name(path)}`,
      () => (this.#isThere(path) ? moved(path) : looked(path)),
      () => this.#disk.rm(path, { recursive, force }),
    );

  rename = async (from: string, to: string): Promise<void> =>
    this.#step(`renames ${this.#name(from)} to ${this.#name(to)}`, [...moved(from), ...moved(to)], () =>
      this.#disk.rename(from, to),
    );

  link = async (existing: string, path: string): Promise<void> =>
    this.#step(`links ${this.#name(existing)} as ${this.#name(path)}`, [...looked(existing), ...made(path)], () =>
      this.#disk.link(existing, path),
    );

  copyFile = async (from: string, to: string, mode = 0): Promise<void> =>
    this.#step(`copies ${this.#name(from)} to ${this.#name(to)}`, [...looked(from), ...made(to)], () =>
      this.#disk.copyFile(from, to, (mode & constants.COPYFILE_EXCL) !== 0),
    );

  utimes = async (path: string, _atime: number | Date, mtime: number | Date): Promise<void> =>
    this.#step(`dates ${this.#name(path)}`, written(path), () => this.#disk.utimes(path, mtime));

  writeFile = async (path: string, data: Data, options: FileOptions = {}): Promise<void> => {
    const { flag = 'w', mode } = typeof options === 'string' ? {} : options;
    const file = await this.open(path, flag, mode);
    await file.writeFile(data);
  };

  readFile = async (path: string, options: FileOptions = {}): Promise<Buffer | string> => {
    const { encoding, flag = 'r' } = typeof options === 'string' ? { encoding: options } : options;
    const bytes = await this.#step(`reads ${this.#name(path)}`, looked(path), () =>
      this.#disk.read(this.#disk.open(path, toFlags(flag), 0), 0, Infinity),
    );
    return encoding === undefined ? Buffer.from(bytes) : bytes.toString(encoding);
  };

  #step<T>(label: string, touches: readonly Touch[], act: () => T): Promise<T> {
    return this.#schedule.step(label, () => touches, act);
  }

  #isThere(path: string): boolean {
    try {
      this.#disk.lstat(path);
      return true;
    } catch {
      return false;
    }
  }
}

interface Opened {
  readonly file: ReturnType<Disk['open']>;
  readonly path: string;
  readonly flags: number;
  readonly disk: Disk;
  readonly schedule: Schedule;
  readonly name: Naming;
}

/** What `open` gives. To close it, or to have the disk keep what was written, is no step: nobody else can see it. */
class Handle {
  readonly #opened: Opened;
  #position = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  async stat(options?: { readonly bigint?: boolean }): Promise<Stats> {
    const { file, disk, path, schedule, name } = this.#opened;
    return schedule.step(
      `looks at ${name(path)}`,
      () => looked(path),
      () => disk.statOf(file, options?.bigint),
    );
  }

  async read(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.byteLength - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: Uint8Array }> {
    const { file, disk, path, schedule, name } = this.#opened;
    const from = position ?? this.#position;
    const bytes = await schedule.step(
      `reads ${name(path)}`,
      () => looked(path),
      () => disk.read(file, from, length),
    );
    buffer.set(bytes, offset);
    if (position === null) this.#position += bytes.length;
    return { bytesRead: bytes.length, buffer };
  }

  async readFile(options: FileOptions = {}): Promise<Buffer | string> {
    const encoding = typeof options === 'string' ? options : options.encoding;
    const buffer = Buffer.alloc(Number((await this.stat()).size));
    const { bytesRead } = await this.read(buffer, 0, buffer.length, null);
    const bytes = buffer.subarray(0, bytesRead);
    return encoding === undefined ? bytes : bytes.toString(encoding);
  }

  async write(
    data: Data,
    offset = 0,
    length = data.length - offset,
    position: number | null = null,
  ): Promise<{ bytesWritten: number; buffer: Data }> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data.subarray(offset, offset + length);
    const at = typeof data === 'string' ? offset : position;
    await this.#write(bytes, at ?? this.#position);
    if (at === null) this.#position += bytes.length;
    return { bytesWritten: bytes.length, buffer: data };
  }

  async writeFile(data: Data): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    await this.#write(bytes, this.#position);
    this.#position += bytes.length;
  }

  async truncate(length = 0): Promise<void> {
    const { file, disk, path, schedule, name } = this.#opened;
    await schedule.step(
      `cuts ${name(path)}`,
      () => written(path),
      () => disk.truncate(file, length),
    );
  }

  async sync(): Promise<void> {}

  async datasync(): Promise<void> {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    const { file, disk, path, schedule, name } = this.#opened;
    const write = (part: Uint8Array): void => disk.write(file, position, part);
    await schedule.step(
      `writes ${name(path)}`,
      () => written(path),
      () => write(bytes),
      () => write(bytes.subarray(0, bytes.length / 2)),
    );
  }
}

function toFlags(flags: string | number): number {
  const numeric = typeof flags === 'number' ? flags : FLAGS[flags];
  if (numeric === undefined) throw new TypeError(`No such flag: ${flags}`);
  return numeric;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function looked(path: string): readonly Touch[] {
  return [{ what: path, how: 'read' }];
}

function written(path: string): readonly Touch[] {
  return [{ what: path, how: 'write' }];
}

/** An entry came or went. */
function made(path: string): readonly Touch[] {
  return [
    { what: parentOf(path), how: 'enter' },
    { what: path, how: 'write' },
  ];
}

function moved(path: string): readonly Touch[] {
  return [
    { what: parentOf(path), how: 'enter' },
    { what: path, how: 'write', deep: true },
  ];
}
