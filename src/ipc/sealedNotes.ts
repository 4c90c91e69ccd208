import { hkdfSync } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, isNotThere } from './fileErrors.ts';
import { linkOrCopy, type LinkFiles } from './linkOrCopy.ts';
import { SealedFile, type SlotFiles } from './sealedFile.ts';

/** A note, or the temporary file of a process that was killed while it wrote one. */
const OURS = /^[0-9a-f]{40}(\.[0-9a-f]{16}\.tmp)?$/;

/** An empty file whose modification time says when the folder was last swept. */
const SWEPT = 'swept';

const DAY_MS = 24 * 60 * 60_000;

/**
 * What windows leave for each other in a folder: sealed files that only a window that knows the same secret can find, read or
 * write. The secret must be long and random, as a token or `state` is. `purpose` keeps notes with the same secret apart.
 */
export class SealedNotes {
  readonly #folder: string;
  readonly #files: SlotFiles & LinkFiles;

  constructor(folder: string, files: SlotFiles & LinkFiles = fs) {
    this.#folder = folder;
    this.#files = files;
  }

  /** The payload, or undefined if there is no note. Throws if there is one, or may be one, that can't be read now. */
  async read(secret: string, purpose: string): Promise<unknown> {
    return (await this.#note(secret, purpose).read())?.payload;
  }

  /** Replaces the note, if there is one. When this resolves, the note survives a power cut. */
  async write(secret: string, purpose: string, payload: unknown): Promise<void> {
    await this.#note(secret, purpose).create(payload);
  }

  /**
   * Writes a note only if there is none: of all windows that try, exactly one is told true, even if it stands still in the middle for
   * as long as it likes. That is why this needs no lock.
   */
  async writeFirst(secret: string, purpose: string, payload: unknown): Promise<boolean> {
    let isFirst = true;
    await this.#note(secret, purpose).create(payload, (temporary, path) =>
      linkOrCopy(this.#files, temporary, path).catch((error: unknown) => {
        if (errnoCode(error) !== 'EEXIST') throw error;
        isFirst = false;
      }),
    );
    return isFirst;
  }

  async remove(secret: string, purpose: string): Promise<void> {
    await this.#note(secret, purpose).remove();
  }

  /**
   * Deletes notes and temporary files that were already this old at the last sweep, which must be a day ago: a clock that is wrong
   * for a while deletes nothing. Other windows may sweep at the same time.
   */
  async sweep(olderThanMs: number, now = Date.now()): Promise<void> {
    const names = await fs.readdir(this.#folder).catch((error: unknown) => {
      if (isNotThere(error)) return [];
      throw error;
    });
    if (names.length === 0) return;
    const swept = join(this.#folder, SWEPT);
    const sweptAt = await modifiedAt(swept);
    // A time in the future comes from a clock that was wrong.
    if (sweptAt !== undefined && sweptAt <= now) {
      if (now - sweptAt < DAY_MS) return;
      for (const path of names.filter((name) => OURS.test(name)).map((name) => join(this.#folder, name))) {
        const writtenAt = await modifiedAt(path);
        // Fails if another window was faster, or if this is a folder, which is no note.
        if (writtenAt !== undefined && writtenAt <= sweptAt - olderThanMs) await fs.unlink(path).catch(() => {});
      }
    }
    await fs.writeFile(swept, '', { mode: 0o600 });
    await fs.utimes(swept, new Date(now), new Date(now));
  }

  /** The name comes from the secret by HKDF (RFC 5869), as the key does in {@link SealedFile}, and says nothing about either. */
  #note(secret: string, purpose: string): SealedFile {
    const name = Buffer.from(hkdfSync('sha256', secret, '', `x-authentication note ${purpose}`, 20)).toString('hex');
    return new SealedFile(this.#folder, name, Buffer.from(secret), this.#files);
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  const stat = await fs.lstat(path).catch(() => undefined);
  return stat && Math.round(stat.mtimeMs);
}
