import assert from 'node:assert/strict';
import type { OAuth2Grant } from '../../../../src/sessions/grant.ts';
import { isProvisional } from '../../../../src/sessions/grant.ts';
import { faults, type ReceivedRequest } from 'x-authentication-testing';
import { StoreKeyUnavailableError } from '../../../../src/sessions/store/storeKey.ts';
import { KillableWindow } from './killableWindow.ts';
import type { Notice } from '../../../../src/sessions/notice.ts';
import type { SharedStore } from './stores.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, works } from './window.ts';

const TOKEN = '/2/oauth2/token';
const ME = '/2/users/me';

const FAILURES = {
  unavailable: [faults.htmlUnavailable, 'before'],
  'reset before': [faults.reset, 'before'],
  'reset after': [faults.reset, 'after'],
  'unavailable after': [faults.htmlUnavailable, 'after'],
} as const;

type Alone =
  | { readonly does: 'ask'; readonly window: number; readonly who: string }
  | { readonly does: 'sign in'; readonly window: number; readonly who: string; readonly scope: string }
  | { readonly does: 'sign out'; readonly window: number; readonly who: string }
  | { readonly does: 'tick' | 'refresh all'; readonly window: number };

export type Action =
  | Alone
  | { readonly does: 'expire' | 'open' | 'hide the name' }
  | { readonly does: 'wait'; readonly minutes: number }
  | { readonly does: 'reload'; readonly window: number }
  | { readonly does: 'kill'; readonly window: number; readonly after: number }
  | { readonly does: 'fail'; readonly what: keyof typeof FAILURES }
  | { readonly does: 'disconnect'; readonly who: string }
  | { readonly does: 'at once'; readonly actions: readonly Alone[] };

export function describeAction(action: Action): string {
  const { does, ...how } = action;
  if (action.does === 'at once') return `at once: ${action.actions.map(describeAction).join(' | ')}`;
  return [does, ...Object.values(how).map(String)].join(' ');
}

/** How much a walk came by; a test that sees too little of it shows nothing. */
export type Seen = Record<'steps' | 'refreshes' | 'kills' | 'lostAnswers', number>;

export function nothingSeen(): Seen {
  return { steps: 0, refreshes: 0, kills: 0, lostAnswers: 0 };
}

/** A machine on which things happen, and what must be true of it after each of them. */
export class Walk implements AsyncDisposable {
  readonly seen: Seen = nothingSeen();
  readonly #machine: Machine;
  readonly #windows: KillableWindow[] = [];
  /** Refresh tokens whose successor is in a note. */
  readonly #noted = new Set<string>();
  /** Of every grant ever, by its id. */
  readonly #people = new Map<string, string>();
  /** Ids of grants that were signed out, disconnected, or replaced by a sign-in that did not know of them. */
  readonly #over = new Set<string>();
  /** What each window listed last, by id. */
  readonly #had = new Map<KillableWindow, ReadonlyMap<string, OAuth2Grant>>();
  readonly #judged = new Set<Notice>();
  /** Who is signing in: X may have ended what they had, and what they get is not kept yet. */
  readonly #signingIn = new Set<string>();
  #hasFailed = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  static async begin(kind: SharedStore['kind']): Promise<Walk> {
    const machine = await openMachine(kind);
    machine.x.switches.reuseKillsFamily = true;
    const walk = new Walk(machine);
    walk.#open();
    return walk;
  }

  async step(action: Action): Promise<void> {
    this.seen.steps++;
    switch (action.does) {
      case 'expire':
        this.#machine.now += 2 * HOUR;
        break;
      case 'wait':
        this.#machine.now += action.minutes * MINUTE;
        break;
      case 'open':
        if (this.#windows.length < 4) this.#open();
        break;
      case 'reload':
        await this.#replace(this.#at(action.window));
        break;
      case 'kill':
        await this.#killWhileAsking(this.#at(action.window), action.after);
        break;
      case 'fail': {
        this.#hasFailed = true;
        const [fault, at] = FAILURES[action.what];
        this.#machine.x.fail(TOKEN, fault, { at, matching: isRefresh });
        break;
      }
      case 'hide the name':
        this.#machine.x.fail(ME, faults.creditsDepleted);
        break;
      case 'disconnect':
        this.#machine.x.disconnect(action.who);
        for (const id of this.#idsOf(action.who)) this.#over.add(id);
        break;
      case 'at once':
        await Promise.all(action.actions.map((one) => this.#act(one)));
        break;
      case 'ask':
      case 'sign in':
      case 'sign out':
      case 'tick':
      case 'refresh all':
        await this.#act(action);
    }
  }

  /** What must be true whenever nothing is under way. */
  async check(): Promise<void> {
    await this.#machine.settle();
    const lists = new Map<KillableWindow, ReadonlyMap<string, OAuth2Grant>>();
    for (const killable of this.#windows) {
      const grants = await killable.window.grants.list();
      lists.set(killable, new Map(grants.map((grant) => [grant.id, grant])));
      const keys = grants.map(({ clientId, account }) => `${clientId} ${account.id}`);
      assert.equal(new Set(keys).size, keys.length, 'one grant per app and person (rule 1)');
    }
    for (const [killable, list] of lists) {
      for (const [id, grant] of list) {
        this.#checkState(id, grant, lists);
      }
      for (const [id, before] of this.#had.get(killable) ?? []) {
        const grant = list.get(id) ?? this.#successor(id, list);
        if (grant === undefined) assert.ok(this.#mayBeGone(id, before), `${this.#name(id)} was lost`);
        else if (!this.#over.has(id))
          assert.deepEqual(
            before.scopes.filter((scope) => !grant.scopes.includes(scope) && !this.#toldLost(grant.id).includes(scope)),
            [],
            'scopes (rule 3)',
          );
      }
      this.#had.set(killable, list);
    }
    this.#checkRequests();
    this.#checkNotices();
  }

  /** After every fault: whatever X did not end works in every window, at one request for each. */
  async finish(): Promise<void> {
    const { x } = this.#machine;
    x.clearFaults();
    await this.check();
    this.#machine.now += 2 * HOUR;
    const before = this.#machine.refreshes;
    for (const { window } of this.#windows) window.sessions.settingsChanged();
    const ids = new Set(this.#windows.flatMap((killable) => [...(this.#had.get(killable)?.keys() ?? [])]));
    // What X refuses after an answer was lost is believed after a while.
    for (let look = 0; look < 4; look++) {
      await Promise.all(this.#windows.flatMap(({ window }) => [1, 2, 3].map(() => window.sessions.matching([]))));
      this.#machine.now += MINUTE;
    }
    assert.ok(this.#machine.refreshes - before <= ids.size, 'one refresh at a time (rule 6)');
    for (const { window } of this.#windows) {
      for (const session of await window.sessions.matching([])) {
        const grant = await window.grants.find(session.id);
        assert.ok(grant && works(this.#machine, session), `${this.#name(session.id)} does not work`);
      }
    }
    await this.check();
    this.seen.refreshes = this.#machine.refreshes;
    this.seen.lostAnswers = this.#lostAnswers().length;
  }

  addTo(all: Seen): void {
    all.steps += this.seen.steps;
    all.refreshes += this.seen.refreshes;
    all.kills += this.seen.kills;
    all.lostAnswers += this.seen.lostAnswers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const killable of this.#windows) killable.kill();
    await this.#machine[Symbol.asyncDispose]();
  }

  async #act(action: Alone): Promise<void> {
    const { window } = this.#at(action.window);
    switch (action.does) {
      case 'ask':
        return this.#ask(window, action.who);
      case 'sign in':
        return this.#signIn(window, action.who, action.scope);
      case 'sign out': {
        const ids = (await window.grants.list())
          .map(({ id }) => id)
          .filter((id) => this.#people.get(id) === action.who);
        for (const id of ids) {
          this.#over.add(id);
          const before = (await window.grants.list()).find((grant) => grant.id === id);
          await window.sessions.signOut(id);
          const after = (await window.grants.list()).find((grant) => grant.id === id);
          // What a sign-in at the same moment has put in its place stays: nobody was asked about that.
          assert.ok(after === undefined || after.signInId !== before?.signInId, 'signing out succeeds (rule 10)');
          if (after === undefined) this.#over.add(id);
          else this.#over.delete(id);
        }
        return;
      }
      case 'tick':
        return window.sessions.tick();
      case 'refresh all':
        await window.sessions.refreshAll();
    }
  }

  async #ask(window: Window, who: string): Promise<void> {
    const asked = ['users.read', 'tweet.read'];
    for (const session of await window.sessions.matching(asked)) {
      assert.deepEqual(session.scopes, asked, 'as they were asked for (rule 2)');
      if (this.#people.get(session.id) !== who || this.#hasFailed || this.#over.has(session.id)) continue;
      if (this.#lostAnswers().length > 0 || this.#signingIn.has(who)) continue;
      assert.ok(works(this.#machine, session), `${this.#name(session.id)} has a token that X does not take`);
    }
  }

  async #signIn(window: Window, who: string, scope: string): Promise<void> {
    // A window of a browser that was open before anything was stored has to be reloaded first.
    if (await isTooOld(window)) return;
    this.#signingIn.add(who);
    const grant = await window.signIn([scope], who).finally(() => this.#signingIn.delete(who));
    // X has ended what the person had; where the windows know of each other it goes on under the same id.
    for (const id of this.#idsOf(who)) this.#over.add(id);
    this.#people.set(grant.id, who);
    this.#over.delete(grant.id);
  }

  async #killWhileAsking(killable: KillableWindow, after: number): Promise<void> {
    this.seen.kills++;
    killable.dieAfter(after);
    const others = this.#windows.filter((other) => other !== killable);
    await Promise.all([
      killable.untilDeath(killable.window.sessions.matching([])),
      ...others.map(({ window }) => window.sessions.matching([])),
    ]);
    await this.#replace(killable);
  }

  /** As reloading does: what was under way is cut off, and another window begins with what is stored. */
  async #replace(killable: KillableWindow): Promise<void> {
    killable.kill();
    this.#machine.forget(killable.window);
    this.#windows.splice(this.#windows.indexOf(killable), 1);
    await this.#machine.settle();
    // Longer than a write to a desktop's store may be on its way.
    this.#machine.now += MINUTE;
    const fresh = this.#open();
    const listed = new Map((await fresh.window.grants.list()).map((grant) => [grant.id, grant]));
    for (const [id, before] of this.#had.get(killable) ?? []) {
      if (listed.has(id) || this.#successor(id, listed) !== undefined || this.#mayBeGone(id, before)) continue;
      assert.fail(`${this.#name(id)} is not stored`);
    }
    this.#had.delete(killable);
  }

  #open(): KillableWindow {
    const killable = new KillableWindow(this.#machine, (refreshToken) => this.#noted.add(refreshToken));
    this.#windows.push(killable);
    return killable;
  }

  #checkState(
    id: string,
    grant: OAuth2Grant,
    lists: ReadonlyMap<KillableWindow, ReadonlyMap<string, OAuth2Grant>>,
  ): void {
    assert.ok(this.#people.has(id));
    for (const other of lists.values()) {
      const same = other.get(id);
      if (same !== undefined && !this.#over.has(id)) assert.deepEqual(same, grant, 'all windows agree');
    }
    const isLive = grant.refreshToken !== undefined && this.#machine.x.grants.isLive(grant.refreshToken);
    assert.ok(isLive || this.#mayBeGone(id, grant), `${this.#name(id)} can’t be refreshed any more`);
  }

  /** Whether a grant may end, or be refused by X, at no fault of ours. */
  #mayBeGone(id: string, grant: OAuth2Grant): boolean {
    return this.#over.has(id) || this.#lostAnswers().some(({ form }) => form?.['refresh_token'] === grant.refreshToken);
  }

  /** Under which other id a person's grant goes on: one without a name takes the place of the one they had. */
  #successor(id: string, list: ReadonlyMap<string, OAuth2Grant>): OAuth2Grant | undefined {
    const had = [...this.#had.values()].map((grants) => grants.get(id)).find((grant) => grant !== undefined);
    if (had === undefined || !isProvisional(had.account)) return undefined;
    return [...list.values()].find((grant) => this.#people.get(grant.id) === this.#people.get(id));
  }

  /** Requests that X acted on and whose answer nobody could note, because it was lost or the window died. */
  #lostAnswers(): readonly ReceivedRequest[] {
    return this.#machine.x
      .requestsTo(TOKEN)
      .filter((request) => isRefresh(request) && request.outcome.acted && request.outcome.status !== 400)
      .filter(({ form }) => !this.#noted.has(form?.['refresh_token'] ?? ''));
  }

  #checkRequests(): void {
    const tries = new Map<string, ReceivedRequest[]>();
    for (const request of this.#machine.x.requestsTo(TOKEN).filter(isRefresh)) {
      const token = request.form?.['refresh_token'] ?? '';
      const before = tries.get(token) ?? [];
      for (const earlier of before) {
        const isDoubtful = earlier.outcome.state === 'lost' || earlier.outcome.fault !== undefined;
        const wasNoted = this.#noted.has(token) && earlier.outcome.status === 200;
        assert.ok(isDoubtful || !wasNoted, 'a refresh token that was spent is not sent again');
      }
      tries.set(token, [...before, request]);
    }
  }

  #checkNotices(): void {
    const told = this.#machine.notices.filter((notice) => notice.kind === 'rejected');
    const states = told.map(({ grant }) => `${grant.id} ${grant.accessToken}`);
    assert.equal(new Set(states).size, states.length, 'told once');
    for (const notice of told) {
      // Once: the id may come back with another sign-in.
      if (this.#judged.has(notice)) continue;
      this.#judged.add(notice);
      assert.ok(this.#mayBeGone(notice.grant.id, notice.grant), 'told that X ended what it did not end');
    }
    const others = this.#machine.notices.filter(({ kind }) => kind !== 'rejected' && kind !== 'narrowed');
    assert.deepEqual(others, []);
  }

  /** The scopes of which the person was told that a grant does not have them any more. */
  #toldLost(id: string): readonly string[] {
    return this.#machine.notices.flatMap((notice) =>
      notice.kind === 'narrowed' && notice.grant.id === id ? notice.lost : [],
    );
  }

  #idsOf(who: string): readonly string[] {
    return [...this.#people].filter(([, person]) => person === who).map(([id]) => id);
  }

  #name(id: string): string {
    return `the grant of ${this.#people.get(id)} (${id})`;
  }

  #at(window: number): KillableWindow {
    return this.#windows[window % this.#windows.length] ?? assert.fail();
  }
}

async function isTooOld(window: Window): Promise<boolean> {
  try {
    await window.grants.ready();
    return false;
  } catch (error) {
    if (error instanceof StoreKeyUnavailableError) return true;
    throw error;
  }
}

function isRefresh({ form }: ReceivedRequest): boolean {
  return form?.['grant_type'] === 'refresh_token';
}
