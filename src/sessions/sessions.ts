import { randomUUID } from 'node:crypto';
import type { AuthorizationRequest } from '../oauth/authorizationCode.ts';
import { RefusedError, UnreachableError } from '../oauth/errors.ts';
import type { Fetch } from '../oauth/http.ts';
import { runExclusive, type Locks } from '../ipc/locks.ts';
import { tokenEndpoints } from '../x/endpoints.ts';
import { refusalCause } from '../x/refusals.ts';
import { stakes } from '../x/scopes.ts';
import { whoAmI, type User } from '../x/users.ts';
import type { BackOff } from './backOff.ts';
import type { App, ClientSecrets } from './store/clientSecrets.ts';
import {
  DEFAULT_LIFETIME_MS,
  dueAt,
  isDue,
  isExpired,
  isProvisional,
  LEAST_LIFETIME_MS,
  provisionalAccount,
  type Account,
  type Grant,
} from './grant.ts';
import type { Given, LabelGrant } from './labels.ts';
import type { Log } from '../common/log.ts';
import type { Notify } from './notice.ts';
import { withTimeout } from '../common/abort.ts';
import type { Outcome, Refresh } from './refresh.ts';
import { covers, readScopes, scopesToRequest } from './scopeRequest.ts';
import { toSession, type Session, type Status, type Trouble } from './session.ts';
import { NO_TOKEN } from './store/entry.ts';
import { isNoFiles, type Grants } from './store/grants.ts';

export interface SessionsDeps {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly random: () => number;
  /** The client id that requests without an `X_CLIENT_ID:` are for; empty when none is set. */
  readonly defaultClientId: () => string;
}

/**
 * Rejects if a new grant must not be kept; resolves to whether that took asking the person. `user`: undefined where X does not say
 * whose it is.
 */
type Accept = (given: Given, user: User | undefined) => Promise<boolean>;

/** How long before it must be, at most, a window refreshes what it has handed out; each window by a share of its own. */
const AHEAD_MS = 5 * 60_000;

/** How long a caller waits for the name of a grant that has none yet. */
const NAMING_TIMEOUT_MS = 3_000;

/** How long a sign-in waits for what X answers to another one: its own code lives for 30 s at X. */
const SIGN_IN_TIMEOUT_MS = 25_000;

/** How long X is left alone when it does not tell whose a grant is: all windows and extensions share 75 requests per 15 minutes. */
const ASK_WHO_AGAIN_MS = 2 * 60_000;

/** In the order in which they matter. */
const TROUBLES = ['misconfigured', 'unreachable', 'expired', 'unnamed'] as const satisfies readonly Trouble[];

/** The expected time between two calls of {@link Sessions.tick}. */
export const TICK_MS = 30_000;

/** Being signed in to X: what extensions are given, and what happens to grants while they are used. */
export class Sessions {
  readonly #grants: Grants;
  readonly #refresh: Refresh;
  readonly #clients: ClientSecrets;
  readonly #locks: Locks;
  readonly #backOff: BackOff;
  readonly #label: LabelGrant;
  readonly #world: SessionsDeps;
  readonly #notify: Notify;
  readonly #log: Log;
  readonly #issued = new Set<string>();
  readonly #naming = new Map<string, Promise<Grant | undefined>>();
  readonly #aheadMs: number;
  #lastTickAt: number;

  constructor(parts: {
    grants: Grants;
    refresh: Refresh;
    clients: ClientSecrets;
    locks: Locks;
    backOff: BackOff;
    label: LabelGrant;
    world: SessionsDeps;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#refresh = parts.refresh;
    this.#clients = parts.clients;
    this.#locks = parts.locks;
    this.#backOff = parts.backOff;
    this.#label = parts.label;
    this.#world = parts.world;
    this.#notify = parts.notify;
    this.#log = parts.log;
    this.#aheadMs = LEAST_LIFETIME_MS + AHEAD_MS * parts.world.random();
    this.#lastTickAt = parts.world.now();
    this.#refresh.onOrphan = (grant) => void this.#revoke(grant);
    this.#grants.onOutlived = (grant) => void this.#revoke(grant);
  }

  /** Every grant once, with its granted scopes. No network: VS Code asks for this at every start. */
  async all(): Promise<readonly Session[]> {
    return (await this.#grants.list()).map((grant) => toSession(grant, grant.scopes));
  }

  /**
   * The sessions that serve a request, each with a token that has some life left if X can be reached.
   *
   * @throws {InvalidScopesError}
   */
  async matching(asked: readonly string[], accountId?: string): Promise<readonly Session[]> {
    const request = readScopes(asked);
    const clientId = request.clientId ?? this.#world.defaultClientId();
    const serving = (await this.#grants.list()).filter(
      (grant) =>
        grant.clientId === clientId &&
        covers(grant.scopes, request.wanted) &&
        (accountId === undefined || grant.account.id === accountId),
    );
    const fresh = await Promise.all(serving.map((grant) => this.#handOut(grant)));
    return fresh.filter((grant) => grant !== undefined).map((grant) => toSession(grant, asked));
  }

  /** What an app was given at its server, which need not be the one that the settings name by now. */
  async grantsOf({ apiBaseUrl, clientId }: App): Promise<readonly Grant[]> {
    return (await this.#grants.listOf(apiBaseUrl)).filter((grant) => grant.clientId === clientId);
  }

  /**
   * The scopes to ask X for: what is wanted, and what the account has already, so that no other extension loses a scope. When
   * it isn't known which of several accounts will sign in, only what is wanted: no account is given another's scopes.
   */
  async scopesFor(wanted: readonly string[], app: App, accountId?: string): Promise<readonly string[]> {
    const [only, ...others] = (await this.grantsOf(app)).filter(
      (grant) => accountId === undefined || grant.account.id === accountId,
    );
    return scopesToRequest(wanted, only === undefined || others.length > 0 ? [] : only.scopes);
  }

  /**
   * Turns the answer of the browser into a grant of the server that the browser was sent to: one request to its token endpoint, one
   * to `/2/users/me`. If `accept` rejects, the grant is not kept but revoked, and so ends the one that the person had, because X has
   * put the new one in its place.
   *
   * @throws {AuthorizationDeniedError | CallbackMismatchError | RefusedError | UnreachableError}, and whatever `accept` rejects with
   */
  async signIn(app: App, request: AuthorizationRequest, callback: URLSearchParams, accept: Accept): Promise<Grant> {
    const id = randomUUID();
    // As long as this is held, no window takes what X gives for what was left by a window that is no more.
    return this.#exclusively(pendingAs(id), () =>
      this.#refresh.toTheEnd(async () => {
        // Of two sign-ins at once X ends the first; so the second must be the second here as well.
        const given = await this.#exclusively(signInTo(app), () => this.#exchange(id, app, request, callback));
        return this.#keepGiven(given, accept);
      }),
    );
  }

  /** Has X give a grant, and keeps it before anything else is done. */
  async #exchange(id: string, app: App, request: AuthorizationRequest, callback: URLSearchParams): Promise<Given> {
    const { apiBaseUrl, clientId } = app;
    const client = await this.#clients.get(app);
    const endpoints = tokenEndpoints(apiBaseUrl);
    const { checkCallback, exchangeCode } = await import('../oauth/authorizationCode.ts');
    const checked = checkCallback(endpoints, client, request, callback);
    const asked = {
      id,
      apiBaseUrl,
      clientId,
      scopes: request.scopes,
      obtainedAt: this.#world.now(),
      expiresAt: this.#world.now() + DEFAULT_LIFETIME_MS,
      signInId: randomUUID(),
      signInNumber: await this.#grants.nextSignInNumber(app),
      generation: 1,
    };
    await this.#grants.reserve(unnamed(asked));
    try {
      const answer = await exchangeCode(endpoints, client, request, checked, this.#world);
      const now = this.#world.now();
      const given: Given = {
        ...asked,
        scopes: answer.scopes ?? request.scopes,
        accessToken: answer.accessToken,
        refreshToken: answer.refreshToken,
        obtainedAt: now,
        expiresAt: now + (answer.expiresInMs ?? DEFAULT_LIFETIME_MS),
        // So that what was reserved never passes for news, though this could not be written.
        generation: asked.generation + 1,
      };
      await this.#grants.keep(unnamed(given), { isPending: true });
      return given;
    } catch (error) {
      await this.#grants.abandon(unnamed(asked));
      throw error;
    }
  }

  async #keepGiven(given: Given, accept: Accept): Promise<Grant> {
    const user = await this.#whoIs(given);
    const newer = await this.#accepted(given, user, accept);
    if (newer !== undefined) {
      await this.#grants.abandon(unnamed(given));
      return newer;
    }
    const grant = user === undefined ? await this.#keepUnnamed(given) : await this.#keepNamed(given, user);
    this.#log.info(`Grant ${grant.id}: signed in with ${grant.scopes.length} scopes.`);
    return grant;
  }

  /** Runs what one window at a time should do. Where that can't be had, it is done all the same: a person waits for it. */
  async #exclusively<T>(name: string, action: () => Promise<T>): Promise<T> {
    return runExclusive(this.#locks, name, { waitMs: SIGN_IN_TIMEOUT_MS, isUnavailable: () => true }, action);
  }

  /** Resolves to what the person has signed in with anew while they were asked, which has ended what was given, if they did. */
  async #accepted(given: Given, user: User | undefined, accept: Accept): Promise<Grant | undefined> {
    const old = user && (await this.#grants.findOwn(given, user.id));
    const replaced = async (): Promise<Grant | undefined> => {
      const current = user && (await this.#grants.findOwn(given, user.id));
      return current !== undefined && current.signInNumber > given.signInNumber ? current : undefined;
    };
    try {
      return (await accept(given, user)) ? await replaced() : undefined;
    } catch (error) {
      await this.#revoke(given);
      await this.#grants.abandon(unnamed(given));
      if (old !== undefined && (await replaced()) === undefined && (await this.#grants.end(old, 'rejected')))
        this.#notify({ kind: 'rejected', grant: old, dropped: false });
      throw error;
    }
  }

  /** A view of a grant that was just given, with the scopes as they were asked for. */
  sessionOf(grant: Grant, asked: readonly string[]): Session {
    this.#issued.add(grant.id);
    return toSession(grant, asked);
  }

  /** Removes the grant here first, which always succeeds, then revokes its tokens at X as best it can. False: it could not. */
  async signOut(sessionId: string): Promise<boolean> {
    const grant = await this.#grants.signOut(sessionId);
    if (grant === undefined) return true;
    this.#issued.delete(grant.id);
    const isRevoked = await this.#revoke(grant);
    if (!isRevoked) this.#notify({ kind: 'not-revoked', grant });
    return isRevoked;
  }

  /** Refreshes every grant that is not minutes old, due or not, because somebody asked. */
  async refreshAll(): Promise<readonly Outcome[]> {
    return Promise.all((await this.#grants.list()).map((grant) => this.#refreshOnRequest(grant)));
  }

  /** As {@link refreshAll}, but only one; undefined when there is none of that id. */
  async refreshNow(sessionId: string): Promise<Outcome | undefined> {
    const grant = await this.#grants.find(sessionId);
    return grant && this.#refreshOnRequest(grant);
  }

  async #refreshOnRequest(grant: Grant): Promise<Outcome> {
    this.#backOff.hurry(grant.id);
    if (!this.#backOff.isWaiting(grant.id)) return this.#refresh.refresh(grant, grant.accessToken);
    return this.#refresh.lastOutcome(grant.id) ?? 'unreachable';
  }

  /** How every grant stands, also those of other servers. */
  async statuses(): Promise<readonly Status[]> {
    return (await this.#grants.all()).map((grant) => {
      const { apiBaseUrl, clientId, expiresAt: endsAt, refreshToken } = grant;
      const refreshesAt = refreshToken === undefined ? undefined : dueAt(grant, this.#aheadMs);
      // Only what is to be done is tried again.
      const toDo = isDue(grant, this.#world.now(), this.#aheadMs) ? grant.id : namingOf(grant);
      const triesAgainAt = this.#backOff.notBefore(toDo);
      const session = toSession(grant, grant.scopes);
      return { session, apiBaseUrl, clientId, refreshesAt, endsAt, triesAgainAt, troubles: this.#troublesWith(grant) };
    });
  }

  #troublesWith(grant: Grant): readonly Trouble[] {
    const outcome = this.#refresh.lastOutcome(grant.id);
    const troubles: Record<Trouble, boolean> = {
      misconfigured: outcome === 'misconfigured',
      unreachable: outcome === 'unreachable',
      expired: isExpired(grant, this.#world.now()),
      unnamed: isProvisional(grant.account),
    };
    return TROUBLES.filter((trouble) => troubles[trouble]);
  }

  /** Settings changed, which any extension can do as well. */
  settingsChanged(): void {
    this.#backOff.hurry();
  }

  /** A person has typed the app's client id or secret anew: what X refused before says nothing any more. */
  appChanged(): void {
    this.#backOff.reset();
  }

  /**
   * To be called every {@link TICK_MS}: refreshes what this window has handed out ahead of its end, so that callers which cache
   * it hear of the new token in time, names what could not be named, and learns what other windows did.
   */
  async tick(): Promise<void> {
    const now = this.#world.now();
    // The machine slept, or its clock was set: what failed before may work now.
    if (Math.abs(now - this.#lastTickAt - TICK_MS) > 2 * TICK_MS) this.#backOff.reset();
    this.#lastTickAt = now;
    await this.#takeOver();
    for (const grant of await this.#grants.list()) {
      if (!this.#issued.has(grant.id) || this.#backOff.isWaiting(grant.id)) continue;
      if (isDue(grant, now, this.#aheadMs))
        await this.#refresh.refresh(grant, isDue(grant, now) ? undefined : grant.accessToken);
      else if (isProvisional(grant.account)) await this.#name(grant);
    }
  }

  /** Takes what X gave to a window that was closed before it could say whose it is. Never rejects. */
  async #takeOver(): Promise<void> {
    for (const pending of await this.#grants.pending()) {
      try {
        await runExclusive(this.#locks, pendingAs(pending.id), { waitMs: 0, isUnavailable: isNoFiles }, () =>
          this.#takeOverFrom(pending),
        );
      } catch (error) {
        // Its window is there.
        this.#log.debug(`Grant ${pending.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  async #takeOverFrom({ id }: Grant): Promise<void> {
    const given = (await this.#grants.pending()).find((pending) => pending.id === id);
    if (given === undefined) return;
    if (given.accessToken === NO_TOKEN) return this.#grants.abandon(given);
    // Nobody has been asked whether other extensions may use these.
    if (given.scopes.some((scope) => stakes(scope) !== undefined) && (await this.grantsOf(given)).length > 0) {
      await this.#revoke(given);
      return this.#grants.abandon(given);
    }
    this.#log.info(`Grant ${id}: taken over from a window that was closed.`);
    await this.#name(await this.#keepUnnamed(given));
  }

  async #handOut(grant: Grant): Promise<Grant | undefined> {
    this.#issued.add(grant.id);
    const fresh = await this.#refresh.fresh(grant);
    if (fresh === undefined || !isProvisional(fresh.account)) return fresh;
    return withTimeout(NAMING_TIMEOUT_MS, this.#name(fresh), fresh);
  }

  /** Gives a grant the name that X did not tell at sign-in, if it tells now. Never rejects. */
  #name(grant: Grant): Promise<Grant | undefined> {
    const underWay = this.#naming.get(grant.id);
    if (underWay !== undefined) return underWay;
    if (this.#backOff.isWaiting(namingOf(grant))) return Promise.resolve(grant);
    const named = this.#askAndName(grant).finally(() => this.#naming.delete(grant.id));
    this.#naming.set(grant.id, named);
    return named;
  }

  async #askAndName(grant: Grant): Promise<Grant | undefined> {
    const user = await this.#whoIs(grant);
    if (user === undefined) return grant;
    try {
      return await this.#keepNamed(grant, user);
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: not named. ${error instanceof Error ? error.message : String(error)}`);
      return grant;
    }
  }

  async #keepUnnamed(given: Given): Promise<Grant> {
    const grant = { ...given, account: provisionalAccount(given.id, await this.#label(given, undefined)) };
    await this.#grants.keep(grant);
    return grant;
  }

  /** Keeps a grant under its person's name, in the place of the one that X has ended by giving this one. */
  async #keepNamed(given: Given, { id, username, imageUrl }: User): Promise<Grant> {
    const old = await this.#grants.findOwn(given, id);
    // VS Code keys permissions by the label.
    const label = await this.#label(given, { id, username }, old?.account.label);
    const named = await this.#grants.name(unnamed(given), { id, label, imageUrl });
    if (named === undefined) return (await this.#grants.findOwn(given, id)) ?? unnamed(given);
    this.#tellNarrowed(named.replaced, named.grant);
    return named.grant;
  }

  /** Tells the person if a grant allows less than the one whose place it takes. */
  #tellNarrowed(old: Grant | undefined, grant: Grant): void {
    const lost = (old?.scopes ?? []).filter((scope) => !grant.scopes.includes(scope));
    if (lost.length > 0) this.#notify({ kind: 'narrowed', grant, lost });
  }

  /** Signing in must not fail because `/2/users/me` does: whatever goes wrong here, the grant is good. */
  async #whoIs(grant: Given): Promise<User | undefined> {
    try {
      const user = await whoAmI(grant.apiBaseUrl, `Bearer ${grant.accessToken}`, this.#world);
      this.#backOff.succeeded(namingOf(grant));
      return user;
    } catch (error) {
      this.#log.warn(
        `Grant ${grant.id}: X did not say whose it is. ${error instanceof Error ? error.message : String(error)}`,
      );
      const wishMs = error instanceof UnreachableError ? error.retryAfterMs : undefined;
      this.#backOff.failed(namingOf(grant), Math.max(ASK_WHO_AGAIN_MS, wishMs ?? 0));
      return undefined;
    }
  }

  /** Whether X has revoked both tokens. Never rejects. */
  async #revoke(grant: Given): Promise<boolean> {
    const tokens = [
      ...(grant.refreshToken === undefined ? [] : [[grant.refreshToken, 'refresh_token'] as const]),
      [grant.accessToken, 'access_token'] as const,
    ];
    const results = await Promise.allSettled(
      tokens.map(async ([token, hint]) => {
        const { revoke } = await import('../oauth/authorizationCode.ts');
        const client = await this.#clients.get(grant);
        try {
          await revoke(tokenEndpoints(grant.apiBaseUrl), client, token, hint, this.#world);
        } catch (error) {
          // Dead already, perhaps by the revocation of the other one: that is what was asked for.
          if (!(error instanceof RefusedError && refusalCause(error) === 'token')) throw error;
        }
      }),
    );
    const failures = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failures) this.#log.warn(`Grant ${grant.id}: not revoked at X. ${String(reason)}`);
    if (failures.length === 0) this.#log.info(`Grant ${grant.id}: revoked at X.`);
    return failures.length === 0;
  }
}

/** The name under which windows exclude each other while somebody signs in. */
function signInTo({ apiBaseUrl, clientId }: App): string {
  return `sign-in to ${clientId} at ${apiBaseUrl}`;
}

/** The lock of a sign-in that is under way. */
function pendingAs(id: string): string {
  return `pending sign-in ${id}`;
}

/** A grant as it is filed while nobody knows whose it is. */
function unnamed<T extends { readonly id: string }>(given: T): T & { readonly account: Account } {
  return { account: provisionalAccount(given.id, given.id), ...given };
}

/** What the waiting before the next question to X is filed under: apart from that of refreshes, which must not suffer from it. */
function namingOf(grant: Given): string {
  return `name of ${grant.id}`;
}
