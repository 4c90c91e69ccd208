import { messageOf } from '../../common/messageOf.ts';
import { errnoCode } from '../../ipc/fileErrors.ts';
import type { App } from './clientSecrets.ts';
import {
  isProvisional,
  sameState,
  UnreadableRecordError,
  withoutTokens,
  type Account,
  type Grant,
  type GrantKind,
  type GrantOf,
} from '../grant.ts';
import type { Log } from '../../common/log.ts';
import { GrantChangeFeed, type GrantChanges } from './grantChanges.ts';
import type { GrantRecords } from './grantRecords.ts';
import { LostGrants, type LostGrantsDeps } from './lostGrants.ts';
import type { Register } from './register.ts';
import { idOf, StoreKeyUnavailableError } from './storeKey.ts';
import { ended, isLive, isNews, type Ending, type Entry, EntryUnavailableError } from './entry.ts';

/** Why there may be no files: the folder can't be written, now or ever. What else goes wrong passes, a full disk as well. */
const NO_FILES = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENOTSUP', 'ENOSYS']);

export function isNoFiles(error: unknown): boolean {
  return NO_FILES.has(errnoCode(error) ?? '');
}

/**
 * How a change is made: `mustBeThere` if it is no use where it is not on the disk; `overrule` what can't be
 * read; or then go by what this window knows, `inMemory` and in SecretStorage.
 */
interface How {
  readonly mustBeThere?: boolean;
  readonly overrule?: boolean;
  readonly inMemory?: boolean;
}

type Change<E extends Entry> = (current: E | undefined) => E | undefined | Promise<E | undefined>;

export interface GrantsDeps<Kind extends GrantKind> extends LostGrantsDeps {
  readonly records: GrantRecords<Kind>;
  /** The key of the register. @throws {StoreKeyUnavailableError} */
  readonly key: () => Promise<Buffer>;
  readonly register: (key: Buffer) => Register<Kind> | Promise<Register<Kind>>;
  readonly log: Log;
  readonly apiBaseUrl: () => string;
  /** Tokens of a sign-in that somebody has signed out of without knowing of them: nobody may keep them. */
  readonly onOrphan: (grant: GrantOf<Kind>) => void;
}

/** A grant under its person's name, and the one whose place it took. */
export interface Named<G extends Grant> {
  readonly grant: G;
  readonly replaced: G | undefined;
}

/**
 * The grants of one provider. What they are is in the register, which all windows read; SecretStorage has a copy of each, which
 * counts where there is no register, or where another machine has written it. Never uses the network.
 *
 * Only those of one server are shown: those of others rest, untouched, until the setting names their server again.
 */
export class Grants<Kind extends GrantKind = GrantKind> {
  readonly #deps: GrantsDeps<Kind>;
  readonly #log: Log;
  readonly #feed = new GrantChangeFeed<GrantOf<Kind>>();
  readonly #lost: LostGrants;
  /** The newest that this window has seen of each, by the key of its record. */
  readonly #entries = new Map<string, Entry<GrantOf<Kind>>>();
  /** The ids of sign-ins that are under way in this window. */
  readonly #attempts = new Set<string>();
  /** The keys of what this window knows and could not write into the register. */
  readonly #unwritten = new Set<string>();
  #register: Register<Kind> | undefined;
  #keyId = '';
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  /** Somebody was told that there are no sign-ins, because this window had no key. */
  #isBlind = false;

  constructor(deps: GrantsDeps<Kind>) {
    this.#deps = deps;
    this.#log = deps.log;
    this.#lost = new LostGrants(deps);
  }

  onDidChange(listener: (changes: GrantChanges<GrantOf<Kind>>) => void): { dispose(): void } {
    return this.#feed.onDidChange(listener);
  }

  /** Rejects where nobody can sign in before the window is reloaded. @throws {StoreKeyUnavailableError} */
  async ready(): Promise<void> {
    try {
      await this.#deps.key();
    } catch (error) {
      if (error instanceof StoreKeyUnavailableError) throw error;
    }
  }

  /** Every grant of the server that is set, each in its newest state. Costs one `stat` for each when nothing has happened. */
  async list(): Promise<readonly GrantOf<Kind>[]> {
    return this.listOf(this.#deps.apiBaseUrl());
  }

  /** Those of one server, whichever is set. */
  async listOf(apiBaseUrl: string): Promise<readonly GrantOf<Kind>[]> {
    return (await this.all()).filter((grant) => grant.apiBaseUrl === apiBaseUrl);
  }

  /** What an app was given at its server, whichever is set. */
  async ofApp({ apiBaseUrl, clientId }: App): Promise<readonly GrantOf<Kind>[]> {
    return (await this.listOf(apiBaseUrl)).filter((grant) => grant.clientId === clientId);
  }

  /** Those of all servers. */
  async all(): Promise<readonly GrantOf<Kind>[]> {
    await this.#load();
    await this.catchUp();
    return this.#grants();
  }

  /** To be called when the setting has changed: the grants of one server go, those of the other come back. */
  serverChanged(): void {
    this.#tell();
  }

  /** Learns what other windows did, if this window has grants at all. What can't be looked for now is looked for next time. */
  async catchUp(): Promise<void> {
    const register = this.#register;
    if (!this.#isLoaded || register === undefined) return;
    await this.#attempt('look for what other windows did', async () => {
      const entries = await register.all((error) => this.#failed('read what became of a sign-in', error));
      for (const entry of entries) this.#learn(entry);
      const there = new Set(entries.map(({ grant }) => this.#keyOf(grant)));
      // Another window's sign-in came to nothing, or has got its name.
      for (const [key, { grant, isPending }] of this.#entries)
        if (isPending === true && !there.has(key) && !this.#attempts.has(grant.id)) this.#entries.delete(key);
      await this.#finishNaming();
      await this.#writeAgain(entries);
    });
    this.#tell();
  }

  /** A grant in its newest state. Throws when that can't be known, because the machine fails. */
  async find(id: string): Promise<GrantOf<Kind> | undefined> {
    const grant = (await this.entry(id))?.grant;
    return grant?.apiBaseUrl === this.#deps.apiBaseUrl() ? grant : undefined;
  }

  /** What is known of a grant that is there. Throws when that can't be known. */
  async entry(id: string): Promise<Entry<GrantOf<Kind>> | undefined> {
    await this.#load();
    const known = this.#entryWith(id);
    if (known === undefined) return undefined;
    const found = await this.#register?.find(this.#keyOf(known.grant));
    if (found !== undefined) this.#learn(found);
    // It may have got its name.
    if (found?.ended === 'moved') await this.catchUp();
    this.#tell();
    return this.#entryWith(id);
  }

  /** Whose grant a new one replaces: X keeps one per app and user. */
  async findOwn(app: App, accountId: string): Promise<GrantOf<Kind> | undefined> {
    return (await this.ofApp(app)).find(({ account }) => account.id === accountId);
  }

  /**
   * Whether somebody has signed in to the app since, and it isn't known yet who: it may be the same person, and then that is why X
   * refuses this grant.
   */
  async mayBeReplaced(grant: GrantOf<Kind>): Promise<boolean> {
    await this.catchUp();
    return [...this.#entries.values()].some(
      (entry) =>
        entry.ended === undefined &&
        isProvisional(entry.grant.account) &&
        entry.grant.apiBaseUrl === grant.apiBaseUrl &&
        entry.grant.clientId === grant.clientId &&
        entry.grant.signInNumber > grant.signInNumber,
    );
  }

  /** The number of the next sign-in to an app; to be called while no other window signs in to it. */
  async nextSignInNumber(app: App): Promise<number> {
    await this.#load();
    await this.catchUp();
    const numbers = [...this.#entries.values()]
      .filter(({ grant }) => grant.apiBaseUrl === app.apiBaseUrl && grant.clientId === app.clientId)
      .map(({ grant }) => grant.signInNumber);
    return Math.max(0, ...numbers) + 1;
  }

  /** Keeps a place on the disk for what X is about to give. It is not shown. */
  async reserve(grant: GrantOf<Kind>): Promise<void> {
    this.#attempts.add(grant.id);
    await this.keep(withoutTokens(grant), { isPending: true });
  }

  /** Keeps what X gave, before anything else is done; `isPending` as long as it is not to be shown. */
  async keep(grant: GrantOf<Kind>, { isPending = false } = {}): Promise<void> {
    await this.#load();
    if (!isPending) this.#attempts.delete(grant.id);
    const entry: Entry<GrantOf<Kind>> = { grant, ...(isPending && { isPending }) };
    await this.#change(this.#keyOf(grant), (known) => (isSame(entry, known) ? undefined : entry), { overrule: true });
  }

  /** Gives up what was kept for a sign-in that came to nothing. */
  async abandon(grant: Pick<Grant, 'id' | 'apiBaseUrl' | 'clientId' | 'account'>): Promise<void> {
    const key = this.#keyOf(grant);
    this.#attempts.delete(grant.id);
    this.#entries.delete(key);
    await this.#attempt('give up what was kept for a sign-in', async () => this.#register?.remove(key));
    this.#tell();
  }

  /** What sign-ins have got that are under way in another window, or were when that was closed. */
  async pending(): Promise<readonly GrantOf<Kind>[]> {
    await this.all();
    return [...this.#entries.values()]
      .filter(({ isPending, grant }) => isPending === true && !this.#attempts.has(grant.id))
      .map(({ grant }) => grant);
  }

  /** Puts a grant that had no name in the place of the one that its person had. Undefined where they have signed in again since. */
  async name(unnamed: GrantOf<Kind>, account: Account): Promise<Named<GrantOf<Kind>> | undefined> {
    let kept: Entry<GrantOf<Kind>> | undefined;
    let replaced: GrantOf<Kind> | undefined;
    let wasPending = false;
    await this.#change(
      this.#keyOf(unnamed),
      async (current) => {
        if (current === undefined || current.ended !== undefined) return undefined;
        wasPending = current.isPending === true;
        kept = await this.#change(
          this.#keyOf({ ...unnamed, account }),
          (known) => {
            // Done already, by a window that was stopped before it could say so.
            if (known !== undefined && !isNews(current, known)) return undefined;
            if (isLive(known)) replaced = known.grant;
            const id = known === undefined || known.ended === 'signed-out' ? current.grant.id : known.grant.id;
            const generation = Math.max(known?.grant.generation ?? 0, current.grant.generation) + 1;
            return { grant: { ...current.grant, id, account, generation } };
          },
          { overrule: true },
        );
        return ended(current, 'moved');
      },
      { overrule: true },
    );
    // Nobody has seen it under the name that it never had.
    if (wasPending) await this.abandon(unnamed);
    return isLive(kept) && kept.grant.signInId === unnamed.signInId ? { grant: kept.grant, replaced } : undefined;
  }

  /** Keeps a grant in the place of the one that this account had. */
  async replace(grant: GrantOf<Kind>): Promise<GrantOf<Kind>> {
    await this.#load();
    const kept = await this.#change(
      this.#keyOf(grant),
      (known) => {
        if (known?.grant.signInId === grant.signInId) return undefined;
        const { signInNumber = 0, generation = 0 } = known?.grant ?? {};
        return { grant: { ...grant, signInNumber: signInNumber + 1, generation: generation + 1 } };
      },
      { overrule: true },
    );
    return kept?.grant ?? grant;
  }

  /**
   * Changes what is known of a grant, in one step that no other window comes between. `change` may be called more than once, also with
   * what it has made itself.
   *
   * @throws {EntryUnavailableError}; and, if it `mustBeThere`, what keeps it from being on the disk for now
   */
  async change(
    grant: GrantOf<Kind>,
    change: Change<Entry<GrantOf<Kind>>>,
    how: How = {},
  ): Promise<Entry<GrantOf<Kind>> | undefined> {
    await this.#load();
    return this.#change(this.#keyOf(grant), change, how);
  }

  /** Whether other windows can see what this one has last said of a grant. */
  isWritten(grant: GrantOf<Kind>): boolean {
    return this.#register !== undefined && !this.#unwritten.has(this.#keyOf(grant));
  }

  /** The grant that a sign-in has become. */
  bySignIn(signInId: string): GrantOf<Kind> | undefined {
    return [...this.#entries.values()].find((entry) => isLive(entry) && entry.grant.signInId === signInId)?.grant;
  }

  /** Ends a grant at a person's request, whatever state it is in, and resolves to that state; undefined when there is none. */
  async signOut(id: string): Promise<GrantOf<Kind> | undefined> {
    const meant = (await this.all()).find((grant) => grant.id === id);
    const last = meant && (await this.#signOutOf(meant));
    if (this.#grants().length === 0) await this.forgetUnreadable(0);
    return last;
  }

  async #signOutOf(meant: GrantOf<Kind>): Promise<GrantOf<Kind> | undefined> {
    let last: GrantOf<Kind> | undefined;
    await this.#change(
      this.#keyOf(meant),
      (current) => {
        // Nobody was asked whether to sign out of what they have signed in with anew meanwhile.
        if (!isLive(current) || current.grant.signInId !== meant.signInId) return undefined;
        last = current.grant;
        return ended(current, 'signed-out');
      },
      { overrule: true },
    );
    if (last !== undefined) return last;
    // It may have got its name in the same moment.
    const named = this.bySignIn(meant.signInId);
    return named === undefined || this.#keyOf(named) === this.#keyOf(meant) ? undefined : this.#signOutOf(named);
  }

  /** Ends a grant in every window, unless it is in another state by now. Resolves to whether this window did. */
  async end(grant: GrantOf<Kind>, how: Ending): Promise<boolean> {
    let isDone = false;
    await this.#change(this.#keyOf(grant), (current) => {
      isDone = isLive(current) && sameState(current.grant, grant);
      return isLive(current) && isDone ? ended(current, how) : undefined;
    });
    return isDone;
  }

  /** Deletes records that can't be read and were set aside longer ago than this: nobody can sign out of what is in them. */
  async forgetUnreadable(olderThanMs: number): Promise<void> {
    // A window that nobody has asked for anything leaves the keyring alone.
    if (!this.#isLoaded) return;
    await this.#attempt('delete what can not be read', () => this.#deps.records.forgetUnreadable(olderThanMs));
  }

  /** Deletes what says of grants that they ended so long ago. */
  async sweep(olderThanMs: number, now: number): Promise<void> {
    await this.#attempt('delete what has ended', async () => this.#register?.sweep(olderThanMs, now));
  }

  /**
   * Looks at a stored record again: SecretStorage says that it was written or erased, or it is about to matter. Never rejects.
   * An erased record takes nothing away, because only the register says that somebody signed out.
   */
  async storedRecordChanged(key: string): Promise<void> {
    if (this.#isBlind) await this.#attempt('read stored sign-ins', () => this.#load());
    if (!this.#deps.records.isKey(key) || this.#loading === undefined) return;
    await this.#attempt('read a stored sign-in', async () => {
      await this.#load();
      await this.#import(key);
    });
  }

  /**
   * As {@link storedRecordChanged}, when it is about to matter.
   *
   * @throws {UnreadableRecordError} if only a newer version can tell what is stored, and what SecretStorage throws
   */
  async lookAtRecord(grant: GrantOf<Kind>): Promise<void> {
    try {
      await this.#import(this.#keyOf(grant));
    } catch (error) {
      if (!(error instanceof UnreadableRecordError) || error.newer) throw error;
    }
  }

  #keyOf(grant: Pick<GrantOf<Kind>, 'apiBaseUrl' | 'clientId' | 'account'>): string {
    return this.#deps.records.keyOf(grant);
  }

  #entryWith(id: string): Entry<GrantOf<Kind>> | undefined {
    return this.#shown().find(({ grant }) => grant.id === id);
  }

  #shown(): readonly Entry<GrantOf<Kind>>[] {
    const named = this.#named();
    return [...this.#entries.values()].filter((entry) => isLive(entry) && !isLeftOf(named, entry));
  }

  /** Of which sign-ins it is known whose they are, also where they have ended since. */
  #named(): ReadonlySet<string> {
    const named = [...this.#entries.values()].filter(({ grant }) => !isProvisional(grant.account));
    return new Set(named.map(({ grant }) => grant.signInId));
  }

  /** Says of sign-ins that they have got their names, where a window died before it could. */
  async #finishNaming(): Promise<void> {
    const named = this.#named();
    for (const [key, entry] of this.#entries) {
      if (!isLeftOf(named, entry) || this.#attempts.has(entry.grant.id)) continue;
      await this.#change(key, (current) =>
        current !== undefined && current.ended === undefined ? ended(current, 'moved') : undefined,
      );
    }
  }

  /** Puts back what another window has written over, which stood still between its last look at the lock and its write. */
  async #writeAgain(entries: readonly Entry<GrantOf<Kind>>[]): Promise<void> {
    for (const entry of entries) {
      const key = this.#keyOf(entry.grant);
      const known = this.#entries.get(key);
      if (known === undefined || !isNews(known, entry) || this.#unwritten.has(key)) continue;
      this.#log.info(`Grant ${known.grant.id}: written again.`);
      await this.#change(key, () => undefined);
    }
  }

  /** In the same order in every window. */
  #grants(): readonly GrantOf<Kind>[] {
    return this.#shown()
      .map(({ grant }) => grant)
      .toSorted((a, b) => compare(a.account.label, b.account.label) || compare(a.id, b.id));
  }

  /** Takes over what another window knows, unless this one knows more: it may not have been able to write that. */
  #learn(entry: Entry<GrantOf<Kind>>): void {
    const key = this.#keyOf(entry.grant);
    const known = this.#entries.get(key);
    if (known !== undefined && isNews(known, entry)) return;
    this.#entries.set(key, entry);
    // Whoever signed out stood still meanwhile, and did not know of these tokens.
    const isOfSame = isLive(known) && known.grant.signInId === entry.grant.signInId;
    if (isOfSame && entry.ended === 'signed-out' && known.grant.generation > entry.grant.generation)
      this.#deps.onOrphan(known.grant);
  }

  async #change(
    key: string,
    change: Change<Entry<GrantOf<Kind>>>,
    { mustBeThere = false, overrule = false, inMemory = false }: How = {},
  ): Promise<Entry<GrantOf<Kind>> | undefined> {
    const before = this.#entries.get(key);
    let result: Entry<GrantOf<Kind>> | undefined;
    let isSettled = false;
    const settle = async (found: Entry<GrantOf<Kind>> | undefined): Promise<Entry<GrantOf<Kind>> | undefined> => {
      const known = this.#entries.get(key);
      const isAhead = known !== undefined && (found === undefined || isNews(known, found));
      const current = isAhead ? known : found;
      const next = await change(current);
      result = next ?? current;
      isSettled = true;
      return result === found ? undefined : result;
    };
    try {
      if (this.#register === undefined) await settle(undefined);
      else await this.#register.change(key, settle, { overrule });
      this.#unwritten.delete(key);
    } catch (error) {
      if ((error instanceof EntryUnavailableError && !inMemory) || (mustBeThere && !isNoFiles(error))) throw error;
      // This window goes by it all the same, and writes it when it can.
      if (!isSettled) await settle(inMemory ? undefined : await this.#register?.find(key));
      this.#unwritten.add(key);
      this.#failed('write what became of a sign-in', error);
    }
    if (result === undefined) return undefined;
    this.#learn(result);
    if (result.ended !== undefined) this.#tell();
    await this.#copy(key, result, before);
    this.#tell();
    return result;
  }

  /**
   * Has SecretStorage follow. What X has ended stays there until a window starts: what another machine got for it may be on its way, and
   * would be deleted with it.
   */
  async #copy(key: string, entry: Entry<GrantOf<Kind>>, before: Entry<GrantOf<Kind>> | undefined): Promise<void> {
    if (entry.isPending === true || entry.ended === 'rejected' || (before !== undefined && isSame(before, entry)))
      return;
    await this.#attempt('store a sign-in', async () => {
      const { records } = this.#deps;
      if (entry.ended === undefined) await records.write(entry.grant);
      else await this.#erase(key, entry);
    });
  }

  async #erase(key: string, entry: Entry<GrantOf<Kind>>): Promise<void> {
    const { records } = this.#deps;
    const stored = await records.read(key);
    // Another machine's is compared, too, before it is deleted.
    if (stored !== undefined && !isNews({ grant: stored }, entry)) await records.erase(key);
  }

  /**
   * Takes over what SecretStorage has, if that is newer: from another machine, or from where no register could be written. It is in the
   * register when this window next changes it.
   */
  async #import(key: string): Promise<void> {
    const stored = await this.#deps.records.read(key);
    if (stored === undefined) return;
    const known = await this.#register?.find(key);
    if (known !== undefined) this.#learn(known);
    this.#learn({ grant: stored });
    this.#tell();
  }

  async #load(): Promise<void> {
    this.#loading ??= this.#loadAll().catch((error: unknown) => {
      this.#loading = undefined;
      if (error instanceof StoreKeyUnavailableError) {
        // Whatever is stored, this window can't see it, or not yet.
        this.#isBlind = true;
        return;
      }
      // A keyring that does not answer now may answer later.
      throw error;
    });
    return this.#loading;
  }

  async #loadAll(): Promise<void> {
    const storeKey = await this.#deps.key();
    this.#keyId = idOf(storeKey);
    // Once, however often SecretStorage fails after it: it comes with a watch on its folder.
    const register = (this.#register ??= await this.#deps.register(storeKey));
    const entries = await register
      .all((error) => this.#failed('read what became of a sign-in', error))
      .catch((error: unknown) => {
        this.#failed('read what became of sign-ins', error);
        return [];
      });
    for (const entry of entries) this.#learn(entry);
    const { grants, unreadable, newer } = await this.#deps.records.readAll();
    for (const stored of grants) {
      const key = this.#keyOf(stored);
      const known = this.#entries.get(key);
      this.#learn({ grant: stored });
      if (known?.ended !== undefined && this.#entries.get(key) === known)
        await this.#attempt('erase a stored sign-in', () => this.#erase(key, known));
    }
    for (const [key, entry] of this.#entries) {
      if (newer.includes(key)) continue;
      const stored = grants.find((grant) => this.#keyOf(grant) === key);
      if (isLive(entry) && (stored === undefined || !sameState(stored, entry.grant)))
        await this.#attempt('store a sign-in', () => this.#deps.records.write(entry.grant));
    }
    this.#isLoaded = true;
    if (!this.#isBlind) this.#feed.begin(this.#visible());
    this.#isBlind = false;
    this.#tell();
    this.#log.info(`Read ${this.#grants().length} stored sign-ins.`);
    await this.#lost.tellUnreadable(unreadable.filter(({ key }) => !this.#entries.has(key)));
    await this.#attempt('see what should be stored', () => this.#lost.tellVanished(this.#keyId, this.#labels()));
    await this.#noteLabels();
  }

  async #noteLabels(): Promise<void> {
    await this.#attempt('note what is stored', () => this.#lost.note(this.#keyId, this.#labels()));
  }

  #labels(): readonly string[] {
    return this.#grants().map(({ account }) => account.label);
  }

  #visible(): ReadonlyMap<string, GrantOf<Kind>> {
    const server = this.#deps.apiBaseUrl();
    return new Map(
      this.#grants()
        .filter((grant) => grant.apiBaseUrl === server)
        .map((grant) => [grant.id, grant]),
    );
  }

  /** Tells the listeners what is not as it was when they were last told. */
  #tell(): void {
    if (!this.#isLoaded) return;
    const { added, removed } = this.#feed.publish(this.#visible()) ?? { added: [], removed: [] };
    for (const grant of removed) this.#log.info(`Grant ${grant.id}: no more here.`);
    if (added.length + removed.length > 0) void this.#noteLabels();
  }

  #failed(what: string, error: unknown): void {
    this.#log.error(`Could not ${what}: ${messageOf(error)}`);
  }

  /** For what must not undo the work that it follows: a failure is logged, and the memory of this window stays right. */
  async #attempt(what: string, action: () => PromiseLike<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#failed(what, error);
    }
  }
}

/** Whether this is what a window left that died after it had given a sign-in its name, and before it could say so. */
function isLeftOf(named: ReadonlySet<string>, { grant, ended: how }: Entry): boolean {
  return how === undefined && isProvisional(grant.account) && named.has(grant.signInId);
}

/** Whether SecretStorage would say the same of both. */
function isSame(a: Entry, b: Entry | undefined): boolean {
  return b !== undefined && a.ended === b.ended && a.isPending === b.isPending && sameState(a.grant, b.grant);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
