import { messageOf } from '../../common/messageOf.ts';
import { parseJson } from '../../common/json.ts';
import * as v from 'valibot';
import { fromRecord, toRecord, UnreadableRecordError, type Grant, type GrantKind, type GrantOf } from '../grant.ts';
import type { Log } from '../../common/log.ts';

/** What the stored records need of VS Code's SecretStorage. There is no compare-and-swap, and a write may arrive late in other windows. */
export interface Secrets {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
  keys(): PromiseLike<string[]>;
}

const SET_ASIDE_PREFIX = 'unreadable:';

/** What was set aside: it may have live tokens in it, so it does not stay for ever. */
const SetAside = v.object({ since: v.number(), stored: v.string() });

/** A record that was set aside, and what it says. */
export interface Unreadable {
  readonly key: string;
  readonly stored: string;
}

export interface StoredGrants<G extends Grant> {
  readonly grants: readonly G[];
  readonly unreadable: readonly Unreadable[];
  /** The keys of what only a newer version can read. */
  readonly newer: readonly string[];
}

/** The grants in SecretStorage: one record per (server, client id, X user), which makes a second sign-in replace the first. */
export class GrantRecords<Kind extends GrantKind> {
  readonly #secrets: Secrets;
  readonly #log: Log;
  readonly #kind: Kind;
  /** Keeps the grants of one provider apart from the others'. */
  readonly #prefix: string;
  readonly #now: () => number;

  constructor(kind: Kind, secrets: Secrets, log: Log, now: () => number) {
    this.#kind = kind;
    this.#prefix = `${kind}:`;
    this.#now = now;
    this.#secrets = secrets;
    this.#log = log;
  }

  keyOf(grant: Pick<Grant, 'apiBaseUrl' | 'clientId' | 'account'>): string {
    return `${this.#prefix}${grant.apiBaseUrl} ${grant.clientId} ${grant.account.id}`;
  }

  isKey(key: string): boolean {
    return key.startsWith(this.#prefix);
  }

  /** Every grant that can be read. One that can't is set aside; the others still work. */
  async readAll(): Promise<StoredGrants<GrantOf<Kind>>> {
    const grants: GrantOf<Kind>[] = [];
    const unreadable: Unreadable[] = [];
    const newer: string[] = [];
    await Promise.all(
      (await this.keys()).map(async (key) => {
        try {
          const grant = await this.read(key);
          if (grant !== undefined) grants.push(grant);
        } catch (error) {
          if (!(error instanceof UnreadableRecordError)) throw error;
          this.#log.warn(`A stored sign-in can't be read: ${error.message}.`);
          if (error.newer) newer.push(key);
          else unreadable.push({ key, stored: await this.#setAside(key) });
        }
      }),
    );
    return { grants, unreadable, newer };
  }

  async keys(): Promise<readonly string[]> {
    return (await this.#secrets.keys()).filter((key) => this.isKey(key));
  }

  /** @throws {UnreadableRecordError} */
  async read(key: string): Promise<GrantOf<Kind> | undefined> {
    const stored = await this.#secrets.get(key);
    if (stored === undefined) return undefined;
    const grant = fromRecord(this.#kind, parseJson(v.unknown(), stored));
    if (this.keyOf(grant) !== key) throw new UnreadableRecordError('it is filed under another name', false);
    return grant;
  }

  async write(grant: Grant): Promise<void> {
    await this.#secrets.store(this.keyOf(grant), JSON.stringify(toRecord(grant)));
  }

  async erase(key: string): Promise<void> {
    await this.#secrets.delete(key);
  }

  /** Deletes what was set aside longer ago than this. */
  async forgetUnreadable(olderThanMs: number): Promise<void> {
    for (const key of await this.#secrets.keys()) {
      if (!key.startsWith(SET_ASIDE_PREFIX + this.#prefix)) continue;
      const aside = parseJson(SetAside, await this.#secrets.get(key));
      const age = aside === undefined ? Infinity : this.#now() - aside.since;
      // A time in the future is as little use as one long ago.
      if (age < 0 || age >= olderThanMs) await this.#secrets.delete(key);
    }
  }

  /** Kept for a while under another key, so that nothing is lost that a later version might read. */
  async #setAside(key: string): Promise<string> {
    const stored = (await this.#secrets.get(key)) ?? '';
    const aside: v.InferOutput<typeof SetAside> = { since: this.#now(), stored };
    try {
      await this.#secrets.store(SET_ASIDE_PREFIX + key, JSON.stringify(aside));
      await this.#secrets.delete(key);
    } catch (error) {
      this.#log.error(`Could not set it aside: ${messageOf(error)}`);
    }
    return stored;
  }
}
