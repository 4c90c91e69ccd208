import { join } from 'node:path';
import { errnoCode, retryWhileBusy } from './fileErrors.ts';

/** A heartbeat that took longer is made again: its token may have been seen, and thought dead, for as long. */
const LONGEST_BEAT_MS = 5_000;

/** What locks need of a file system. */
export interface Directories {
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, options: { recursive: boolean; mode: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** Time as the holder of a lock, from the rename of the bid on. The argument for it is with `FolderLocks`. */
export class HeldLock {
  readonly #lock: string;
  readonly #holder: string;
  readonly #directories: Directories;
  readonly #monotonicMs: () => number;
  #beats = 0;
  #lost = false;
  /** Heartbeats are made one after another: two at once would each take the other's for a loss. */
  #lastBeat: Promise<boolean> = Promise.resolve(true);
  /** The one that has not begun; it answers all who ask until then, so that a slow disk piles up no more of them. */
  #nextBeat: Promise<boolean> | undefined;

  constructor(lock: string, holder: string, directories: Directories, monotonicMs: () => number) {
    this.#lock = lock;
    this.#holder = holder;
    this.#directories = directories;
    this.#monotonicMs = monotonicMs;
  }

  /** Padded, so that the tokens of a holder sort by age. */
  token(beat = this.#beats): string {
    return `${this.#holder}.${String(beat).padStart(9, '0')}`;
  }

  held(): Promise<boolean> {
    this.#nextBeat ??= this.#lastBeat.then(() => {
      this.#nextBeat = undefined;
      return this.#beat();
    });
    this.#lastBeat = this.#nextBeat;
    return this.#lastBeat;
  }

  async end(): Promise<void> {
    await this.#lastBeat;
    // What can't be removed is free for others when it has shown no life for STALE_MS.
    if (!this.#lost && (await this.#remove(this.token()))) await this.#directories.rmdir(this.#lock).catch(() => {});
  }

  async #beat(): Promise<boolean> {
    if (this.#lost) return false;
    const startedAt = this.#monotonicMs();
    const last = this.token();
    const next = this.token(this.#beats + 1);
    try {
      await retryWhileBusy(() => this.#directories.mkdir(join(this.#lock, next), { recursive: false, mode: 0o700 }));
    } catch (error) {
      // A full disk, say, does not take the lock away, but nothing keeps it for longer either.
      this.#lost = errnoCode(error) === 'ENOENT';
      return false;
    }
    this.#beats++;
    this.#lost = !(await this.#remove(last));
    // The lock may be somebody else's by now, where our token has no business.
    if (this.#lost) await this.#remove(next);
    return this.#monotonicMs() - startedAt > LONGEST_BEAT_MS ? await this.#beat() : !this.#lost;
  }

  async #remove(token: string): Promise<boolean> {
    try {
      await retryWhileBusy(() => this.#directories.rmdir(join(this.#lock, token)));
      return true;
    } catch {
      return false;
    }
  }
}
