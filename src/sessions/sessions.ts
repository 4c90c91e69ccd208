import { withTimeout } from '../common/abort.ts';
import { namingOf, type AccountNaming } from './accountNaming.ts';
import type { BackOff } from './backOff.ts';
import { dueAt, isDue, isExpired, isProvisional, LEAST_LIFETIME_MS, type OAuth2Grant } from './grant.ts';
import type { Notify } from './notice.ts';
import type { Outcome, Refresh } from './refresh.ts';
import type { Revocation } from './revocation.ts';
import { covers, readScopes, scopesToRequest } from './scopeRequest.ts';
import { toSession, type Session, type Status, type Trouble } from './session.ts';
import type { SignIns } from './signIns.ts';
import type { App } from './store/clientSecrets.ts';
import type { Grants } from './store/grants.ts';

export interface SessionsDeps {
  readonly now: () => number;
  readonly random: () => number;
  /** The client id that requests without an `X_CLIENT_ID:` are for; empty when none is set. */
  readonly defaultClientId: () => string;
}

/** How long before it must be, at most, a window refreshes what it has handed out; each window by a share of its own. */
const AHEAD_MS = 5 * 60_000;

/** How long a caller waits for the name of a grant that has none yet. */
const NAMING_TIMEOUT_MS = 3_000;

/** In the order in which they matter. */
const TROUBLES = ['misconfigured', 'unreachable', 'expired', 'unnamed'] as const satisfies readonly Trouble[];

/** The expected time between two calls of {@link Sessions.tick}. */
export const TICK_MS = 30_000;

/** Being signed in to X: what extensions are given, and what happens to grants while they are used. */
export class Sessions {
  readonly #grants: Grants<'oauth2'>;
  readonly #refresh: Refresh;
  readonly #backOff: BackOff;
  readonly #naming: AccountNaming;
  readonly #revocation: Revocation;
  readonly #signIns: SignIns;
  readonly #deps: SessionsDeps;
  readonly #notify: Notify;
  readonly #issued = new Set<string>();
  readonly #aheadMs: number;
  #lastTickAt: number;

  constructor(parts: {
    grants: Grants<'oauth2'>;
    refresh: Refresh;
    backOff: BackOff;
    naming: AccountNaming;
    revocation: Revocation;
    signIns: SignIns;
    deps: SessionsDeps;
    notify: Notify;
  }) {
    this.#grants = parts.grants;
    this.#refresh = parts.refresh;
    this.#backOff = parts.backOff;
    this.#naming = parts.naming;
    this.#revocation = parts.revocation;
    this.#signIns = parts.signIns;
    this.#deps = parts.deps;
    this.#notify = parts.notify;
    this.#aheadMs = LEAST_LIFETIME_MS + AHEAD_MS * parts.deps.random();
    this.#lastTickAt = parts.deps.now();
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
    const clientId = request.clientId ?? this.#deps.defaultClientId();
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
  async grantsOf(app: App): Promise<readonly OAuth2Grant[]> {
    return this.#grants.ofApp(app);
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

  /** A view of a grant that was just given, with the scopes as they were asked for. */
  sessionOf(grant: OAuth2Grant, asked: readonly string[]): Session {
    this.#issued.add(grant.id);
    return toSession(grant, asked);
  }

  /** One session with all its scopes, and a token that has some life left if X can be reached. */
  async fresh(sessionId: string): Promise<Session | undefined> {
    const grant = await this.#grants.find(sessionId);
    const fresh = grant && (await this.#handOut(grant));
    return fresh && toSession(fresh, fresh.scopes);
  }

  /** Removes the grant here first, which always succeeds, then revokes its tokens at X as best it can. False: it could not. */
  async signOut(sessionId: string): Promise<boolean> {
    const grant = await this.#grants.signOut(sessionId);
    if (grant === undefined) return true;
    this.#issued.delete(grant.id);
    const isRevoked = await this.#revocation.revoke(grant);
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

  async #refreshOnRequest(grant: OAuth2Grant): Promise<Outcome> {
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
      const toDo = isDue(grant, this.#deps.now(), this.#aheadMs) ? grant.id : namingOf(grant);
      const triesAgainAt = this.#backOff.notBefore(toDo);
      const session = toSession(grant, grant.scopes);
      return { session, apiBaseUrl, clientId, refreshesAt, endsAt, triesAgainAt, troubles: this.#troublesWith(grant) };
    });
  }

  #troublesWith(grant: OAuth2Grant): readonly Trouble[] {
    const outcome = this.#refresh.lastOutcome(grant.id);
    const troubles: Record<Trouble, boolean> = {
      misconfigured: outcome === 'misconfigured',
      unreachable: outcome === 'unreachable',
      expired: isExpired(grant, this.#deps.now()),
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
    const now = this.#deps.now();
    // The machine slept, or its clock was set: what failed before may work now.
    if (Math.abs(now - this.#lastTickAt - TICK_MS) > 2 * TICK_MS) this.#backOff.reset();
    this.#lastTickAt = now;
    await this.#signIns.takeOver();
    for (const grant of await this.#grants.list()) {
      if (!this.#issued.has(grant.id) || this.#backOff.isWaiting(grant.id)) continue;
      if (isDue(grant, now, this.#aheadMs))
        await this.#refresh.refresh(grant, isDue(grant, now) ? undefined : grant.accessToken);
      else if (isProvisional(grant.account)) await this.#naming.name(grant);
    }
  }

  async #handOut(grant: OAuth2Grant): Promise<OAuth2Grant | undefined> {
    this.#issued.add(grant.id);
    const fresh = await this.#refresh.fresh(grant);
    if (fresh === undefined || !isProvisional(fresh.account)) return fresh;
    return withTimeout(NAMING_TIMEOUT_MS, this.#naming.name(fresh), fresh);
  }
}
