import { messageOf } from '../common/messageOf.ts';
import { createHash, randomUUID } from 'node:crypto';
import type { Log } from '../common/log.ts';
import { tokenOf, type Account, type GrantBase, type GrantOf } from './grant.ts';
import type { ClaimLabel } from './labels.ts';
import type { Notify } from './notice.ts';
import { toSession, type Session, type Status } from './session.ts';
import type { Grants } from './store/grants.ts';

type StaticKind = 'oauth1' | 'app-only';

/** What a sign-in with a credential that does not expire brings. */
export interface StaticSignIn<Kind extends StaticKind> {
  /** The server that confirmed it. */
  readonly apiBaseUrl: string;
  /** The X app that it belongs to: its API key, or for a bearer token alone a hash of it. */
  readonly appKey: string;
  readonly account: Omit<Account, 'label'>;
  /** What the account may be called, the best first, without an end. */
  readonly labels: () => Iterable<string>;
  /** The grant with its credential. */
  readonly toGrant: (rest: GrantBase) => GrantOf<Kind>;
  /** True when it was asked for to read only, though the app may do more. */
  readonly readOnly?: boolean;
}

/** Ends a credential at X. It must leave it alone if what has taken its place has the same token. */
type Revoke<Kind extends StaticKind> = (grant: GrantOf<Kind>, replacedBy?: GrantOf<Kind>) => Promise<void>;

/** The scope of a credential that may only read. */
const READ = 'read';

/**
 * Sessions of credentials that X lets live until they are revoked: OAuth 1.0a tokens and app-only bearers. They are grants
 * like any other, stored and seen by other windows in the same way, that are never due to be refreshed. Scopes mean nothing to them, but
 * that those for reading only do not serve a request to `write`.
 */
export class StaticSessions<Kind extends StaticKind> {
  readonly #grants: Grants<Kind>;
  readonly #claimLabel: ClaimLabel;
  readonly #revoke: Revoke<Kind> | undefined;
  readonly #now: () => number;
  readonly #notify: Notify;
  readonly #log: Log;

  /** `revoke` ends the credentials at X; there is none for those that are shared with others. */
  constructor(parts: {
    grants: Grants<Kind>;
    claimLabel: ClaimLabel;
    revoke?: Revoke<Kind>;
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
  async keep(signIn: StaticSignIn<Kind>): Promise<GrantOf<Kind>> {
    const { apiBaseUrl, appKey: clientId, account, labels, toGrant, readOnly = false } = signIn;
    const given = toGrant({
      id: randomUUID(),
      apiBaseUrl,
      clientId,
      account: { ...account, label: '' },
      scopes: readOnly ? [READ] : [],
      obtainedAt: this.#now(),
      signInId: randomUUID(),
      signInNumber: 1,
      generation: 1,
    });
    const token = tokenOf(given);
    const old = (await this.#grants.listOf(apiBaseUrl)).find(
      (grant) => grant.account.id === account.id || tokenOf(grant) === token,
    );
    if (old !== undefined && tokenOf(old) === token) return old;
    const same = old?.clientId === clientId ? old : undefined;
    const owner = { apiBaseUrl, app: clientId, accountId: account.id };
    const label = await this.#claimLabel(labels(), owner, same?.account.label);
    const grant = await this.#grants.replace({
      ...given,
      id: same?.id ?? given.id,
      account: { ...account, label },
    });
    if (old !== undefined && same === undefined) await this.#grants.end(old, 'signed-out');
    this.#log.info(`Grant ${grant.id}: signed in.`);
    if (old !== undefined) await this.#revokeReplaced(old, grant);
    return grant;
  }

  /** What nobody can sign out of any more would live at X for ever. */
  async #revokeReplaced(old: GrantOf<Kind>, grant: GrantOf<Kind>): Promise<void> {
    try {
      await this.#revoke?.(old, grant);
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: what it replaced is not revoked at X. ${messageOf(error)}`);
      this.#notify({ kind: 'replaced-not-revoked', grant });
    }
  }

  async fresh(sessionId: string): Promise<Session | undefined> {
    const grant = await this.#grants.find(sessionId);
    return grant && toSession(grant, grant.scopes);
  }

  sessionOf(grant: GrantOf<Kind>, asked: readonly string[]): Session {
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

/** Tells bearer tokens apart without telling anything about them. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}
