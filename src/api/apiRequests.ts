import { unlessAborted } from '../common/abort.ts';
import { unreachable } from '../oauth/http.ts';
import { apiUrl, checkDestination } from '../x/apiHosts.ts';
import { tokenOf, type Grant } from '../sessions/grant.ts';
import type { SessionClaim, IssuedSessions } from './issuedSessions.ts';

/** A session that was not handed out here: made up, or from elsewhere. */
export class UnknownSessionError extends Error {
  override readonly name = 'UnknownSessionError';
}

/** A session that was handed out here, whose grant is no more. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}

/** As much of a request as a signature needs. */
export interface RequestLine {
  readonly method: string;
  readonly url: string;
  readonly form: URLSearchParams | undefined;
}

/** The grants of one provider, and how they authorize a request. */
export interface Authorizer {
  readonly grants: { readonly find: (id: string) => Promise<Grant | undefined> };
  /** The `Authorization` header, made of what a session hands out. */
  readonly authorize: (accessToken: string, request: RequestLine) => string | Promise<string>;
  /** Gets another token in the place of one that X has refused, if it can. There is none for what lasts. */
  readonly refresh?: (refused: Grant) => Promise<unknown>;
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Requests to X's API on behalf of other extensions, with sessions that they were given. A caller never gets a token that it did not
 * bring: {@link ApiRequests.authorization} uses the session's own, and only {@link ApiRequests.fetch}, which keeps it to
 * itself, the newest.
 */
export class ApiRequests {
  readonly #authorizers: readonly Authorizer[];
  readonly #issued: IssuedSessions;
  readonly #fetch: typeof fetch;
  readonly #apiBaseUrl: () => string;
  /** By grant: the token that a 401 brought, which X has not accepted yet. If it refuses that as well, another would not help. */
  readonly #unproven = new Map<string, string>();

  constructor(parts: {
    authorizers: readonly Authorizer[];
    issued: IssuedSessions;
    /** With no bounds: answers go to their caller as they come. */
    fetch: typeof fetch;
    apiBaseUrl: () => string;
  }) {
    this.#authorizers = parts.authorizers;
    this.#issued = parts.issued;
    this.#fetch = parts.fetch;
    this.#apiBaseUrl = parts.apiBaseUrl;
  }

  /** @throws {UnknownSessionError | SessionEndedError | ForbiddenDestinationError} */
  async authorization(
    session: SessionClaim,
    request: Omit<RequestLine, 'url'> & { url: string | URL },
  ): Promise<string> {
    const claim = copyOf(session);
    const { method, form } = request;
    const url = apiUrl(request.url, this.#apiBaseUrl());
    const { authorizer, grant } = await this.#genuine(claim);
    checkDestination(url, grant.apiBaseUrl);
    return authorizer.authorize(claim.accessToken, { method, url: url.href, form });
  }

  /** @throws {UnknownSessionError | SessionEndedError | ForbiddenDestinationError | UnreachableError} or the reason of the caller's signal */
  async fetch(session: SessionClaim, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const claim = copyOf(session);
    const call = callOf(input, init, this.#apiBaseUrl());
    const request = call.request();
    call.signal?.throwIfAborted();
    const { authorizer, grant } = await this.#genuine(claim);
    const response = await this.#send(request, call.signal, authorizer, grant);
    if (response.status !== 401) {
      if (this.#unproven.get(grant.id) === tokenOf(grant)) this.#unproven.delete(grant.id);
      return response;
    }
    const newer = await unlessAborted(call.signal, this.#newer(authorizer, grant));
    if (newer === undefined || !call.isRepeatable) return response;
    await response.body?.cancel();
    const second = await this.#send(call.request(), call.signal, authorizer, newer);
    if (second.status !== 401) this.#unproven.delete(grant.id);
    return second;
  }

  /** The grant that a session is a view of, in its newest state. */
  async #genuine({
    id,
    accessToken,
  }: SessionClaim): Promise<{ readonly authorizer: Authorizer; readonly grant: Grant }> {
    for (const authorizer of this.#authorizers) {
      const grant = await authorizer.grants.find(id);
      if (grant === undefined) continue;
      if (tokenOf(grant) === accessToken || this.#issued.has(grant.id, accessToken)) return { authorizer, grant };
    }
    if (this.#issued.has(id, accessToken)) throw new SessionEndedError('The grant is gone, or of another server.');
    throw new UnknownSessionError('The session was not handed out here, or long ago.');
  }

  /** The grant with another token than the one that X has just refused, if there is one to be had. */
  async #newer({ grants, refresh }: Authorizer, refused: Grant): Promise<Grant | undefined> {
    const { id } = refused;
    const accessToken = tokenOf(refused);
    if (this.#unproven.get(id) !== accessToken) await refresh?.(refused);
    const newest = await grants.find(id);
    if (newest === undefined || tokenOf(newest) === accessToken) return undefined;
    this.#unproven.set(id, tokenOf(newest));
    return newest;
  }

  async #send(
    request: Request,
    signal: AbortSignal | undefined,
    { authorize }: Authorizer,
    grant: Grant,
  ): Promise<Response> {
    const { method, url } = request;
    checkDestination(new URL(url), grant.apiBaseUrl);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get('content-type') ?? '');
    const form = isForm ? new URLSearchParams(`&${await request.clone().text()}`) : undefined;
    request.headers.set('authorization', await authorize(tokenOf(grant), { method, url, form }));
    try {
      // A redirect could take the request, and what X makes of the credentials, elsewhere.
      return await this.#fetch(request, { redirect: 'manual', ...(signal && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(url, error);
    }
  }
}

/**
 * What a session says of itself, read once: an object of another extension's may say something else the next time.
 *
 * @throws {UnknownSessionError}
 */
function copyOf(session: SessionClaim): SessionClaim {
  const { id, accessToken } = session;
  if (typeof id !== 'string' || typeof accessToken !== 'string') throw new UnknownSessionError('That is no session.');
  return { id, accessToken };
}

/** A request of another extension's, of which nothing is left that could act when it is sent. */
interface Call {
  readonly request: () => Request;
  readonly signal: AbortSignal | undefined;
  /** Whether doing it twice is as good as once, and possible: a stream is gone once it was sent. */
  readonly isRepeatable: boolean;
}

/**
 * Copies what counts of a request: method, URL, headers, body and signal, each read once. Everything else, such as the
 * `dispatcher` of Node's `fetch`, could see the credentials or take them elsewhere.
 */
function callOf(input: string | URL | Request, init: RequestInit | undefined, apiBaseUrl: string): Call {
  const given = input instanceof Request ? input : undefined;
  const { method = given?.method ?? 'GET', headers = given?.headers, body = given?.body, signal } = init ?? {};
  const url = apiUrl(input instanceof Request ? input.url : input, apiBaseUrl).href;
  const copied = new Headers(headers);
  const ends = signal ?? given?.signal;
  const isStream = typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || 'getReader' in body);
  return {
    request: () =>
      new Request(url, {
        method,
        headers: copied,
        ...(body !== undefined && body !== null && { body }),
        ...(isStream && { duplex: 'half' as const }),
      }),
    signal: ends ?? undefined,
    isRepeatable: IDEMPOTENT.has(method.toUpperCase()) && !isStream,
  };
}
