import { messageOf } from '../common/messageOf.ts';
import { randomUUID } from 'node:crypto';
import { RefusedError, UnreachableError } from '../oauth/errors.ts';
import type { HttpDeps } from '../oauth/http.ts';
import { tokenEndpoints } from '../x/endpoints.ts';
import { refusalCause } from '../x/errors.ts';
import type { BackOff } from './backOff.ts';
import type { ClientSecrets } from './store/clientSecrets.ts';
import { NO_LOCK, runExclusive, type Lease, type Locks } from '../ipc/locks.ts';
import { DEFAULT_LIFETIME_MS, isDue, isExpired, isYoung, sameState, type OAuth2Grant } from './grant.ts';
import { isLive, type Entry, type Sent } from './store/entry.ts';
import { isNoFiles, type Grants } from './store/grants.ts';
import type { Log } from '../common/log.ts';
import type { UnfinishedWork } from '../common/unfinishedWork.ts';
import type { Notify } from './notice.ts';
import type { Revocation } from './revocation.ts';
import { withTimeout } from '../common/abort.ts';

/** How a refresh ended (design rule 7). `refreshed` says that the token is good, whoever refreshed it. */
export type Outcome = 'refreshed' | 'ended' | 'misconfigured' | 'unreachable';

/** How long a caller waits for a refresh that is under way: shorter while the token it would get otherwise is good. */
const TIMEOUT_MS = { good: 3_000, expired: 10_000 } as const;

/** How long a refresh waits for another window's. */
const LOCK_WAIT_MS = 30_000;

/** For how long, and for how many more looks, the answer that another window may have got is waited for. */
const DOUBT_MS = 10_000;
const DOUBT_LOOKS = 2;

const DAY_MS = 24 * 60 * 60_000;

/** What X gives for a refresh token. */
type Refreshed = Pick<OAuth2Grant, 'accessToken' | 'refreshToken' | 'scopes' | 'obtainedAt' | 'expiresAt'>;

/** A refresh token that X has refused to this window, perhaps because it has just taken it from another. */
interface Doubt {
  readonly grant: OAuth2Grant;
  readonly since: number;
  looks: number;
  /** Whether an answer may have been lost on the way. */
  readonly dropped: boolean;
}

/**
 * Refreshes grants, one refresh at a time for each: a single flight in this window, a lock across windows, and the decision
 * inside the lock. Nothing here ever removes a grant unless X said of its newest refresh token that it is dead.
 */
export class Refresh {
  readonly #grants: Grants<'oauth2'>;
  readonly #clients: ClientSecrets;
  readonly #locks: Locks;
  readonly #backOff: BackOff;
  readonly #revocation: Revocation;
  readonly #unfinished: UnfinishedWork;
  readonly #deps: HttpDeps;
  readonly #notify: Notify;
  readonly #log: Log;
  readonly #underWay = new Map<
    string,
    { readonly startedAt: number; readonly refused: string | undefined; readonly outcome: Promise<Outcome> }
  >();
  readonly #lastOutcomes = new Map<string, Outcome>();
  /** By the id of their grant. */
  readonly #doubts = new Map<string, Doubt>();
  /** The last request for each grant that failed here: nobody waits for its answer any more. */
  readonly #failed = new Map<string, string>();

  constructor(parts: {
    grants: Grants<'oauth2'>;
    clients: ClientSecrets;
    locks: Locks;
    backOff: BackOff;
    revocation: Revocation;
    unfinished: UnfinishedWork;
    deps: HttpDeps;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#clients = parts.clients;
    this.#locks = parts.locks;
    this.#backOff = parts.backOff;
    this.#revocation = parts.revocation;
    this.#unfinished = parts.unfinished;
    this.#deps = parts.deps;
    this.#notify = parts.notify;
    this.#log = parts.log;
  }

  /**
   * The grant with the best token there is to hand out, or undefined when the grant is no more. Refreshes it when it is due,
   * and waits for that only as long as a caller, and those queued behind it, can bear.
   */
  async fresh(grant: OAuth2Grant): Promise<OAuth2Grant | undefined> {
    const now = this.#deps.now();
    if (!isDue(grant, now) || this.#backOff.isWaiting(grant.id)) return grant;
    const outcome = this.refresh(grant);
    const startedAt = this.#underWay.get(grant.id)?.startedAt ?? performance.now();
    const timeoutMs = isExpired(grant, now) ? TIMEOUT_MS.expired : TIMEOUT_MS.good;
    await withTimeout(timeoutMs - (performance.now() - startedAt), outcome, undefined);
    return this.#grants.find(grant.id).catch(() => grant);
  }

  /**
   * Refreshes a grant if it is due, or if its access token is the one that X has `refused`, unless that is minutes old: whoever asks,
   * nobody can have refresh tokens spent one after another. Never rejects.
   */
  refresh(grant: OAuth2Grant, refused?: string): Promise<Outcome> {
    const underWay = this.#underWay.get(grant.id);
    if (underWay !== undefined && underWay.refused === refused) return underWay.outcome;
    const refreshing = this.#refreshAfter(underWay?.outcome, grant, refused);
    const outcome = refreshing
      .then((result) => {
        this.#lastOutcomes.set(grant.id, result);
        return result;
      })
      .finally(() => {
        if (this.#underWay.get(grant.id)?.outcome === outcome) this.#underWay.delete(grant.id);
      });
    this.#underWay.set(grant.id, { startedAt: performance.now(), refused, outcome });
    return outcome;
  }

  /** How the last refresh of a grant in this window ended, if there was one. */
  lastOutcome(grantId: string): Outcome | undefined {
    return this.#lastOutcomes.get(grantId);
  }

  /** Refreshes a grant whose access token X has refused to an extension, unless X is to be left alone. One 401 proves nothing. */
  async refreshRefused(grant: OAuth2Grant): Promise<Outcome> {
    return this.#backOff.isWaiting(grant.id) ? 'unreachable' : this.refresh(grant, grant.accessToken);
  }

  async #refreshAfter(
    earlier: Promise<Outcome> | undefined,
    grant: OAuth2Grant,
    refused: string | undefined,
  ): Promise<Outcome> {
    await earlier;
    const options = {
      waitMs: LOCK_WAIT_MS,
      resolvedElsewhere: () => this.#done(grant, refused),
      // Where no lock can be had at all (a read-only disk), a refresh without one is better than none.
      isUnavailable: isNoFiles,
    };
    try {
      return await this.#unfinished.finish(() =>
        runExclusive<Outcome>(this.#locks, grant.id, options, (lease) => this.#refreshAlone(grant, refused, lease)),
      );
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: not refreshed. ${messageOf(error)}`);
      this.#backOff.failed(grant.id);
      return 'unreachable';
    }
  }

  /** Whether nothing is left to do, because another window has been here, or this one is being closed. */
  async #done(known: OAuth2Grant, refused: string | undefined): Promise<Outcome | undefined> {
    if (this.#unfinished.isClosing) return 'unreachable';
    const grant = await this.#grants.find(known.id);
    if (grant === undefined) return 'ended';
    const now = this.#deps.now();
    return isDue(grant, now) || (grant.accessToken === refused && !isYoung(grant, now)) ? undefined : 'refreshed';
  }

  async #refreshAlone(known: OAuth2Grant, refused: string | undefined, lease: Lease): Promise<Outcome> {
    // Another machine may have refreshed it, of which SecretStorage tells, if anything.
    await this.#grants.lookAtRecord(known);
    const done = await this.#done(known, refused);
    const entry = await this.#grants.entry(known.id);
    if (done !== undefined || entry === undefined) return done ?? 'ended';
    const { grant, sent } = entry;
    const { refreshToken } = grant;
    if (refreshToken === undefined) {
      if (isExpired(grant, this.#deps.now())) return this.#end(grant, false);
      return grant.accessToken === refused ? 'unreachable' : 'refreshed';
    }

    const dropped = sent !== undefined;
    const doubt = this.#doubts.get(grant.id);
    if (doubt !== undefined && sameState(doubt.grant, grant)) return this.#lookedAgain(doubt);
    if (sent?.isRefused === true) return this.#doubt(grant, dropped);

    const { refresh } = await import('../oauth/authorizationCode.ts');
    const client = await this.#clients.get(grant);
    // Whether no other window can have got an answer, as far as is known before X has spoken.
    const isAlone = lease !== NO_LOCK && (!dropped || sent.id === this.#failed.get(grant.id));
    const id = randomUUID();
    const marked = await this.#mark(grant, { id, isRefused: false }, true);
    // Signed out, or signed in anew, in this very moment.
    if (!isLive(marked) || !sameState(marked.grant, grant)) return isLive(marked) ? 'refreshed' : 'ended';
    // Last of all, for the machine may have slept in any of the steps before.
    if (!(await lease.held())) return 'unreachable';
    // Not when the answer is read, which may be much later: X counts from about now.
    const obtainedAt = this.#deps.now();
    try {
      const answer = await refresh(tokenEndpoints(grant.apiBaseUrl), client, refreshToken, this.#deps);
      return await this.#refreshed(grant, {
        accessToken: answer.accessToken,
        refreshToken: answer.refreshToken ?? refreshToken,
        scopes: answer.scopes ?? grant.scopes,
        obtainedAt,
        expiresAt: obtainedAt + (answer.expiresInMs ?? DEFAULT_LIFETIME_MS),
      });
    } catch (error) {
      if (error instanceof UnreachableError) {
        this.#failed.set(grant.id, id);
        return await this.#unreachable(grant, error, dropped);
      }
      if (error instanceof RefusedError)
        return await this.#refused(grant, error, {
          hasSecret: client.clientSecret !== undefined,
          dropped,
          isAlone: isAlone && this.#grants.isWritten(grant) && (await lease.held()),
        });
      throw error;
    }
  }

  /** Keeps what X gave. It exists nowhere else, so whatever happened meanwhile is looked at now, and not before. */
  async #refreshed(before: OAuth2Grant, given: Refreshed): Promise<Outcome> {
    this.#backOff.succeeded(before.id);
    this.#doubts.delete(before.id);
    const keep = (current: Entry<OAuth2Grant> | undefined): Entry<OAuth2Grant> | undefined => {
      if (current === undefined) return { grant: { ...before, ...given, generation: before.generation + 1 } };
      const { grant, ended } = current;
      // Signed in anew; another window was given more; or somebody has signed out. That X had ended it is taken back.
      if (grant.signInId !== before.signInId || grant.generation > before.generation) return undefined;
      if (ended === 'signed-out' || ended === 'moved') return undefined;
      return { grant: { ...grant, ...given, generation: grant.generation + 1 } };
    };
    const kept = await this.#grants.change(before, keep, { inMemory: true });
    if (kept?.ended === 'moved') {
      const named = this.#grants.bySignIn(before.signInId);
      // The answer is for what had no name when it was asked for.
      if (named !== undefined && named.refreshToken === before.refreshToken) return this.#refreshed(named, given);
    }
    if (kept?.ended === 'signed-out' && kept.grant.signInId === before.signInId) {
      // Here or elsewhere, while X was answering.
      void this.#revocation.revoke({ ...before, ...given });
      return 'ended';
    }
    this.#log.info(`Grant ${before.id}: refreshed.`);
    return 'refreshed';
  }

  async #unreachable(grant: OAuth2Grant, error: UnreachableError, dropped: boolean): Promise<Outcome> {
    if (!error.maybeSent && !dropped) await this.#mark(grant, undefined);
    this.#backOff.failed(grant.id, error.retryAfterMs);
    this.#log.warn(`Grant ${grant.id}: not refreshed, it will be tried again. ${error.message}`);
    return 'unreachable';
  }

  async #refused(
    grant: OAuth2Grant,
    error: RefusedError,
    { hasSecret, dropped, isAlone }: { hasSecret: boolean; dropped: boolean; isAlone: boolean },
  ): Promise<Outcome> {
    const cause = refusalCause(error);
    this.#log.warn(`Grant ${grant.id}: X refused to refresh it (${error.status} ${error.code}: ${cause}).`);
    if (cause === 'token') {
      if (isAlone && !(await this.#grants.mayBeReplaced(grant))) return this.#end(grant, dropped);
      await this.#mark(grant, { id: '', isRefused: true });
      return this.#doubt(grant, dropped);
    }
    // Whatever X dislikes, it has not spent the refresh token.
    if (!dropped) await this.#mark(grant, undefined);
    this.#backOff.failed(grant.id);
    if (cause !== 'unknown-client' && cause !== 'client-secret') return 'unreachable';
    if (await this.#isFirstToTell(grant, cause)) {
      this.#notify(cause === 'client-secret' ? { kind: cause, grant, hasSecret } : { kind: cause, grant });
    }
    return 'misconfigured';
  }

  /**
   * Another window may have got the next token and stand still, or be about to keep it, or SecretStorage is late. So X is not
   * believed at once, and not asked again either, in no window.
   */
  #doubt(grant: OAuth2Grant, dropped: boolean): Outcome {
    this.#doubts.set(grant.id, { grant, since: this.#deps.now(), looks: 0, dropped });
    this.#backOff.failed(grant.id);
    return 'unreachable';
  }

  async #lookedAgain(doubt: Doubt): Promise<Outcome> {
    doubt.looks++;
    const isOver = doubt.looks >= DOUBT_LOOKS && Math.abs(this.#deps.now() - doubt.since) >= DOUBT_MS;
    // For how long X may refuse to say whose a new sign-in is, nobody knows.
    const isLongOver = this.#deps.now() - doubt.grant.expiresAt >= DAY_MS;
    if (isOver && (isLongOver || !(await this.#grants.mayBeReplaced(doubt.grant)))) {
      this.#doubts.delete(doubt.grant.id);
      return this.#end(doubt.grant, doubt.dropped);
    }
    this.#backOff.failed(doubt.grant.id);
    return 'unreachable';
  }

  /** X says that the newest refresh token is dead. Only the window that says so first tells the person. */
  async #end(grant: OAuth2Grant, dropped: boolean): Promise<Outcome> {
    await this.#grants.lookAtRecord(grant);
    const current = await this.#grants.entry(grant.id);
    if (current === undefined || !sameState(current.grant, grant)) return current === undefined ? 'ended' : 'refreshed';
    if (await this.#grants.end(grant, 'rejected')) this.#notify({ kind: 'rejected', grant, dropped });
    return 'ended';
  }

  /**
   * Notes that a request is sent for the next state of a grant, so that a lost answer can be told from a grant that X ended; undefined:
   * that nothing was spent. If it `mustBeThere`, nothing is to be spent where it can't be noted for now.
   */
  async #mark(
    grant: OAuth2Grant,
    sent: Sent | undefined,
    mustBeThere = false,
  ): Promise<Entry<OAuth2Grant> | undefined> {
    const change = (current: Entry<OAuth2Grant> | undefined): Entry<OAuth2Grant> | undefined =>
      isLive(current) && sameState(current.grant, grant) && current.sent?.id !== sent?.id
        ? { ...current, sent }
        : undefined;
    if (mustBeThere) return this.#grants.change(grant, change, { mustBeThere });
    try {
      return await this.#grants.change(grant, change);
    } catch (error) {
      // A mark that can't be taken back is only less to go by.
      this.#log.warn(`Grant ${grant.id}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** True in one window only: the one that tells the person what is wrong with the app. */
  async #isFirstToTell(grant: OAuth2Grant, what: string): Promise<boolean> {
    let isFirst = false;
    await this.#grants.change(grant, (current) => {
      isFirst = isLive(current) && sameState(current.grant, grant) && current.told?.includes(what) !== true;
      return isLive(current) && isFirst ? { ...current, told: [...(current.told ?? []), what] } : undefined;
    });
    return isFirst;
  }
}
