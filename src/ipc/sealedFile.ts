import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNotThere, retryWhileBusy } from './fileErrors.ts';
import { ignoreUnsupportedSync, READ_NO_FOLLOW, sync } from './durableFiles.ts';

/** How every slot begins, in later versions as well. A slot that begins otherwise is damaged. */
const MAGIC = Buffer.from('XA', 'latin1');
/** The byte after that. It goes into the key and the authenticated data as well. */
const VERSION = 1;
const START_BYTES = MAGIC.length + 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Revision and length, before the text. */
const HEAD_BYTES = 12;

/** A slot always takes the same room, so that later and longer texts are sure to fit on the disk. */
const SLOT_BYTES = 8 * 1024;

/** The longest text that fits into a slot. */
export const MAX_TEXT_BYTES = SLOT_BYTES - START_BYTES - IV_BYTES - HEAD_BYTES - TAG_BYTES;

/** How often a file is read when neither of its slots can be. */
const MAX_READS = 3;

/** What sealed files need of a file system. */
export interface SlotFiles {
  open(path: string, flags: number | string, mode?: number): Promise<fs.FileHandle>;
  lstat(
    path: string,
    options: { bigint: true },
  ): Promise<{ isFile(): boolean; ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }>;
  mkdir(path: string, options: { recursive: true; mode: number }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

/** A newer version of this extension wrote the file, and only that can read it. */
export class NewerVersionError extends Error {
  override readonly name = 'NewerVersionError';
}

/** What was in a file when it was read. */
export interface Reading {
  readonly payload: unknown;
  readonly revision: number;
  /** The slot that was read. The other one is to be written next. */
  readonly slot: 0 | 1;
}

/**
 * A value that windows share, in a file that can be read and written only with its key (AES-256-GCM, HKDF). Two slots are
 * overwritten in turn: a write that is cut off leaves the value before it, and no write but the first needs more room on the disk.
 * Writers must hold a lock, and have read the file under it.
 */
export class SealedFile {
  readonly #path: string;
  readonly #name: string;
  readonly #key: Buffer;
  readonly #files: SlotFiles;

  constructor(folder: string, name: string, key: Buffer, files: SlotFiles = fs) {
    this.#path = join(folder, name);
    this.#name = name;
    this.#key = Buffer.from(hkdfSync('sha256', key, '', `x-authentication file ${VERSION} ${name}`, 32));
    this.#files = files;
  }

  /** Changes whenever the file does, and costs one `stat`; undefined if there is no file. */
  async signature(): Promise<string | undefined> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await this.#files.lstat(this.#path, { bigint: true });
      return [ino, size, mtimeNs, ctimeNs].join(' ');
    } catch (error) {
      if (isNotThere(error)) return undefined;
      throw error;
    }
  }

  /**
   * The value that was written last; undefined if there is no file, or none that was written with this key.
   *
   * @throws {NewerVersionError}, and the file system's error if there is a file, or may be one, that can't be read now
   */
  async read(): Promise<Reading | undefined> {
    for (let reads = 1; ; reads++) {
      const bytes = await this.#readSlots();
      if (bytes === undefined) return undefined;
      const newest = this.#newest(bytes);
      // A reader that was held up may have seen both slots while they were being written.
      if (newest !== undefined || reads === MAX_READS) return newest;
    }
  }

  #newest(bytes: Buffer): Reading | undefined {
    const readings = ([0, 1] as const)
      .map((slot) => this.#unseal(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), slot))
      .filter((reading) => reading !== undefined);
    return readings.reduce<Reading | undefined>(
      (newest, reading) => (newest === undefined || reading.revision > newest.revision ? reading : newest),
      undefined,
    );
  }

  /**
   * Replaces the value. `before` must be what {@link read} has just found; undefined replaces the whole file. When this
   * resolves, the value is on the disk. Resolves to what is to be passed as `before` next.
   *
   * @throws {RangeError} if the value is too long for a slot, {TypeError} if JSON has no text for it, and the file system's error
   */
  async write(payload: unknown, before: Reading | undefined): Promise<Reading> {
    if (before === undefined) return this.create(payload);
    const revision = before.revision + 1;
    const slot = before.slot === 0 ? 1 : 0;
    const sealed = this.#seal(payload, revision, slot);
    const file = await retryWhileBusy(() => this.#files.open(this.#path, 'r+'));
    try {
      await writeAll(file, sealed, slot * SLOT_BYTES);
      await syncData(file);
    } finally {
      await file.close();
    }
    return { payload, revision, slot };
  }

  /**
   * Writes a new file, whatever is there: readers see it complete or not at all. `place` gives the temporary file its name, by default
   * in place of any other file. Resolves and throws as {@link write} does.
   */
  async create(
    payload: unknown,
    place = (temporary: string, path: string): Promise<void> =>
      retryWhileBusy(() => this.#files.rename(temporary, path)),
  ): Promise<Reading> {
    const bytes = Buffer.concat([this.#seal(payload, 1, 0), Buffer.alloc(SLOT_BYTES)]);
    await this.#files.mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.${randomBytes(8).toString('hex')}.tmp`;
    try {
      const file = await this.#files.open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await syncData(file);
      } finally {
        await file.close();
      }
      await place(temporary, this.#path);
    } finally {
      // It is gone if it was renamed.
      await this.#files.unlink(temporary).catch(() => {});
    }
    // So that the disk has the name as well. Windows and some network drives can't do that.
    await sync(dirname(this.#path), 'r').catch(() => {});
    return { payload, revision: 1, slot: 0 };
  }

  async remove(): Promise<void> {
    try {
      await retryWhileBusy(() => this.#files.unlink(this.#path));
    } catch (error) {
      if (!isNotThere(error)) throw error;
    }
  }

  async #readSlots(): Promise<Buffer | undefined> {
    try {
      const file = await retryWhileBusy(() => this.#files.open(this.#path, READ_NO_FOLLOW));
      try {
        if (!(await file.stat()).isFile()) return undefined;
        return await readAll(file, 2 * SLOT_BYTES);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isNotThere(error) || !(await this.#isFile())) return undefined;
      throw error;
    }
  }

  /** False for a folder or a link in its place, and if nothing is there. */
  async #isFile(): Promise<boolean> {
    try {
      return (await this.#files.lstat(this.#path, { bigint: true })).isFile();
    } catch (error) {
      return !isNotThere(error);
    }
  }

  #seal(payload: unknown, revision: number, slot: number): Buffer {
    const text = Buffer.from(JSON.stringify(payload), 'utf8');
    if (text.length > MAX_TEXT_BYTES) throw new RangeError(`The text has more than ${MAX_TEXT_BYTES} bytes`);
    const plain = Buffer.alloc(HEAD_BYTES + MAX_TEXT_BYTES);
    plain.writeBigUInt64BE(BigInt(revision), 0);
    plain.writeUInt32BE(text.length, 8);
    text.copy(plain, HEAD_BYTES);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(this.#authenticatedData(slot));
    return Buffer.concat([MAGIC, Buffer.of(VERSION), iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  #unseal(sealed: Buffer, slot: 0 | 1): Reading | undefined {
    const version = sealed[MAGIC.length] ?? 0;
    if (!sealed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    if (version > VERSION) throw new NewerVersionError('a newer version of X Authentication wrote it');
    if (sealed.length < SLOT_BYTES || version !== VERSION) return undefined;
    const iv = sealed.subarray(START_BYTES, START_BYTES + IV_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#authenticatedData(slot));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([
        decipher.update(sealed.subarray(START_BYTES + IV_BYTES, -TAG_BYTES)),
        decipher.final(),
      ]);
      const text = plain.subarray(HEAD_BYTES, HEAD_BYTES + plain.readUInt32BE(8));
      const payload: unknown = JSON.parse(text.toString('utf8'));
      return { payload, revision: Number(plain.readBigUInt64BE(0)), slot };
    } catch {
      // It was cut off or altered, or sealed with another key or for another place.
      return undefined;
    }
  }

  #authenticatedData(slot: number): Buffer {
    return Buffer.from(`${VERSION} ${this.#name} ${slot}`);
  }
}

/** A network drive may write less at once than it is given. */
async function writeAll(file: fs.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('Nothing more could be written');
    done += bytesWritten;
  }
}

async function readAll(file: fs.FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

async function syncData(file: fs.FileHandle): Promise<void> {
  await file.datasync().catch(ignoreUnsupportedSync);
}
