import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoCode, isNotThere } from './fileErrors.ts';
import { HeldLock, type Directories } from './heldLock.ts';
import type { Lease, LockOptions, Locks } from './locks.ts';
import { hasDied, thisProcess, type ProcessIdentity } from './processIdentity.ts';

/** A holder that can't be looked up (stopped, on another host, another user's) loses the lock after this long without a heartbeat. */
const STALE_MS = 20_000;
const HEARTBEAT_MS = 2_000;
const POLL_MS = 25;
/** The time between two looks at a lock counts for this much at most: after a sleep, the holder must have time to wake up as well. */
const MAX_INTERVAL_MS = 5_000;

const TOKEN = /^([0-9a-f]{16})\.([1-9]\d{0,9})\.(\d*)\.[0-9a-f]{16}\.\d+$/;
/** A lock; with the suffix, the candidate of a waiter, or something that was moved out of a lock. */
const OURS = /^[0-9a-f]{32}(\.[0-9a-f]{16})?$/;

/** Another process held the lock for as long as the caller could wait. */
export class LockBusyError extends Error {
  override readonly name = 'LockBusyError';
}

interface LockDeps {
  readonly self: ProcessIdentity;
  readonly isDead: (other: ProcessIdentity, self: ProcessIdentity) => boolean;
  /** A clock that can't be set, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly heartbeatMs: number;
  readonly directories: Directories;
}

/**
 * Locks between processes that share a folder. They survive `kill -9` and use nothing but directories:
 *
 *     HASH/TOKEN            the lock is held; TOKEN names the holder and its latest heartbeat
 *     HASH.NONCE/TOKEN      a candidate: a waiter acquires the lock by renaming it to HASH
 *
 * Why there are never two holders:
 *
 * 1. Everywhere, renaming onto a directory that isn't empty fails. So one of several candidates wins, and none while there is
 *    any token. However outdated what a waiter has read, it only tells the waiter when to try.
 * 2. No token's name is used twice. So a slow waiter that removes the token of a dead holder removes that one or nothing,
 *    never a later holder's.
 * 3. A heartbeat adds the next token, then removes the last one. If that is gone already, the lock was lost. A live holder's
 *    token is removed only after the same names, and no others, were seen for {@link STALE_MS}, and then only the first of
 *    them. So the token that a heartbeat leaves stays for {@link STALE_MS} after the last one was removed, no matter by which
 *    process: on Windows, two processes may both be told that they deleted the same directory. That is why a heartbeat that
 *    took long proves nothing.
 *
 * Nothing depends on clocks that can be set, or on reading a directory at one moment.
 */
export class FolderLocks implements Locks {
  readonly #folder: string;
  readonly #deps: LockDeps;
  /** What was in locks that are held. Kept between calls, because most callers wait for less than STALE_MS. */
  readonly #seen = new Map<string, { names: string; seenAt: number; unchangedMs: number }>();

  constructor(folder: string, deps: Partial<LockDeps> = {}) {
    this.#folder = folder;
    this.#deps = {
      // Looked up when a lock is needed, not at activation.
      get self() {
        return thisProcess();
      },
      isDead: hasDied,
      monotonicMs: () => performance.now(),
      sleep: (ms) => delay(ms, undefined, { ref: false }),
      heartbeatMs: HEARTBEAT_MS,
      directories: fs,
      ...deps,
    };
  }

  /**
   * Runs `action` while no other process runs one under the same name.
   *
   * @throws {LockBusyError} when the time is up, the file system's error if the folder can't be written, and whatever `action` throws
   */
  async withLock<T>(name: string, options: LockOptions<T>, action: (lease: Lease) => Promise<T>): Promise<T> {
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
    return await this.#withLock(join(this.#folder, hash), options, action);
  }

  /** Deletes what killed processes left behind longer ago than this. Takes half a minute for each lock whose holder can't be looked up. */
  async sweep(olderThanMs: number, now = Date.now()): Promise<void> {
    for (const name of (await this.#list(this.#folder)) ?? []) {
      const path = join(this.#folder, name);
      const changedAt = OURS.test(name) ? (await fs.lstat(path).catch(() => undefined))?.mtimeMs : undefined;
      // A time far in the future comes from a clock that was wrong.
      if (changedAt === undefined || Math.abs(now - changedAt) < olderThanMs) continue;
      if (name.includes('.')) {
        // As a whole: if the candidate of a live waiter lost only its token, it would become a lock with nothing in it.
        const aside = newName(join(this.#folder, name.slice(0, 32)));
        const isMoved = this.#deps.directories.rename(path, aside).then(() => true);
        if (await isMoved.catch(() => false)) await fs.rm(aside, { recursive: true, force: true });
      } else {
        // The clock may be wrong and the holder alive. Acquiring the lock and releasing it is the safe way to remove it.
        await this.#withLock(path, { waitMs: 1.5 * STALE_MS }, async () => {}).catch((error: unknown) => {
          if (!(error instanceof LockBusyError)) throw error;
        });
      }
    }
  }

  async #withLock<T>(lock: string, options: LockOptions<T>, action: (lease: Lease) => Promise<T>): Promise<T> {
    const { monotonicMs, sleep } = this.#deps;
    const giveUpAt = monotonicMs() + options.waitMs;
    for (;;) {
      const held = await this.#tryAcquire(lock);
      if (held !== undefined) return await this.#hold(held, action);
      const result = await options.resolvedElsewhere?.();
      if (result !== undefined) return result;
      const leftMs = giveUpAt - monotonicMs();
      if (leftMs <= 0) throw new LockBusyError(`Another process held the lock for more than ${options.waitMs} ms`);
      await sleep(Math.min(leftMs, POLL_MS * (1 + Math.random())));
    }
  }

  async #hold<T>(held: HeldLock, action: (lease: Lease) => Promise<T>): Promise<T> {
    const heartbeat = setInterval(() => void held.held(), this.#deps.heartbeatMs).unref();
    try {
      return await action(held);
    } finally {
      clearInterval(heartbeat);
      await held.release();
    }
  }

  async #tryAcquire(lock: string): Promise<HeldLock | undefined> {
    const { self, monotonicMs, directories } = this.#deps;
    const names = await this.#list(lock);
    if (names === undefined) return undefined;
    const stale = this.#stale(lock, names);
    for (const name of stale) await this.#removeStale(lock, name);
    if (stale.length < names.length) return undefined;

    const candidate = newName(lock);
    const holder = `${self.host}.${self.pid}.${self.start}.${candidate.slice(-16)}`;
    const held = new HeldLock(lock, holder, directories, monotonicMs);
    await directories.mkdir(join(candidate, held.token()), { recursive: true, mode: 0o700 });
    try {
      await directories.rename(candidate, lock);
      return held;
    } catch (error) {
      // If it can't be deleted now, it is swept later.
      await fs.rm(candidate, { recursive: true, force: true }).catch(() => {});
      const obstacle = await fs.lstat(lock).catch(() => undefined);
      // The error doesn't say whether another process was faster: some network drives call that a lack of permission.
      if (obstacle === undefined && !(await this.#canAcquireAny(lock))) throw error;
      // A file, a link or, on Windows, an empty directory may be in the way. A lock that is held is none of these.
      await (obstacle?.isDirectory() === false ? fs.unlink(lock) : directories.rmdir(lock)).catch(() => {});
      return undefined;
    }
  }

  /** Whether any lock could be acquired in this folder, even one with a name that no other process uses. */
  async #canAcquireAny(lock: string): Promise<boolean> {
    const { directories } = this.#deps;
    const [candidate, unused] = [newName(lock), newName(lock)];
    try {
      await directories.mkdir(candidate, { recursive: true, mode: 0o700 });
      await directories.rename(candidate, unused);
      return true;
    } catch {
      return false;
    } finally {
      for (const path of [candidate, unused]) await fs.rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** The names in a directory, sorted; undefined if there is one that can't be read, for example because it is being deleted. */
  async #list(directory: string): Promise<string[] | undefined> {
    try {
      return (await this.#deps.directories.readdir(directory)).toSorted();
    } catch (error) {
      if (isNotThere(error)) return [];
      return (await fs.lstat(directory).catch(() => undefined)) === undefined ? [] : undefined;
    }
  }

  /** Which of the names in a lock may be removed. Any name that isn't a token of this host counts as a live holder's. */
  #stale(lock: string, names: readonly string[]): readonly string[] {
    const { self, isDead, monotonicMs } = this.#deps;
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
    const unchangedMs = last?.names === key ? last.unchangedMs + Math.min(now - last.seenAt, MAX_INTERVAL_MS) : 0;
    this.#seen.set(lock, { names: key, seenAt: now, unchangedMs });
    return unchangedMs >= STALE_MS ? names.slice(0, 1) : dead;
  }

  async #removeStale(lock: string, name: string): Promise<void> {
    const { directories } = this.#deps;
    try {
      // A link may lead to a folder that isn't ours, so only the link is deleted.
      if ((await fs.lstat(lock)).isSymbolicLink()) return await fs.unlink(lock);
      await directories.rmdir(join(lock, name));
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      await directories.rename(join(lock, name), newName(lock)).catch(() => {});
    }
  }
}

/** A name that was never used, for a candidate or for something that is moved out of a lock. */
function newName(lock: string): string {
  return `${lock}.${randomBytes(8).toString('hex')}`;
}
