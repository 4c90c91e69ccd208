import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreNoSync, READ_ONLY_A_FILE, writeThrough } from './durableFiles.ts';
import { errnoCode, isNotThere, retryWhileBusy } from './fileErrors.ts';
import { MAX_SEALED_BYTES, nameOf, seal, unseal } from './seal.ts';

const OURS = /^[0-9a-f]{40}(\.[0-9a-f]{16}\.tmp)?$/;

/** An empty file that was changed when the folder was last swept. */
const SWEPT = 'swept';

const DAY_MS = 24 * 60 * 60_000;

interface Files {
  open(path: string, flags: number): Promise<fs.FileHandle>;
  lstat(path: string): Promise<{ isFile(): boolean }>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;
}

/**
 * What windows leave for each other in a folder: files that only somebody who knows the same secret can find, read or
 * make. `purpose` keeps notes with the same secret apart. Readers see a note whole or not at all.
 */
export class SealedNotes {
  readonly #folder: string;
  readonly #files: Files;

  constructor(folder: string, files: Partial<Files> = {}) {
    this.#folder = folder;
    const { open, lstat, rename, link, copyFile } = fs;
    this.#files = { open, lstat, rename, link, copyFile, ...files };
  }

  /**
   * The payload, or undefined if there is no note or what is there is not one that was sealed with this secret for this
   * purpose. Throws when that can't be known: there is a note, or may be one, and it can't be read now.
   */
  async read(secret: string, purpose: string): Promise<unknown> {
    const name = nameOf(secret, purpose);
    const sealed = await this.#readFile(name);
    return sealed && unseal(sealed, secret, purpose);
  }

  /** Leaves a note in place of any before. When this resolves the note survives a power cut; if it can't be left, it throws. */
  async write(secret: string, purpose: string, payload: unknown): Promise<void> {
    await this.#place(secret, purpose, payload, async (whole, note) => {
      await retryWhileBusy(() => this.#files.rename(whole, note));
      return true;
    });
  }

  /** As {@link write}, but only where there is none: of all windows that try, exactly one is told true. */
  async writeFirst(secret: string, purpose: string, payload: unknown): Promise<boolean> {
    return await this.#place(secret, purpose, payload, async (whole, note) => {
      try {
        await linkOrCopy(this.#files, whole, note);
        return true;
      } catch (error) {
        if (errnoCode(error) === 'EEXIST') return false;
        throw error;
      }
    });
  }

  async remove(secret: string, purpose: string): Promise<void> {
    try {
      await retryWhileBusy(() => fs.unlink(join(this.#folder, nameOf(secret, purpose))));
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
  }

  /**
   * Deletes notes, and what killed processes left of them, that were older than this when it was called a day or more ago: a clock
   * that is wrong for a while deletes nothing. Other windows may do the same.
   */
  async sweep(olderThanMs: number, now = Date.now()): Promise<void> {
    const names = await fs.readdir(this.#folder).catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return [];
      throw error;
    });
    if (names.length === 0) return;
    const swept = join(this.#folder, SWEPT);
    const sweptAt = await changedAt(swept);
    // In the future is a sweep by a clock that was wrong.
    if (sweptAt !== undefined && sweptAt <= now) {
      if (now - sweptAt < DAY_MS) return;
      for (const path of names.filter((name) => OURS.test(name)).map((name) => join(this.#folder, name))) {
        const leftAt = await changedAt(path);
        // Unlinking fails when another window was faster, or when it is no file; then it is no note either.
        if (leftAt !== undefined && leftAt <= sweptAt - olderThanMs) await fs.unlink(path).catch(() => {});
      }
    }
    await fs.writeFile(swept, '', { mode: 0o600 });
    await fs.utimes(swept, new Date(now), new Date(now));
  }

  async #readFile(name: string): Promise<Buffer | undefined> {
    const path = join(this.#folder, name);
    try {
      const file = await retryWhileBusy(() => this.#files.open(path, READ_ONLY_A_FILE));
      try {
        const stat = await file.stat();
        if (!stat.isFile() || stat.size > MAX_SEALED_BYTES) return undefined;
        const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (errnoCode(error) === 'ENOENT' || (await this.#isNoFile(path))) return undefined;
      throw error;
    }
  }

  /** Whether what can't be read is certainly not a note: it is gone, or it is a folder, a link or a pipe. */
  async #isNoFile(path: string): Promise<boolean> {
    try {
      return !(await this.#files.lstat(path)).isFile();
    } catch (error) {
      return isNotThere(error);
    }
  }

  /** Writes a note under a temporary name, so that it is whole before `place` gives it its own. */
  async #place(
    secret: string,
    purpose: string,
    payload: unknown,
    place: (whole: string, note: string) => Promise<boolean>,
  ): Promise<boolean> {
    const sealed = seal(payload, secret, purpose);
    const note = join(this.#folder, nameOf(secret, purpose));
    const whole = `${note}.${randomBytes(8).toString('hex')}.tmp`;
    await fs.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    try {
      await writeThrough(whole, 'wx', (file) => file.writeFile(sealed));
      const placed = await place(whole, note);
      if (placed) await writeThrough(this.#folder, 'r').catch(ignoreNoSync);
      return placed;
    } finally {
      // What was renamed is no longer there; what can't be deleted is swept later.
      await fs.unlink(whole).catch(() => {});
    }
  }
}

/** Gives a whole file a name. Unlike `rename`, fails with EEXIST if that is taken. */
export async function linkOrCopy(files: Pick<Files, 'link' | 'copyFile'>, whole: string, path: string): Promise<void> {
  try {
    await files.link(whole, path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') throw error;
    // Whatever else: each system that has no hard links (FAT, Android, network drives) says so with a code of its own.
    await files.copyFile(whole, path, constants.COPYFILE_EXCL);
    await writeThrough(path, 'r+');
  }
}

async function changedAt(path: string): Promise<number | undefined> {
  const stat = await fs.lstat(path).catch(() => undefined);
  return stat && Math.round(stat.mtimeMs);
}
