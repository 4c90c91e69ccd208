import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNotThere, retryWhileBusy } from './fileErrors.ts';
import { ignoreNoSync, READ_ONLY_A_FILE, writeThrough } from './durableFiles.ts';

/** How every slot begins, of later versions as well: what begins otherwise is damaged. */
const MAGIC = Buffer.from('XA', 'latin1');
/** What follows; bound into the key and the seal as well. */
const VERSION = 1;
const START_BYTES = MAGIC.length + 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Revision and length, before the text. */
const HEAD_BYTES = 12;

/** A slot takes the same room whatever is in it, so that what comes later is sure to have it. */
const SLOT_BYTES = 8 * 1024;

/** The longest text that a slot takes. */
export const MAX_TEXT_BYTES = SLOT_BYTES - START_BYTES - IV_BYTES - HEAD_BYTES - TAG_BYTES;

/** How often a file is read in which nothing can be found. */
const MOST_LOOKS = 3;

/** What this needs of a file system. */
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

/** A newer version of this extension wrote the file: it alone knows what it says. */
export class NewerVersionError extends Error {
  override readonly name = 'NewerVersionError';
}

/** What a file said when it was read. */
export interface Reading {
  readonly payload: unknown;
  readonly revision: number;
  /** Which of the slots said so: the other is the one to write next. */
  readonly slot: 0 | 1;
}

/**
 * One thing that windows know in common, in a file that only those can read or make who have the key (AES-256-GCM, HKDF). Two
 * slots are written in turn, in place: a write that is cut off leaves what was there before, and one that begins needs no room
 * that is not there. Who writes must hold a lock, and have read the file under it.
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

  /** Tells one state of the file from another, at the price of one `stat`; undefined where there is none. */
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
   * What was written last, or undefined where nothing was, or only what nobody with the key has written.
   *
   * @throws {NewerVersionError}, and what the file system throws if that can't be known now
   */
  async read(): Promise<Reading | undefined> {
    for (let looks = 1; ; looks++) {
      const bytes = await this.#bytes();
      if (bytes === undefined) return undefined;
      const newest = this.#newestOf(bytes);
      // A reader that was held up in the middle may have seen both slots while they were written.
      if (newest !== undefined || looks === MOST_LOOKS) return newest;
    }
  }

  #newestOf(bytes: Buffer): Reading | undefined {
    const readings = ([0, 1] as const)
      .map((slot) => this.#unseal(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), slot))
      .filter((reading) => reading !== undefined);
    return readings.reduce<Reading | undefined>(
      (newest, reading) => (newest === undefined || reading.revision > newest.revision ? reading : newest),
      undefined,
    );
  }

  /**
   * Writes in the place of what `before` says, which must be what {@link read} has just found. When this resolves, the disk has it.
   * Resolves to what is to be given as `before` next.
   *
   * @throws {RangeError} if it is too long for a slot, and what the file system throws
   */
  async write(payload: unknown, before: Reading | undefined): Promise<Reading> {
    const revision = (before?.revision ?? 0) + 1;
    if (before !== undefined) {
      const slot = before.slot === 0 ? 1 : 0;
      const sealed = this.#seal(payload, revision, slot);
      const file = await retryWhileBusy(() => this.#files.open(this.#path, 'r+'));
      try {
        await writeAll(file, sealed, slot * SLOT_BYTES);
        await sync(file);
      } finally {
        await file.close();
      }
      return { payload, revision, slot };
    }
    await this.#create(Buffer.concat([this.#seal(payload, revision, 0), Buffer.alloc(SLOT_BYTES)]));
    return { payload, revision, slot: 0 };
  }

  async remove(): Promise<void> {
    try {
      await retryWhileBusy(() => this.#files.unlink(this.#path));
    } catch (error) {
      if (!isNotThere(error)) throw error;
    }
  }

  async #create(whole: Buffer): Promise<void> {
    await this.#files.mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.${randomBytes(8).toString('hex')}.tmp`;
    try {
      const file = await this.#files.open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(whole);
        await sync(file);
      } finally {
        await file.close();
      }
      await retryWhileBusy(() => this.#files.rename(temporary, this.#path));
    } catch (error) {
      await this.#files.unlink(temporary).catch(() => {});
      throw error;
    }
    // So that the disk has the name as well; Windows and some network drives can't do that.
    await writeThrough(dirname(this.#path), 'r').catch(() => {});
  }

  async #bytes(): Promise<Buffer | undefined> {
    try {
      const file = await retryWhileBusy(() => this.#files.open(this.#path, READ_ONLY_A_FILE));
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

  /** A folder or a link in its place is nothing that was written here. */
  async #isFile(): Promise<boolean> {
    try {
      return (await this.#files.lstat(this.#path, { bigint: true })).isFile();
    } catch (error) {
      return !isNotThere(error);
    }
  }

  #seal(payload: unknown, revision: number, slot: number): Buffer {
    const text = Buffer.from(JSON.stringify(payload), 'utf8');
    if (text.length > MAX_TEXT_BYTES) throw new RangeError(`It has more than ${MAX_TEXT_BYTES} bytes`);
    const plain = Buffer.alloc(HEAD_BYTES + MAX_TEXT_BYTES);
    plain.writeBigUInt64BE(BigInt(revision), 0);
    plain.writeUInt32BE(text.length, 8);
    text.copy(plain, HEAD_BYTES);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(this.#boundTo(slot));
    return Buffer.concat([MAGIC, Buffer.of(VERSION), iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  #unseal(sealed: Buffer, slot: 0 | 1): Reading | undefined {
    const version = sealed[MAGIC.length] ?? 0;
    if (!sealed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    if (version > VERSION) throw new NewerVersionError('a newer version of X Authentication wrote it');
    if (sealed.length < SLOT_BYTES || version !== VERSION) return undefined;
    const iv = sealed.subarray(START_BYTES, START_BYTES + IV_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#boundTo(slot));
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
      // Cut off, altered, or sealed for something else.
      return undefined;
    }
  }

  #boundTo(slot: number): Buffer {
    return Buffer.from(`${VERSION} ${this.#name} ${slot}`);
  }
}

/** A network drive may take less at once than it is given. */
async function writeAll(file: fs.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('The disk takes no more');
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

async function sync(file: fs.FileHandle): Promise<void> {
  await file.datasync().catch(ignoreNoSync);
}
