import { randomUUID } from 'node:crypto';
import { checkCallback, exchangeCode, revoke, type AuthorizationRequest, type Endpoints } from '../oauth/codeGrant.ts';
import type { Fetch } from '../oauth/http.ts';
import { whoAmI, type User } from '../x/users.ts';
import type { BackOff } from './backOff.ts';
import type { Clients } from './clients.ts';
import {
  DEFAULT_LIFETIME_MS,
  isDue,
  isProvisional,
  LEAST_LIFETIME_MS,
  provisionalAccount,
  type Account,
  type Grant,
} from './grant.ts';
import type { Grants } from './grants.ts';
import type { Log } from './log.ts';
import type { Notify } from './notice.ts';
import type { Outcome, Renewal } from './renewal.ts';
import { covers, readScopes, scopesToRequest } from './scopeRequest.ts';

/** A view of a grant, as VS Code hands it to an extension (`vscode.AuthenticationSession`). */
export interface Session {
  readonly id: string;
  readonly accessToken: string;
  readonly account: Account;
  /** Exactly as they were asked for, whatever else the grant covers. */
  readonly scopes: readonly string[];
}

export interface SessionsWorld {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly random: () => number;
  readonly endpoints: () => Endpoints;
  readonly apiBaseUrl: () => string;
  /** The client id that requests without an `X_CLIENT_ID:` are for; empty when none is set. */
  readonly defaultClientId: () => string;
  /** What an account is called until X says who it is. */
  readonly unnamedLabel: string;
}

/** How long before it must be, at most, a window renews what it has handed out; each window by a share of its own. */
const AHEAD_MS = 5 * 60_000;

/** The expected time between two calls of {@link Sessions.tick}. */
export const TICK_MS = 30_000;

/** Being signed in to X: what extensions are given, and what happens to grants while they are used. */
export class Sessions {
  readonly #grants: Grants;
  readonly #renewal: Renewal;
  readonly #clients: Clients;
  readonly #backOff: BackOff;
  readonly #world: SessionsWorld;
  readonly #notify: Notify;
  readonly #log: Log;
  readonly #handedOut = new Set<string>();
  readonly #aheadMs: number;
  #lastTickAt: number;

  constructor(parts: {
    grants: Grants;
    renewal: Renewal;
    clients: Clients;
    backOff: BackOff;
    world: SessionsWorld;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#renewal = parts.renewal;
    this.#clients = parts.clients;
    this.#backOff = parts.backOff;
    this.#world = parts.world;
    this.#notify = parts.notify;
    this.#log = parts.log;
    this.#aheadMs = LEAST_LIFETIME_MS + AHEAD_MS * parts.world.random();
    this.#lastTickAt = parts.world.now();
    this.#renewal.onOrphan = (grant) => void this.#revoke(grant);
  }

  /** Every grant once, with its granted scopes. No network: VS Code asks for this at every start. */
  async all(): Promise<readonly Session[]> {
    return (await this.#grants.list()).map((grant) => toSession(grant, grant.scopes));
  }

  /**
   * The sessions that serve a request, each with a token that has some life left if X can be reached.
   *
   * @throws {AmbiguousClientId}
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

  /** The scopes to ask X for, so that the consent serves this request and takes nothing from any other. */
  async scopesFor(wanted: readonly string[], clientId: string, accountId?: string): Promise<readonly string[]> {
    const granted = (await this.#grants.list())
      .filter((grant) => grant.clientId === clientId && (accountId === undefined || grant.account.id === accountId))
      .flatMap((grant) => grant.scopes);
    return scopesToRequest(wanted, granted);
  }

  /**
   * Turns the answer of the browser into a grant: one request to the token endpoint, one to `/2/users/me`.
   *
   * @throws {AuthorizationDenied | CallbackMismatch | Refused | Unreachable}
   */
  async signIn(clientId: string, request: AuthorizationRequest, callback: URLSearchParams): Promise<Grant> {
    const client = await this.#clients.get(clientId);
    const endpoints = this.#world.endpoints();
    const checked = checkCallback(endpoints, client, request, callback);
    const answer = await exchangeCode(endpoints, client, request, checked, this.#world);
    const now = this.#world.now();
    const id = randomUUID();
    const grant: Grant = {
      id,
      clientId,
      account: provisionalAccount(id, this.#world.unnamedLabel),
      scopes: answer.scopes ?? request.scopes,
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      obtainedAt: now,
      expiresAt: now + (answer.expiresInMs ?? DEFAULT_LIFETIME_MS),
    };
    const user = await this.#whoIs(grant);
    const kept = user === undefined ? grant : await this.#nameAfter(grant, user);
    if (kept === grant) await this.#grants.add(grant);
    this.#log.info(`Grant ${kept.id}: signed in with ${kept.scopes.length} scopes.`);
    return kept;
  }

  /** A view of a grant that was just given, with the scopes as they were asked for. */
  sessionOf(grant: Grant, asked: readonly string[]): Session {
    this.#handedOut.add(grant.id);
    return toSession(grant, asked);
  }

  /** Removes the grant here first, which always succeeds, then revokes its tokens at X as best it can. */
  async signOut(sessionId: string): Promise<void> {
    let grant = await this.#grants.find(sessionId);
    // Another window may renew it in the same moment; then it is the newest state that ends.
    while (grant !== undefined && !(await this.#grants.end(grant, 'signed-out')))
      grant = await this.#grants.find(sessionId);
    if (grant === undefined) return;
    this.#handedOut.delete(grant.id);
    if (!(await this.#revoke(grant))) this.#notify({ kind: 'not-revoked', grant });
  }

  /** Renews every grant now, due or not, at a person's request. */
  async renewAll(): Promise<readonly Outcome[]> {
    this.#backOff.reset();
    const grants = await this.#grants.list();
    return Promise.all(grants.map((grant) => this.#renewal.renew(grant, grant.accessToken)));
  }

  /** A person has mended the settings or the secret: what X refused before says nothing any more. */
  settingsChanged(): void {
    this.#backOff.reset();
  }

  /**
   * To be called every {@link TICK_MS}: renews what this window has handed out ahead of its end, so that callers which cache
   * it hear of the new token in time, names what could not be named, and learns what other windows did.
   */
  async tick(): Promise<void> {
    const now = this.#world.now();
    // The machine slept, or its clock was set: what failed before may work now.
    if (Math.abs(now - this.#lastTickAt - TICK_MS) > 2 * TICK_MS) this.#backOff.reset();
    this.#lastTickAt = now;
    for (const grant of await this.#grants.list()) {
      if (!this.#handedOut.has(grant.id) || this.#backOff.isWaiting(grant.id)) continue;
      if (isDue(grant, now, this.#aheadMs))
        await this.#renewal.renew(grant, isDue(grant, now) ? undefined : grant.accessToken);
      else if (isProvisional(grant.account)) await this.#name(grant);
    }
  }

  async #handOut(grant: Grant): Promise<Grant | undefined> {
    this.#handedOut.add(grant.id);
    const fresh = await this.#renewal.fresh(grant);
    if (fresh === undefined || !isProvisional(fresh.account)) return fresh;
    return this.#name(fresh);
  }

  /** Gives a grant the name that X did not tell at sign-in, if it tells now. */
  async #name(grant: Grant): Promise<Grant> {
    if (this.#backOff.isWaiting(grant.id)) return grant;
    const user = await this.#whoIs(grant);
    return user === undefined ? grant : this.#nameAfter(grant, user, grant);
  }

  /** The grant under its person's name, kept in the place of the one that X has ended by giving this one. */
  async #nameAfter(grant: Grant, user: User, provisional?: Grant): Promise<Grant> {
    let old = await this.#grants.findOwn(grant.clientId, user.id);
    for (;;) {
      const named: Grant = {
        ...grant,
        id: old?.id ?? grant.id,
        // VS Code keys permissions by label: a person who is known keeps the label they had.
        account: { id: user.id, label: old?.account.label ?? `@${user.username}` },
      };
      if (old === undefined) {
        if (provisional === undefined) await this.#grants.add(named);
        else await this.#grants.replace(provisional, named);
        return named;
      }
      if (await this.#grants.replace(old, named)) {
        if (provisional !== undefined) await this.#grants.replace(provisional, named);
        return named;
      }
      old = await this.#grants.findOwn(grant.clientId, user.id);
    }
  }

  /** Signing in must not fail because `/2/users/me` does: whatever goes wrong here, the grant is good. */
  async #whoIs(grant: Grant): Promise<User | undefined> {
    try {
      const user = await whoAmI(this.#world.apiBaseUrl(), `Bearer ${grant.accessToken}`, this.#world);
      this.#backOff.succeeded(grant.id);
      return user;
    } catch (error) {
      this.#log.warn(
        `Grant ${grant.id}: X did not say whose it is. ${error instanceof Error ? error.message : String(error)}`,
      );
      this.#backOff.failed(grant.id);
      return undefined;
    }
  }

  async #revoke(grant: Grant): Promise<boolean> {
    const client = await this.#clients.get(grant.clientId);
    const tokens = [
      ...(grant.refreshToken === undefined ? [] : [[grant.refreshToken, 'refresh_token'] as const]),
      [grant.accessToken, 'access_token'] as const,
    ];
    const results = await Promise.allSettled(
      tokens.map(([token, hint]) => revoke(this.#world.endpoints(), client, token, hint, this.#world)),
    );
    const failures = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failures) this.#log.warn(`Grant ${grant.id}: not revoked at X. ${String(reason)}`);
    if (failures.length === 0) this.#log.info(`Grant ${grant.id}: revoked at X.`);
    return failures.length === 0;
  }
}

/** A view of a grant with the given scopes. */
export function toSession(grant: Grant, scopes: readonly string[]): Session {
  return { id: grant.id, accessToken: grant.accessToken, account: grant.account, scopes };
}
