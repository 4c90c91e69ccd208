import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { hkdfSync } from 'node:crypto';
import { messageOf } from '../../common/messageOf.ts';
import { errnoCode, isNotThere } from '../../ipc/fileErrors.ts';
import { SealedFile, type Reading, type SlotFiles } from '../../ipc/sealedFile.ts';
import { NO_LOCK, runExclusive, type Lease, type Locks } from '../../ipc/locks.ts';
import type { GrantKind, GrantOf } from '../grant.ts';
import { EntryUnavailableError, fromEntryRecord, toEntryRecord, type Entry } from './entry.ts';

const OURS = /^[0-9a-f]{40}$/;

/** A file that has changed so recently may change again without a trace: the clocks of some file systems are that coarse. */
const COARSE_MS = 3_000;

/** Longer than it takes to free a lock whose holder stands still in the middle of a heartbeat: twice STALE_MS. */
const LOCK_WAIT_MS = 60_000;

/** How often a change is begun again because its lock was lost. */
const MOST_TRIES = 3;

/** How many files are open at once, at most. */
const MOST_AT_ONCE = 32;

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** What was read of a file, and what its `stat` said then. */
interface Known<E extends Entry> {
  readonly signature: string;
  readonly firstSeenAt: number;
  readonly readAt: number;
  readonly entry: E | undefined;
}

/**
 * The truth about grants, for all windows of a machine that have the key: a sealed file for each account of an app. A window reads
 * what others wrote before it acts, and changes an entry only under a lock, having read it there.
 */
export class Register<Kind extends GrantKind> {
  readonly #kind: Kind;
  readonly #folder: string;
  readonly #key: Buffer;
  readonly #locks: Locks;
  readonly #monotonicMs: () => number;
  readonly #files: SlotFiles | undefined;
  readonly #known = new Map<string, Known<Entry<GrantOf<Kind>>>>();
  readonly #sealed = new Map<string, SealedFile>();

  constructor(parts: {
    kind: Kind;
    folder: string;
    key: Buffer;
    locks: Locks;
    monotonicMs: () => number;
    files?: SlotFiles | undefined;
  }) {
    this.#kind = parts.kind;
    this.#folder = parts.folder;
    this.#key = parts.key;
    this.#locks = parts.locks;
    this.#monotonicMs = parts.monotonicMs;
    this.#files = parts.files;
  }

  /** Every entry that can be read. What can't be read now, or only by a newer version, is as it was. */
  async all(onFailure: (error: unknown) => void): Promise<readonly Entry<GrantOf<Kind>>[]> {
    const entries: Entry<GrantOf<Kind>>[] = [];
    const names = await this.#names();
    for (let first = 0; first < names.length; first += MOST_AT_ONCE) {
      const looks = names.slice(first, first + MOST_AT_ONCE).map((name) =>
        this.#look(name).catch((error: unknown) => {
          onFailure(error);
          return this.#known.get(name)?.entry;
        }),
      );
      entries.push(...(await Promise.all(looks)).filter((entry) => entry !== undefined));
    }
    return entries;
  }

  /** One entry. @throws {EntryUnavailableError} */
  async find(key: string): Promise<Entry<GrantOf<Kind>> | undefined> {
    return this.#look(this.#nameOf(key));
  }

  /**
   * Puts what `change` makes of an entry in its place, while no other window does; nothing if it makes undefined of it. `change` may be
   * called again, with what it has made itself. What can't be read is in nobody's way who may `overrule` it.
   *
   * @throws {EntryUnavailableError | LockBusyError}, and what the file system throws
   */
  async change(
    key: string,
    change: (current: Entry<GrantOf<Kind>> | undefined) => Promise<Entry<GrantOf<Kind>> | undefined>,
    { overrule = false } = {},
  ): Promise<void> {
    const name = this.#nameOf(key);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // There may be no room for a lock where there is for what is to be written.
      const options = { waitMs: LOCK_WAIT_MS, isUnavailable: isFull };
      const isDone = await runExclusive<boolean>(this.#locks, `write ${name}`, options, (lease) =>
        this.#changeOnce(name, change, overrule, lease),
      );
      if (isDone) return;
    }
    await this.#changeOnce(name, change, overrule, NO_LOCK);
  }

  /** Deletes an entry that says nothing any more. */
  async remove(key: string): Promise<void> {
    const name = this.#nameOf(key);
    this.#known.delete(name);
    await this.#file(name).remove();
  }

  /** Deletes entries of what has ended so long ago. */
  async sweep(olderThanMs: number, now: number): Promise<void> {
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      const changedAt = (await fs.lstat(path).catch(() => undefined))?.mtimeMs;
      if (changedAt === undefined || now - changedAt < olderThanMs) continue;
      const removing = this.#locks.withLock(`write ${name}`, { waitMs: LOCK_WAIT_MS }, async () => {
        if (this.#entryOf(await this.#file(name).read())?.ended !== undefined) await this.#file(name).remove();
      });
      // What can't be read or locked now waits for the next time.
      await removing.catch(() => {});
    }
  }

  /** False if the lock was lost meanwhile: another window may have read what was there before, and has to be read. */
  async #changeOnce(
    name: string,
    change: (current: Entry<GrantOf<Kind>> | undefined) => Promise<Entry<GrantOf<Kind>> | undefined>,
    overrule: boolean,
    lease: Lease,
  ): Promise<boolean> {
    const file = this.#file(name);
    let before: Reading | undefined;
    let current: Entry<GrantOf<Kind>> | undefined;
    try {
      before = await file.read();
      current = this.#entryOf(before);
    } catch (error) {
      if (!overrule) throw unknown(error);
      before = undefined;
    }
    const next = await change(current);
    if (next === undefined) return true;
    if (!(await lease.held())) return false;
    const record = toEntryRecord(next);
    const written = await file.write(record, before);
    this.#known.delete(name);
    if (!(await lease.held())) return false;
    if (next.ended === undefined) return true;
    // So that no slot has tokens of what has ended.
    await file.write(record, written);
    this.#known.delete(name);
    return lease.held();
  }

  async #look(name: string): Promise<Entry<GrantOf<Kind>> | undefined> {
    const file = this.#file(name);
    const known = this.#known.get(name);
    const now = this.#monotonicMs();
    const signature = await file.signature().catch((error: unknown) => {
      throw unknown(error);
    });
    if (signature === undefined) {
      this.#known.delete(name);
      return undefined;
    }
    const isSame = known?.signature === signature;
    if (isSame && known.readAt - known.firstSeenAt > COARSE_MS) return known.entry;
    const entry = await file
      .read()
      .then((reading) => this.#entryOf(reading))
      .catch((error: unknown) => {
        throw unknown(error);
      });
    this.#known.set(name, { signature, firstSeenAt: isSame ? known.firstSeenAt : now, readAt: now, entry });
    return entry;
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await fs.readdir(this.#folder)).filter((name) => OURS.test(name));
    } catch (error) {
      if (isNotThere(error)) return [];
      throw error;
    }
  }

  #file(name: string): SealedFile {
    const file = this.#sealed.get(name) ?? new SealedFile(this.#folder, name, this.#key, this.#files);
    this.#sealed.set(name, file);
    return file;
  }

  #entryOf(reading: Reading | undefined): Entry<GrantOf<Kind>> | undefined {
    return reading && fromEntryRecord(this.#kind, reading.payload);
  }

  #nameOf(key: string): string {
    return Buffer.from(hkdfSync('sha256', this.#key, '', `x-authentication entry ${key}`, 20)).toString('hex');
  }
}

function isFull(error: unknown): boolean {
  return FULL.has(errnoCode(error) ?? '');
}

function unknown(cause: unknown): EntryUnavailableError {
  return new EntryUnavailableError(messageOf(cause), { cause });
}
