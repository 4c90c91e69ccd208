import { messageOf } from '../common/messageOf.ts';
import { randomUUID } from 'node:crypto';
import type { Log } from '../common/log.ts';
import type { UnfinishedWork } from '../common/unfinishedWork.ts';
import { runExclusive, type Locks } from '../ipc/locks.ts';
import type { AuthorizationRequest } from '../oauth/authorizationCode.ts';
import type { HttpDeps } from '../oauth/http.ts';
import { tokenEndpoints } from '../x/endpoints.ts';
import { stakes } from '../x/scopes.ts';
import type { User } from '../x/users.ts';
import { unnamed, type AccountNaming } from './accountNaming.ts';
import { DEFAULT_LIFETIME_MS, NO_TOKEN, type OAuth2Grant } from './grant.ts';
import type { Given } from './labels.ts';
import type { Notify } from './notice.ts';
import type { Revocation } from './revocation.ts';
import type { App, ClientSecrets } from './store/clientSecrets.ts';
import { isNoFiles, type Grants } from './store/grants.ts';

/**
 * Rejects if a new grant must not be kept; resolves to whether that took asking the person. `user`: undefined where X does not say
 * whose it is.
 */
type Accept = (given: Given, user: User | undefined) => Promise<boolean>;

/** How long a sign-in waits for what X answers to another one: its own code lives for 30 s at X. */
const SIGN_IN_TIMEOUT_MS = 25_000;

/** Turns what the browser brings back into grants of OAuth 2.0, so that nothing that X gives is lost. */
export class SignIns {
  readonly #grants: Grants<'oauth2'>;
  readonly #locks: Locks;
  readonly #naming: AccountNaming;
  readonly #revocation: Revocation;
  readonly #clients: ClientSecrets;
  readonly #unfinished: UnfinishedWork;
  readonly #deps: HttpDeps;
  readonly #notify: Notify;
  readonly #log: Log;

  constructor(parts: {
    grants: Grants<'oauth2'>;
    locks: Locks;
    naming: AccountNaming;
    revocation: Revocation;
    clients: ClientSecrets;
    unfinished: UnfinishedWork;
    deps: HttpDeps;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#locks = parts.locks;
    this.#naming = parts.naming;
    this.#revocation = parts.revocation;
    this.#clients = parts.clients;
    this.#unfinished = parts.unfinished;
    this.#deps = parts.deps;
    this.#notify = parts.notify;
    this.#log = parts.log;
  }

  /**
   * Turns the answer of the browser into a grant of the server that the browser was sent to: one request to its token endpoint, one
   * to `/2/users/me`. If `accept` rejects, the grant is not kept but revoked, and so ends the one that the person had, because X has
   * put the new one in its place.
   *
   * @throws {AuthorizationDeniedError | CallbackMismatchError | RefusedError | UnreachableError}, and whatever `accept` rejects with
   */
  async finish(
    app: App,
    request: AuthorizationRequest,
    callback: URLSearchParams,
    accept: Accept,
  ): Promise<OAuth2Grant> {
    const id = randomUUID();
    // As long as this is held, no window takes what X gives for what was left by a window that is no more.
    return this.#exclusively(pendingAs(id), () =>
      this.#unfinished.finish(async () => {
        // Of two sign-ins at once X ends the first; so the second must be the second here as well.
        const given = await this.#exclusively(signInTo(app), () => this.#exchange(id, app, request, callback));
        return this.#keep(given, accept);
      }),
    );
  }

  /** Takes what X gave to a window that was closed before it could say whose it is. Never rejects. */
  async takeOver(): Promise<void> {
    for (const pending of await this.#grants.pending()) {
      try {
        await runExclusive(this.#locks, pendingAs(pending.id), { waitMs: 0, isUnavailable: isNoFiles }, () =>
          this.#takeOverFrom(pending),
        );
      } catch (error) {
        // Its window is there.
        this.#log.debug(`Grant ${pending.id}: ${messageOf(error)}`);
      }
    }
  }

  /** Has X give a grant, and keeps it before anything else is done. */
  async #exchange(id: string, app: App, request: AuthorizationRequest, callback: URLSearchParams): Promise<Given> {
    const { apiBaseUrl, clientId } = app;
    const client = await this.#clients.get(app);
    const endpoints = tokenEndpoints(apiBaseUrl);
    const { checkCallback, exchangeCode } = await import('../oauth/authorizationCode.ts');
    const checked = checkCallback(endpoints, client, request, callback);
    const asked: Given = {
      kind: 'oauth2',
      id,
      apiBaseUrl,
      clientId,
      scopes: request.scopes,
      accessToken: NO_TOKEN,
      refreshToken: undefined,
      obtainedAt: this.#deps.now(),
      expiresAt: this.#deps.now() + DEFAULT_LIFETIME_MS,
      signInId: randomUUID(),
      signInNumber: await this.#grants.nextSignInNumber(app),
      generation: 1,
    };
    await this.#grants.reserve(unnamed(asked));
    try {
      const answer = await exchangeCode(endpoints, client, request, checked, this.#deps);
      const now = this.#deps.now();
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

  async #keep(given: Given, accept: Accept): Promise<OAuth2Grant> {
    const user = await this.#naming.whoIs(given);
    const newer = await this.#accepted(given, user, accept);
    if (newer !== undefined) {
      await this.#grants.abandon(unnamed(given));
      return newer;
    }
    const grant =
      user === undefined ? await this.#naming.keepUnnamed(given) : await this.#naming.keepNamed(given, user);
    this.#log.info(`Grant ${grant.id}: signed in with ${grant.scopes.length} scopes.`);
    return grant;
  }

  /** Resolves to what the person has signed in with anew while they were asked, which has ended what was given, if they did. */
  async #accepted(given: Given, user: User | undefined, accept: Accept): Promise<OAuth2Grant | undefined> {
    const old = user && (await this.#grants.findOwn(given, user.id));
    const replaced = async (): Promise<OAuth2Grant | undefined> => {
      const current = user && (await this.#grants.findOwn(given, user.id));
      return current !== undefined && current.signInNumber > given.signInNumber ? current : undefined;
    };
    try {
      return (await accept(given, user)) ? await replaced() : undefined;
    } catch (error) {
      await this.#revocation.revoke(given);
      await this.#grants.abandon(unnamed(given));
      if (old !== undefined && (await replaced()) === undefined && (await this.#grants.end(old, 'rejected')))
        this.#notify({ kind: 'rejected', grant: old, dropped: false });
      throw error;
    }
  }

  async #takeOverFrom({ id }: OAuth2Grant): Promise<void> {
    const given = (await this.#grants.pending()).find((pending) => pending.id === id);
    if (given === undefined) return;
    if (given.accessToken === NO_TOKEN) return this.#grants.abandon(given);
    // Nobody has been asked whether other extensions may use these.
    const isSensitive = given.scopes.some((scope) => stakes(scope) !== undefined);
    if (isSensitive && (await this.#grants.ofApp(given)).length > 0) {
      await this.#revocation.revoke(given);
      return this.#grants.abandon(given);
    }
    this.#log.info(`Grant ${id}: taken over from a window that was closed.`);
    await this.#naming.name(await this.#naming.keepUnnamed(given));
  }

  /** Runs what one window at a time should do. Where that can't be had, it is done all the same: a person waits for it. */
  async #exclusively<T>(name: string, action: () => Promise<T>): Promise<T> {
    return runExclusive(this.#locks, name, { waitMs: SIGN_IN_TIMEOUT_MS, isUnavailable: () => true }, action);
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
