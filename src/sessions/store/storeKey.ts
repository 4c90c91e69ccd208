import { messageOf } from '../../common/messageOf.ts';
import { parseJson } from '../../common/json.ts';
import { hkdfSync, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Log } from '../../common/log.ts';
import { readSmallFile, replaceSmallFile } from '../../ipc/durableFiles.ts';
import type { Locks } from '../../ipc/locks.ts';
import type { Secrets } from './grantRecords.ts';

/** Where SecretStorage has the key. */
const STORED_AS = 'store-key';

const VERSION = 1;

const Versioned = v.object({ version: v.number() });

const StoredKey = v.object({ version: v.literal(VERSION), key: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)) });

/** What is said in the clear: that there is a key, and since when. */
const Hint = v.object({ createdAt: v.number() });

/** How long a key that was stored may be on its way to other windows, and how much two windows' starts may differ from it. */
const LATE_MS = 10_000;

const LOCK_WAIT_MS = 10_000;

/** This window was open before there was a key, and SecretStorage shows it none. */
export class StoreKeyUnavailableError extends Error {
  override readonly name = 'StoreKeyUnavailableError';
}

/**
 * The key that seals the register of grants: 256 random bits in SecretStorage. It is made once, when the first window looks for
 * sign-ins, and never changes, so no window can have an old one.
 *
 * In a browser, a window that was open before has none, can't see it before it is reloaded, and would erase it for all if it wrote
 * anything to SecretStorage. So who has no key writes nothing there.
 */
export class StoreKey {
  readonly #secrets: Secrets;
  readonly #hintPath: string;
  readonly #locks: Locks;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #log: Log;
  #key: Promise<Buffer> | undefined;

  /** `hintPath`: a file that tells windows with the same SecretStorage that there is a key. */
  constructor(parts: { secrets: Secrets; hintPath: string; locks: Locks; now: () => number; log: Log }) {
    this.#secrets = parts.secrets;
    this.#hintPath = parts.hintPath;
    this.#locks = parts.locks;
    this.#now = parts.now;
    this.#startedAt = parts.now();
    this.#log = parts.log;
  }

  /**
   * The key, a new one if there never was one here, or if it is gone.
   *
   * @throws {StoreKeyUnavailableError} where another window has it and this one can't see it, and what SecretStorage throws
   */
  async get(): Promise<Buffer> {
    this.#key ??= this.#find().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #find(): Promise<Buffer> {
    const stored = await this.#read();
    if (stored !== undefined) return stored;
    const waiting = { waitMs: LOCK_WAIT_MS };
    try {
      return await this.#locks.withLock(STORED_AS, waiting, () => this.#create());
    } catch (error) {
      if (error instanceof StoreKeyUnavailableError) throw error;
      this.#log.warn(`No lock for a new key. ${messageOf(error)}`);
      return this.#create();
    }
  }

  async #create(): Promise<Buffer> {
    const stored = await this.#read();
    if (stored !== undefined) return stored;
    if (await this.#isElsewhere()) throw new StoreKeyUnavailableError('This window was opened before there was a key.');
    await this.#setAside();
    const key = randomBytes(32);
    await this.#secrets.store(STORED_AS, JSON.stringify({ version: VERSION, key: key.toString('base64url') }));
    await this.#leaveHint().catch((error: unknown) => {
      this.#log.warn(`Could not note that there is a key. ${messageOf(error)}`);
    });
    return key;
  }

  /** A key that can't be read is kept, for whoever may be able to mend it; one of a newer version stays where it is. */
  async #setAside(): Promise<void> {
    const stored = await this.#secrets.get(STORED_AS);
    if (stored === undefined) return;
    const { version = 0 } = parseJson(Versioned, stored) ?? {};
    if (version > VERSION) throw new StoreKeyUnavailableError('A newer version of X Authentication has the key.');
    await this.#secrets.store(`unreadable:${STORED_AS}`, JSON.stringify({ since: this.#now(), stored }));
  }

  async #read(): Promise<Buffer | undefined> {
    const stored = parseJson(StoredKey, await this.#secrets.get(STORED_AS));
    return stored && Buffer.from(stored.key, 'base64url');
  }

  /** Whether there is a key that was made after this window had started. One that was there before has been lost. */
  async #isElsewhere(): Promise<boolean> {
    const hint = parseJson(Hint, await readSmallFile(this.#hintPath));
    if (hint === undefined) return false;
    const { createdAt } = hint;
    // From the future is what a clock wrote that was wrong.
    return this.#startedAt < createdAt + LATE_MS && createdAt <= this.#now() + LATE_MS;
  }

  async #leaveHint(): Promise<void> {
    const hint: v.InferOutput<typeof Hint> = { createdAt: this.#now() };
    await replaceSmallFile(this.#hintPath, JSON.stringify(hint));
  }
}

/** Tells one key from another, and nothing about it. */
export function idOf(key: Buffer): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'x-authentication store', 16)).toString('hex');
}

/** SecretStorage for who has the key, because a write of who has not would erase it. */
export function keyed(secrets: Secrets, key: StoreKey): Secrets {
  return {
    get: (name) => secrets.get(name),
    keys: () => secrets.keys(),
    store: async (name, value) => {
      await key.get();
      await secrets.store(name, value);
    },
    delete: async (name) => {
      await key.get();
      await secrets.delete(name);
    },
  };
}
