import { createHash, randomUUID } from 'node:crypto';
import type { Account, Grant } from './grant.ts';
import type { ClaimLabel } from './labels.ts';
import type { Log } from '../common/log.ts';
import type { Notify } from './notice.ts';
import { toSession, type Session, type Status } from './session.ts';
import type { Grants } from './store/grants.ts';

/** When credentials end that do not: later than any clock will say. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What a sign-in with credentials that do not expire brings. */
export interface StaticCredentials {
  /** The server that confirmed them. */
  readonly apiBaseUrl: string;
  /** The X app that they belong to: its API key, or for a bearer token alone a hash of it. */
  readonly appKey: string;
  readonly account: Omit<Account, 'label'>;
  /** What the account may be called, the best first, without an end. */
  readonly labels: () => Iterable<string>;
  /** What the session hands out. */
  readonly secret: string;
  /** True when they were asked for to read only, though the app may do more. */
  readonly readOnly?: boolean;
}

/** Ends credentials at X. It must leave them alone if what has taken their place has the same token. */
type Revoke = (grant: Grant, replacedBy?: Grant) => Promise<void>;

/** The scope of credentials that may only read. */
const READ = 'read';

/**
 * Sessions of credentials that X lets live until they are revoked: OAuth 1.0a tokens and app-only bearers. They are grants
 * like any other, stored and handed over in the same way, that are never due to be refreshed. Scopes mean nothing to them, but
 * that those for reading only do not serve a request to `write`.
 */
export class StaticSessions {
  readonly #grants: Grants;
  readonly #claimLabel: ClaimLabel;
  readonly #revoke: Revoke | undefined;
  readonly #now: () => number;
  readonly #notify: Notify;
  readonly #log: Log;

  /** `revoke` ends the credentials at X; there is none for those that are shared with others. */
  constructor(parts: {
    grants: Grants;
    claimLabel: ClaimLabel;
    revoke?: Revoke;
    now: () => number;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#claimLabel = parts.claimLabel;
    this.#revoke = parts.revoke;
    this.#now = parts.now;
    this.#notify = parts.notify;
    this.#log = parts.log;
  }

  async all(): Promise<readonly Session[]> {
    return (await this.#grants.list()).map((grant) => toSession(grant, grant.scopes));
  }

  /** How every grant stands: well, as long as X does not say otherwise to those who use it. */
  async statuses(): Promise<readonly Status[]> {
    return (await this.#grants.all()).map((grant) => ({
      session: toSession(grant, grant.scopes),
      apiBaseUrl: grant.apiBaseUrl,
      clientId: grant.clientId,
      refreshesAt: undefined,
      endsAt: undefined,
      triesAgainAt: undefined,
      troubles: [],
    }));
  }

  async matching(asked: readonly string[], accountId?: string): Promise<readonly Session[]> {
    const grants = await this.#grants.list();
    return grants
      .filter((grant) => accountId === undefined || grant.account.id === accountId)
      .filter((grant) => !(asked.includes('write') && grant.scopes.includes(READ)))
      .map((grant) => toSession(grant, asked));
  }

  /**
   * Keeps credentials that X has just confirmed, in the place of the same account's earlier ones, of another app's as well. Those
   * are another session, under another label: whoever was allowed the one is asked about the other.
   */
  async keep(credentials: StaticCredentials): Promise<Grant> {
    const { apiBaseUrl, appKey, account, labels, secret, readOnly = false } = credentials;
    const old = (await this.#grants.listOf(apiBaseUrl)).find(
      (grant) => grant.account.id === account.id || grant.accessToken === secret,
    );
    if (old?.accessToken === secret) return old;
    const same = old?.clientId === appKey ? old : undefined;
    const owner = { apiBaseUrl, app: appKey, accountId: account.id };
    const label = await this.#claimLabel(labels(), owner, same?.account.label);
    const grant = await this.#grants.replace({
      id: same?.id ?? randomUUID(),
      apiBaseUrl,
      clientId: appKey,
      account: { ...account, label },
      scopes: readOnly ? [READ] : [],
      accessToken: secret,
      refreshToken: undefined,
      obtainedAt: this.#now(),
      expiresAt: NEVER,
      signInId: randomUUID(),
      signInNumber: 1,
      generation: 1,
    });
    if (old !== undefined && same === undefined) await this.#grants.end(old, 'signed-out');
    this.#log.info(`Grant ${grant.id}: signed in.`);
    if (old !== undefined) await this.#revokeReplaced(old, grant);
    return grant;
  }

  /** What nobody can sign out of any more would live at X for ever. */
  async #revokeReplaced(old: Grant, grant: Grant): Promise<void> {
    try {
      await this.#revoke?.(old, grant);
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: what it replaced is not revoked at X. ${messageOf(error)}`);
      this.#notify({ kind: 'replaced-not-revoked', grant });
    }
  }

  sessionOf(grant: Grant, asked: readonly string[]): Session {
    return toSession(grant, asked);
  }

  /** Removes the credentials here first, which always succeeds, then revokes them at X if they are nobody else's. */
  async signOut(sessionId: string): Promise<boolean> {
    const grant = await this.#grants.signOut(sessionId);
    if (grant === undefined) return true;
    if (this.#revoke === undefined) {
      this.#notify({ kind: 'shared-bearer', grant });
      return false;
    }
    try {
      await this.#revoke(grant);
      this.#log.info(`Grant ${grant.id}: revoked at X.`);
      return true;
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: not revoked at X. ${messageOf(error)}`);
      this.#notify({ kind: 'not-revoked', grant });
      return false;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells bearer tokens apart without telling anything about them. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}
