import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoCode, isNotThere } from './fileErrors.ts';
import { hasDied, thisProcess, type RunningProcess } from './processIdentity.ts';
import { HeldLock, type Directories } from './heldLock.ts';

/** A lock whose holder can't be asked (stopped, on another host, not ours) is free when it has shown no life so long. */
const STALE_MS = 20_000;
const BEAT_MS = 2_000;
const POLL_MS = 25;
/** What the time between two looks counts at most, so that a waiter who slept gives the holder time to wake as well. */
const LONGEST_LOOK_MS = 5_000;

const TOKEN = /^([0-9a-f]{16})\.([1-9]\d{0,9})\.(\d*)\.[0-9a-f]{16}\.\d+$/;
/** A lock; with the suffix, the bid of a waiter or something that was moved out of a lock. */
const OURS = /^[0-9a-f]{32}(\.[0-9a-f]{16})?$/;

/** Somebody else held the lock for as long as the caller could wait. */
export class LockBusyError extends Error {
  override readonly name = 'LockBusyError';
}

export interface Lease {
  /**
   * True if the lock is still ours, and then nobody takes it within 15 s. Ask before acting: the machine may have
   * slept, or the event loop may have been blocked. Never rejects.
   */
  held(): Promise<boolean>;
}

export interface PendingAttempt<T> {
  /** The longest time to wait; with 0 there is one try. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Asked between tries. An answer ends the wait and is the result: somebody else has done the work. */
  readonly until?: () => Promise<T | undefined>;
}

interface LockDeps {
  readonly self: RunningProcess;
  readonly isDead: (other: RunningProcess, self: RunningProcess) => boolean;
  /** A clock that nobody sets, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly beatMs: number;
  readonly directories: Directories;
}

/**
 * Locks between processes that share a folder. They survive `kill -9` and use nothing but directories:
 *
 *     HASH/TOKEN            the lock is held; TOKEN names the holder and its latest heartbeat
 *     HASH.NONCE/TOKEN      the bid of a waiter, which becomes HASH by one rename
 *
 * Why there are never two holders:
 *
 * 1. A rename onto a directory that is not empty fails, everywhere. So of several bids one wins, and none while any
 *    token is there. What a waiter has read, however stale, only tells it when to try.
 * 2. A token's name is never used twice. So a slow waiter that removes the token of a dead holder removes that one or
 *    nothing, never a later holder's.
 * 3. A heartbeat adds the next token, then removes the last; if that is gone already, the lock was lost. A live
 *    holder's token is removed only after the same names, and no others, were seen for {@link STALE_MS}, and then only
 *    the first of them. So the token that a heartbeat leaves stays for {@link STALE_MS} from when the last one went,
 *    whoever removed it: on Windows, both of two processes may be told that they deleted a thing. That is why a
 *    heartbeat that took long counts for nothing.
 *
 * Nothing depends on clocks that people set, or on reading a directory at one moment.
 */
export class FolderLocks {
  readonly #folder: string;
  readonly #world: LockDeps;
  /** What was seen in locks that are held, kept between calls because most callers wait for less than STALE_MS. */
  readonly #seen = new Map<string, { names: string; lookedAt: number; unchangedMs: number }>();

  constructor(folder: string, world: Partial<LockDeps> = {}) {
    this.#folder = folder;
    this.#world = {
      // Looked up when a lock is wanted, not at activation.
      get self() {
        return thisProcess();
      },
      isDead: hasDied,
      monotonicMs: () => performance.now(),
      sleep: (ms, signal) => delay(ms, undefined, { ref: false, ...(signal && { signal }) }),
      beatMs: BEAT_MS,
      directories: fs,
      ...world,
    };
  }

  /**
   * Runs `action` while no other process runs one under the same name.
   *
   * Throws {@link LockBusyError} when the time is up, the signal's reason when it aborts, and the file system's error when
   * the folder can't be written.
   */
  async withLock<T>(name: string, waiting: PendingAttempt<T>, action: (lease: Lease) => Promise<T>): Promise<T> {
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
    return await this.#withLock(join(this.#folder, hash), waiting, action);
  }

  /** Deletes what killed processes left behind longer ago. Takes half a minute for each lock it can't judge at once. */
  async sweep(olderThanMs: number, now = Date.now()): Promise<void> {
    for (const name of (await this.#list(this.#folder)) ?? []) {
      const path = join(this.#folder, name);
      const changedAt = OURS.test(name) ? (await fs.lstat(path).catch(() => undefined))?.mtimeMs : undefined;
      // A time in the future is as little use as one long ago.
      if (changedAt === undefined || Math.abs(now - changedAt) < olderThanMs) continue;
      if (name.includes('.')) {
        // As a whole: the bid of a live waiter that loses only its token would become a lock with nothing in it.
        const aside = newName(join(this.#folder, name.slice(0, 32)));
        const isMoved = this.#world.directories.rename(path, aside).then(() => true);
        if (await isMoved.catch(() => false)) await fs.rm(aside, { recursive: true, force: true });
      } else {
        // The clock may be wrong and the holder alive: taking the lock is what removes it safely.
        await this.#withLock(path, { waitMs: 1.5 * STALE_MS }, async () => {}).catch((error: unknown) => {
          if (!(error instanceof LockBusyError)) throw error;
        });
      }
    }
  }

  async #withLock<T>(lock: string, waiting: PendingAttempt<T>, action: (lease: Lease) => Promise<T>): Promise<T> {
    const { monotonicMs, sleep } = this.#world;
    const giveUpAt = monotonicMs() + waiting.waitMs;
    for (;;) {
      waiting.signal?.throwIfAborted();
      const held = await this.#bid(lock);
      if (held !== undefined) return await this.#hold(held, action);
      const found = await waiting.until?.();
      if (found !== undefined) return found;
      const leftMs = giveUpAt - monotonicMs();
      if (leftMs <= 0) throw new LockBusyError(`Another process held the lock for more than ${waiting.waitMs} ms`);
      // Rejects only because of the signal, which is looked at next.
      await sleep(Math.min(leftMs, POLL_MS * (1 + Math.random())), waiting.signal).catch(() => {});
    }
  }

  async #hold<T>(held: HeldLock, action: (lease: Lease) => Promise<T>): Promise<T> {
    const beating = setInterval(() => void held.held(), this.#world.beatMs).unref();
    try {
      return await action(held);
    } finally {
      clearInterval(beating);
      await held.end();
    }
  }

  /** Tries once to get the lock. */
  async #bid(lock: string): Promise<HeldLock | undefined> {
    const { self, monotonicMs, directories } = this.#world;
    const names = await this.#list(lock);
    if (names === undefined) return undefined;
    const over = this.#over(lock, names);
    for (const name of over) await this.#evict(lock, name);
    if (over.length < names.length) return undefined;

    const bid = newName(lock);
    const holder = `${self.host}.${self.pid}.${self.start}.${bid.slice(-16)}`;
    const held = new HeldLock(lock, holder, directories, monotonicMs);
    await directories.mkdir(join(bid, held.token()), { recursive: true, mode: 0o700 });
    try {
      await directories.rename(bid, lock);
      return held;
    } catch (error) {
      // What can't be deleted now is swept later.
      await fs.rm(bid, { recursive: true, force: true }).catch(() => {});
      const obstacle = await fs.lstat(lock).catch(() => undefined);
      // The error does not tell a bid that is lost: network drives, say, call that a lack of permission.
      if (obstacle === undefined && !(await this.#canBid(lock))) throw error;
      // In the way may be a file, a link or, on Windows, an empty directory. A lock that is held is none of them.
      await (obstacle?.isDirectory() === false ? fs.unlink(lock) : directories.rmdir(lock)).catch(() => {});
      return undefined;
    }
  }

  /** Whether a bid could win at all: one for a name that nobody else wants. */
  async #canBid(lock: string): Promise<boolean> {
    const { directories } = this.#world;
    const [bid, won] = [newName(lock), newName(lock)];
    try {
      await directories.mkdir(bid, { recursive: true, mode: 0o700 });
      await directories.rename(bid, won);
      return true;
    } catch {
      return false;
    } finally {
      for (const path of [bid, won]) await fs.rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** The names in a directory, sorted; undefined while one is there that can't be read, because it is being deleted, say. */
  async #list(directory: string): Promise<string[] | undefined> {
    try {
      return (await this.#world.directories.readdir(directory)).toSorted();
    } catch (error) {
      if (isNotThere(error)) return [];
      return (await fs.lstat(directory).catch(() => undefined)) === undefined ? [] : undefined;
    }
  }

  /** The names in a lock that may be removed. Anything that is not a token of this host counts as a live holder's. */
  #over(lock: string, names: readonly string[]): readonly string[] {
    const { self, isDead, monotonicMs } = this.#world;
    const dead = names.filter((name) => {
      const [, host, pid, start] = TOKEN.exec(name) ?? [];
      return host !== undefined && isDead({ host, pid: Number(pid), start: start ?? '' }, self);
    });
    if (dead.length === names.length) {
      this.#seen.delete(lock);
      return dead;
    }
    const now = monotonicMs();
    const key = names.join('/');
    const last = this.#seen.get(lock);
    const unchangedMs = last?.names === key ? last.unchangedMs + Math.min(now - last.lookedAt, LONGEST_LOOK_MS) : 0;
    this.#seen.set(lock, { names: key, lookedAt: now, unchangedMs });
    return unchangedMs >= STALE_MS ? names.slice(0, 1) : dead;
  }

  async #evict(lock: string, name: string): Promise<void> {
    const { directories } = this.#world;
    try {
      // A link may lead to a folder that is not ours: only the link goes.
      if ((await fs.lstat(lock)).isSymbolicLink()) return await fs.unlink(lock);
      await directories.rmdir(join(lock, name));
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      await directories.rename(join(lock, name), newName(lock)).catch(() => {});
    }
  }
}

/** A name that nobody has used, for what is not the lock, or not yet. */
function newName(lock: string): string {
  return `${lock}.${randomBytes(8).toString('hex')}`;
}
