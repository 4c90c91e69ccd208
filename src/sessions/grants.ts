import { sameState, sealOf, type Grant } from './grant.ts';
import type { Ending, HandOver, Next } from './handOver.ts';
import type { Log } from './log.ts';
import { GrantRecords } from './records.ts';

/** What changed in this window's view. A renewed or wider grant is `changed`, never removed and added. */
export interface GrantChanges {
  readonly added: readonly Grant[];
  readonly changed: readonly Grant[];
  readonly removed: readonly Grant[];
}

/**
 * The grants as this window knows them: read from SecretStorage once, then kept up to date by notes and by events, since a
 * window may never see another's writes. Never uses the network.
 */
export class Grants {
  readonly #records: GrantRecords;
  readonly #handOver: HandOver;
  readonly #log: Log;
  readonly #listeners = new Set<(changes: GrantChanges) => void>();
  readonly #byId = new Map<string, Grant>();
  #loading: Promise<void> | undefined;
  /** Told once, at the first reading. */
  onUnreadable: (count: number) => void = () => undefined;

  constructor(records: GrantRecords, handOver: HandOver, log: Log) {
    this.#records = records;
    this.#handOver = handOver;
    this.#log = log;
  }

  onDidChange(listener: (changes: GrantChanges) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Every grant, each in its newest state. Costs one failed look for a note per grant when nothing has happened. */
  async list(): Promise<readonly Grant[]> {
    await this.#load();
    await Promise.all([...this.#byId.values()].map((grant) => this.#catchUp(grant)));
    return [...this.#byId.values()];
  }

  async find(id: string): Promise<Grant | undefined> {
    await this.#load();
    const grant = this.#byId.get(id);
    if (grant !== undefined) await this.#catchUp(grant);
    return this.#byId.get(id);
  }

  /** Whose grant a new one replaces: X keeps one per app and user. */
  async findOwn(clientId: string, accountId: string): Promise<Grant | undefined> {
    return (await this.list()).find((grant) => grant.clientId === clientId && grant.account.id === accountId);
  }

  /** The key of a grant's record: what a second sign-in of the same person to the same app replaces. */
  keyOf(grant: Grant): string {
    return GrantRecords.keyOf(grant);
  }

  /** Keeps a grant that nothing came before. */
  async add(grant: Grant): Promise<void> {
    await this.#load();
    await this.#attempt('store a sign-in', () => this.#records.write(grant));
    this.#set(grant, undefined);
  }

  /**
   * Keeps the next state of a grant: noted for other windows, then stored, then shown. Resolves to false when another window
   * was faster to say what became of `old`; then that holds, and `next` is kept nowhere.
   */
  async replace(old: Grant, next: Grant): Promise<boolean> {
    if (!(await this.#leave(old, { kind: 'renewed', grant: next }))) return false;
    await this.#attempt('store a renewed sign-in', async () => {
      await this.#records.write(next);
      if (this.keyOf(old) !== this.keyOf(next)) await this.#records.erase(this.keyOf(old));
    });
    this.#set(next, old);
    return true;
  }

  /** Ends a grant in every window. Resolves to false when another window was faster to say what became of it. */
  async end(grant: Grant, ending: Ending): Promise<boolean> {
    if (!(await this.#leave(grant, { kind: ending }))) return false;
    await this.#drop(grant, ending);
    return true;
  }

  /** Takes over a state that another window left; it is stored here as well, because this window may be the one that is left. */
  async #adopt(current: Grant, newest: Grant): Promise<void> {
    if (this.#byId.get(current.id) !== current || sameState(current, newest)) return;
    this.#set(newest, current);
    this.#log.info(`Grant ${newest.id}: took over what another window renewed.`);
    await this.#attempt('store a renewed sign-in', () => this.#records.write(newest));
  }

  /** Removes a grant here, first and for certain; then from SecretStorage, unless another sign-in is there by now. */
  async #drop(grant: Grant, ending: Ending): Promise<void> {
    const current = this.#byId.get(grant.id);
    if (current !== undefined) {
      this.#byId.delete(grant.id);
      this.#log.info(`Grant ${grant.id}: ${ending}.`);
      this.#emit({ added: [], changed: [], removed: [current] });
    }
    await this.#attempt('erase a stored sign-in', async () => {
      const key = GrantRecords.keyOf(grant);
      const stored = await this.#records.read(key);
      if (
        stored !== undefined &&
        (sealOf(stored) === sealOf(grant) || typeof (await this.#handOver.newest(stored)) === 'string')
      ) {
        await this.#records.erase(key);
      }
    });
  }

  /** SecretStorage says that a record was written or erased, perhaps by this window. */
  async storedRecordChanged(key: string): Promise<void> {
    if (!GrantRecords.isKey(key) || this.#loading === undefined) return;
    await this.#load();
    const known = [...this.#byId.values()].find((grant) => GrantRecords.keyOf(grant) === key);
    if (known !== undefined) await this.#catchUp(known);
    const stored = await this.#records.read(key).catch(() => undefined);
    if (stored === undefined) return;
    const newest = await this.#handOver.newest(stored);
    if (typeof newest === 'string') return;
    const current = [...this.#byId.values()].find((grant) => GrantRecords.keyOf(grant) === key);
    // A record that is behind what this window holds may arrive late; a sign-in elsewhere is newer than both.
    if (current === undefined || (!sameState(current, newest) && newest.obtainedAt > current.obtainedAt)) {
      this.#set(newest, current);
    }
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
    const { grants, unreadable } = await this.#records.readAll();
    for (const grant of grants) this.#byId.set(grant.id, grant);
    this.#log.info(`Read ${grants.length} stored sign-ins.`);
    if (unreadable > 0) this.onUnreadable(unreadable);
  }

  async #catchUp(grant: Grant): Promise<void> {
    const newest = await this.#handOver.newest(grant);
    if (newest === grant || this.#byId.get(grant.id) !== grant) return;
    if (typeof newest === 'string') await this.#drop(grant, newest);
    else await this.#adopt(grant, newest);
  }

  /** Says what became of a state. A note that can't be left (a full disk) must not keep this window from going on. */
  async #leave(grant: Grant, next: Next): Promise<boolean> {
    let isFirst = true;
    await this.#attempt('leave a note for other windows', async () => {
      isFirst = await this.#handOver.leave(grant, next);
    });
    if (!isFirst) await this.#catchUp(grant);
    return isFirst;
  }

  #set(grant: Grant, replaced: Grant | undefined): void {
    if (replaced !== undefined && replaced.id !== grant.id) this.#byId.delete(replaced.id);
    this.#byId.set(grant.id, grant);
    if (replaced === undefined) this.#emit({ added: [grant], changed: [], removed: [] });
    else if (replaced.id === grant.id && replaced.account.label === grant.account.label) {
      this.#emit({ added: [], changed: [grant], removed: [] });
    } else this.#emit({ added: [grant], changed: [], removed: [replaced] });
  }

  #emit(changes: GrantChanges): void {
    for (const listener of this.#listeners) listener(changes);
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
