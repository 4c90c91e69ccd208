import { join } from 'node:path';
import { errnoCode, retryWhileBusy } from './fileErrors.ts';
import type { Lease } from './locks.ts';

/** A heartbeat that took longer is repeated: waiters may have seen its token for that long already, and count it as stale soon. */
const MAX_HEARTBEAT_MS = 5_000;

/** What locks need of a file system. */
export interface Directories {
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, options: { recursive: boolean; mode: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** A lock that this process has acquired: keeps it by heartbeats, and releases it. `FolderLocks` says why that is safe. */
export class HeldLock implements Lease {
  readonly #lock: string;
  readonly #holder: string;
  readonly #directories: Directories;
  readonly #monotonicMs: () => number;
  #heartbeats = 0;
  #isLost = false;
  /** Heartbeats run one after another: of two at once, each would believe that the other had taken the lock. */
  #lastHeartbeat: Promise<boolean> = Promise.resolve(true);
  /** The heartbeat that hasn't begun. It answers everyone who asks until it does, so that they don't pile up on a slow disk. */
  #nextHeartbeat: Promise<boolean> | undefined;

  constructor(lock: string, holder: string, directories: Directories, monotonicMs: () => number) {
    this.#lock = lock;
    this.#holder = holder;
    this.#directories = directories;
    this.#monotonicMs = monotonicMs;
  }

  /** The name of the token that stands for a heartbeat, padded so that a holder's tokens sort by age. */
  token(heartbeat = this.#heartbeats): string {
    return `${this.#holder}.${String(heartbeat).padStart(9, '0')}`;
  }

  held(): Promise<boolean> {
    this.#nextHeartbeat ??= this.#lastHeartbeat.then(() => {
      this.#nextHeartbeat = undefined;
      return this.#heartbeat();
    });
    this.#lastHeartbeat = this.#nextHeartbeat;
    return this.#lastHeartbeat;
  }

  /** Never rejects. */
  async release(): Promise<void> {
    await this.#lastHeartbeat;
    // If the token can't be removed, others get the lock once it is stale.
    if (!this.#isLost && (await this.#remove(this.token()))) await this.#directories.rmdir(this.#lock).catch(() => {});
  }

  async #heartbeat(): Promise<boolean> {
    if (this.#isLost) return false;
    const startedAt = this.#monotonicMs();
    const last = this.token();
    const next = this.token(this.#heartbeats + 1);
    try {
      await retryWhileBusy(() => this.#directories.mkdir(join(this.#lock, next), { recursive: false, mode: 0o700 }));
    } catch (error) {
      // A full disk, for example, doesn't take the lock away, but it doesn't prolong it either.
      this.#isLost = errnoCode(error) === 'ENOENT';
      return false;
    }
    this.#heartbeats++;
    this.#isLost = !(await this.#remove(last));
    // The lock may be another holder's by now, and must not have our token in it.
    if (this.#isLost) await this.#remove(next);
    return this.#monotonicMs() - startedAt > MAX_HEARTBEAT_MS ? await this.#heartbeat() : !this.#isLost;
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
