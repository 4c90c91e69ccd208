import type { App } from './clients.ts';
import { sameState, UnreadableRecord, type Grant } from './grant.ts';
import type { Ending, HandOver, Next } from './handOver.ts';
import type { Log } from './log.ts';
import type { GrantRecords, Unreadable } from './records.ts';
import type { Roster } from './roster.ts';

/** What changed in this window's view. A renewed or wider grant is `changed`, never removed and added. */
export interface GrantChanges {
  readonly added: readonly Grant[];
  readonly changed: readonly Grant[];
  readonly removed: readonly Grant[];
}

/**
 * The grants as this window knows them: read from SecretStorage once, then kept up to date by notes and by events, since a
 * window may never see another's writes. Never uses the network.
 *
 * Only those of one server are shown: those of others rest, untouched, until the setting names their server again.
 */
export class Grants {
  readonly #records: GrantRecords;
  readonly #handOver: HandOver;
  readonly #roster: Roster | undefined;
  readonly #log: Log;
  readonly #apiBaseUrl: () => string;
  readonly #listeners = new Set<(changes: GrantChanges) => void>();
  readonly #byId = new Map<string, Grant>();
  /** Those that X has ended, as far as is known: whoever says so may be overruled. */
  readonly #rejected = new Map<string, Grant>();
  #loading: Promise<void> | undefined;
  /** The server whose grants the listeners were last told of. */
  #shownBaseUrl: string;
  /** Told once across windows, at the first reading. */
  onUnreadable: (count: number) => void = () => undefined;
  /** The accounts whose sign-in should be stored and is not; told once across windows, at the first reading. */
  onVanished: (labels: readonly string[]) => void = () => undefined;

  constructor(
    records: GrantRecords,
    handOver: HandOver,
    log: Log,
    { apiBaseUrl, roster }: { readonly apiBaseUrl: () => string; readonly roster?: Roster },
  ) {
    this.#records = records;
    this.#handOver = handOver;
    this.#roster = roster;
    this.#log = log;
    this.#apiBaseUrl = apiBaseUrl;
    this.#shownBaseUrl = apiBaseUrl();
  }

  onDidChange(listener: (changes: GrantChanges) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /**
   * Every grant of the server that is set, each in its newest state. Costs one failed look for a note per grant when nothing has
   * happened.
   */
  async list(): Promise<readonly Grant[]> {
    return this.listOf(this.#apiBaseUrl());
  }

  /** Those of one server, whichever is set. */
  async listOf(apiBaseUrl: string): Promise<readonly Grant[]> {
    return (await this.all()).filter((grant) => grant.apiBaseUrl === apiBaseUrl);
  }

  /** Those of all servers. */
  async all(): Promise<readonly Grant[]> {
    await this.#load();
    await this.catchUp();
    return [...this.#byId.values()];
  }

  #isShown({ apiBaseUrl }: Grant): boolean {
    return apiBaseUrl === this.#apiBaseUrl();
  }

  /** To be called when the setting has changed: the grants of one server go, those of the other come back. */
  serverChanged(): void {
    const before = this.#shownBaseUrl;
    this.#shownBaseUrl = this.#apiBaseUrl();
    if (before === this.#shownBaseUrl) return;
    const of = (server: string): readonly Grant[] =>
      [...this.#byId.values()].filter(({ apiBaseUrl }) => apiBaseUrl === server);
    const changes = { added: of(this.#shownBaseUrl), changed: [], removed: of(before) };
    for (const listener of this.#listeners) listener(changes);
  }

  /** Learns what other windows did, if this window has grants at all. What can't be looked for now is looked for next time. */
  async catchUp(): Promise<void> {
    const look = (action: () => Promise<void>): Promise<void> => this.#attempt('look for a note', action);
    await Promise.all([
      ...[...this.#byId.values()].map((grant) => look(() => this.#catchUp(grant))),
      ...[...this.#rejected.values()].map((grant) => look(() => this.#lookAgain(grant))),
    ]);
  }

  /** A grant in its newest state. Throws when that can't be known, because the machine fails. */
  async find(id: string): Promise<Grant | undefined> {
    await this.#load();
    const known = this.#byId.get(id);
    if (known !== undefined) await this.#catchUp(known);
    const grant = this.#byId.get(id);
    return grant !== undefined && this.#isShown(grant) ? grant : undefined;
  }

  /** Whose grant a new one replaces: X keeps one per app and user. */
  async findOwn({ apiBaseUrl, clientId }: App, accountId: string): Promise<Grant | undefined> {
    const grants = await this.listOf(apiBaseUrl);
    return grants.find((grant) => grant.clientId === clientId && grant.account.id === accountId);
  }

  /** The key of a grant's record: what a second sign-in of the same person to the same app replaces. */
  keyOf(grant: Grant): string {
    return this.#records.keyOf(grant);
  }

  /** Keeps a grant that nothing came before. */
  async add(grant: Grant): Promise<void> {
    await this.#load();
    await this.#attempt('store a sign-in', () => this.#records.write(grant));
    await this.#enter(grant);
    this.#set(grant, undefined);
  }

  /**
   * Keeps the next state of a grant: noted for other windows, then stored, then shown. Resolves to false when another window
   * was faster to say what became of `old`; then that holds, and `next` is kept nowhere.
   */
  async replace(old: Grant, next: Grant): Promise<boolean> {
    if (!(await this.#leave(old, { kind: 'renewed', grant: next })) && !(await this.#isStuck(old))) return false;
    await this.#keep(old, next);
    return true;
  }

  /**
   * Keeps the next state of a grant that another window has ended because X refused it the token for which X had just given that
   * state to this one. A newer sign-in stands.
   */
  async bringBack(rejected: Grant, next: Grant): Promise<void> {
    await this.storedRecordChanged(this.keyOf(next));
    if (!this.#isNews(next)) return;
    this.#log.info(`Grant ${next.id}: goes on, though another window believed that X had ended it.`);
    await this.#attempt('leave a note for other windows', () => this.#handOver.overrule(rejected, next));
    await this.#keep(rejected, next);
  }

  async #keep(old: Grant, next: Grant): Promise<void> {
    await this.#store(next, old);
    await this.#enter(next);
    this.#set(next, old);
  }

  /** Ends a grant at a person's request, whatever state it is in, and resolves to that state; undefined when there is none. */
  async signOut(id: string): Promise<Grant | undefined> {
    for (;;) {
      const grant = (await this.all()).find((candidate) => candidate.id === id);
      // Another window may renew it in the same moment; then it is the newest state that ends.
      if (grant === undefined || (await this.end(grant, 'signed-out'))) {
        if (this.#byId.size === 0) await this.forgetUnreadable(0);
        return grant;
      }
    }
  }

  /** Deletes records that can't be read and were set aside longer ago than this: nobody can sign out of what is in them. */
  async forgetUnreadable(olderThanMs: number): Promise<void> {
    // A window that nobody has asked for anything leaves the keyring alone.
    if (this.#loading === undefined) return;
    await this.#attempt('delete what can not be read', async () => {
      if (!(await this.#isBehind())) await this.#records.forgetUnreadable(olderThanMs);
    });
  }

  /** Ends a grant in every window. Resolves to false when another window was faster to say what became of it. */
  async end(grant: Grant, ending: Ending): Promise<boolean> {
    if (!(await this.#leave(grant, { kind: ending })) && !(ending === 'signed-out' && (await this.#isStuck(grant))))
      return false;
    await this.#drop(grant, ending);
    return true;
  }

  /** Takes over a state that another window left; it is stored here as well, because this window may be the one that is left. */
  async #adopt(current: Grant, newest: Grant): Promise<void> {
    if (this.#byId.get(current.id) !== current || sameState(current, newest)) return;
    this.#set(newest, current);
    this.#log.info(`Grant ${newest.id}: took over what another window renewed.`);
    await this.#store(newest, current);
  }

  async #store(next: Grant, old: Grant): Promise<void> {
    await this.#attempt('store a renewed sign-in', async () => {
      if (await this.#isBehind()) {
        const stored = await this.#records.read(this.keyOf(next));
        if (stored !== undefined) await this.#handOver.shorten(stored, next);
        return;
      }
      await this.#records.write(next);
      if (this.keyOf(old) === this.keyOf(next)) return;
      await this.#roster?.leave(this.keyOf(old));
      await this.#records.erase(this.keyOf(old));
    });
    await this.#attempt('look for a note', async () => {
      // It may have been signed out in another window meanwhile, which found nothing to erase yet.
      if (typeof (await this.#handOver.newest(next)) === 'string') await this.#erase(next);
    });
  }

  /**
   * Whether others have stored what this window can't see (browser-hosted). Then it writes only what would be lost otherwise,
   * a new sign-in, because every write puts what it sees in the place of everything; for the rest there are notes.
   */
  async #isBehind(): Promise<boolean> {
    if (this.#roster === undefined) return false;
    const own = [...this.#byId.values()].map((grant) => this.keyOf(grant));
    return this.#roster.hasMoreThan([...(await this.#records.keys()), ...own]);
  }

  async #enter(grant: Grant): Promise<void> {
    await this.#attempt('note that a sign-in is stored', async () => this.#roster?.enter(this.keyOf(grant), grant));
  }

  /** Removes a grant here, first and for certain; then from SecretStorage, unless another sign-in is there by now. */
  async #drop(grant: Grant, ending: Ending): Promise<void> {
    const current = this.#byId.get(grant.id);
    if (current !== undefined) {
      this.#byId.delete(grant.id);
      if (ending === 'rejected') this.#rejected.set(grant.id, grant);
      this.#log.info(`Grant ${grant.id}: ${ending}.`);
      this.#emit({ added: [], changed: [], removed: [current] });
    }
    await this.#erase(grant);
  }

  async #erase(grant: Grant): Promise<void> {
    await this.#attempt('erase a stored sign-in', async () => {
      const key = this.keyOf(grant);
      const stored = await this.#records.read(key);
      const isOver =
        stored === undefined || sameState(stored, grant) || typeof (await this.#handOver.newest(stored)) === 'string';
      if (!isOver) return;
      await this.#roster?.leave(key);
      if (stored !== undefined && !(await this.#isBehind())) await this.#records.erase(key);
    });
  }

  /**
   * Looks at a stored record again: SecretStorage says that it was written or erased, or it is about to matter. Never rejects.
   * An erased record takes nothing away, because only a note says that somebody signed out.
   */
  async storedRecordChanged(key: string): Promise<void> {
    if (!this.#records.isKey(key) || this.#loading === undefined) return;
    await this.#attempt('read a stored sign-in', async () => {
      await this.#load();
      const stored = await this.#records.read(key);
      if (stored === undefined) return;
      const newest = await this.#handOver.newest(stored);
      if (typeof newest === 'string') return this.catchUp();
      const known = this.#known(newest);
      if (known !== undefined) await this.#catchUp(known);
      if (this.#isNews(newest)) this.#set(newest, this.#known(newest));
    });
  }

  /** A record that is behind what this window holds may arrive late; a sign-in elsewhere is newer than both. */
  #isNews(grant: Grant): boolean {
    const current = this.#known(grant);
    return current === undefined || (!sameState(current, grant) && grant.obtainedAt > current.obtainedAt);
  }

  /** What this window has in the place of a grant. */
  #known(grant: Grant): Grant | undefined {
    const same = [...this.#byId.values()].find((other) => this.keyOf(other) === this.keyOf(grant));
    return same ?? this.#byId.get(grant.id);
  }

  async #load(): Promise<void> {
    this.#loading ??= this.#readAll().catch((error: unknown) => {
      // A keyring that does not answer now may answer later.
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #readAll(): Promise<void> {
    const { keys, grants, unreadable } = await this.#records.readAll();
    // A record under a provisional name may have stayed behind when the grant got its real one: the later state counts.
    for (const grant of grants.toSorted((a, b) => a.obtainedAt - b.obtainedAt)) this.#byId.set(grant.id, grant);
    this.#log.info(`Read ${grants.length} stored sign-ins.`);
    await this.#tell(unreadable);
    await this.#attempt('see what should be stored', async () => {
      const missing = (await this.#roster?.claimMissing(keys)) ?? [];
      if (missing.length > 0) this.onVanished(missing);
    });
    await Promise.all(grants.map((grant) => this.#enter(grant)));
  }

  async #tell(unreadable: readonly Unreadable[]): Promise<void> {
    let untold = 0;
    for (const { key, stored } of unreadable) {
      await this.#attempt('note that a sign-in was set aside', async () => this.#roster?.leave(key));
      if (await this.#handOver.isFirstToTell(stored, 'unreadable')) untold++;
    }
    if (untold > 0) this.onUnreadable(untold);
  }

  async #catchUp(grant: Grant): Promise<void> {
    const newest = await this.#handOver.newest(grant);
    if (newest === grant || this.#byId.get(grant.id) !== grant) return;
    if (typeof newest === 'string') await this.#drop(grant, newest);
    else await this.#adopt(grant, newest);
  }

  /** Whoever said that X had ended a grant was overruled, if the note says something else by now. */
  async #lookAgain(rejected: Grant): Promise<void> {
    const newest = await this.#handOver.newest(rejected);
    if (newest === 'rejected') return;
    this.#rejected.delete(rejected.id);
    if (typeof newest === 'string' || newest === rejected || !this.#isNews(newest)) return;
    this.#set(newest, this.#known(newest));
    await this.#store(newest, rejected);
  }

  /** Says what became of a state. A note that can't be left (a full disk) must not keep this window from going on. */
  async #leave(grant: Grant, next: Next): Promise<boolean> {
    let isFirst = true;
    await this.#attempt('leave a note for other windows', async () => {
      isFirst = await this.#handOver.leave(grant, next);
    });
    if (!isFirst) await this.#attempt('look for a note', () => this.#catchUp(grant));
    return isFirst;
  }

  /** Whether notes lead nowhere that this version can follow: that must keep nobody from signing out, or in again. */
  async #isStuck(grant: Grant): Promise<boolean> {
    try {
      const newest = await this.#handOver.newest(grant);
      return typeof newest !== 'string' && sameState(newest, grant);
    } catch (error) {
      return error instanceof UnreadableRecord;
    }
  }

  #set(grant: Grant, replaced: Grant | undefined): void {
    const before = this.#byId.get(grant.id);
    if (replaced !== undefined && replaced.id !== grant.id) this.#byId.delete(replaced.id);
    this.#byId.set(grant.id, grant);
    this.#rejected.delete(grant.id);
    // VS Code keys what it knows by label: under another label a grant is another session.
    const isSame = before !== undefined && before.account.label === grant.account.label;
    this.#emit({
      added: isSame ? [] : [grant],
      changed: isSame ? [grant] : [],
      removed: [
        ...(before === undefined || isSame ? [] : [before]),
        ...(replaced === undefined || replaced.id === grant.id ? [] : [replaced]),
      ],
    });
  }

  #emit(changes: GrantChanges): void {
    const shown = (grants: readonly Grant[]): readonly Grant[] => grants.filter((grant) => this.#isShown(grant));
    const [added, changed, removed] = [shown(changes.added), shown(changes.changed), shown(changes.removed)];
    if (added.length + changed.length + removed.length === 0) return;
    for (const listener of this.#listeners) listener({ added, changed, removed });
  }

  /** For what must not undo the work that it follows: a failure is logged, and the memory of this window stays right. */
  async #attempt(what: string, action: () => PromiseLike<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#log.error(`Could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
