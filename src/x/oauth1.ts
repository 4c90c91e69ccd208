import * as v from 'valibot';
import { RefusedError } from '../oauth/errors.ts';
import type { Fetch } from '../oauth/http.ts';
import * as oauth1 from '../oauth/oauth1Flow.ts';
import type { Consumer, Token } from '../oauth/oauth1Signature.ts';
import { oauth1Endpoints } from './endpoints.ts';
import { INVALID_VERIFIER, refusalCause } from './errors.ts';
import { errorOf } from './oauth1Errors.ts';
import { whoAmI, whoAmIUrl, type User } from './users.ts';

/** What an access token may do, if that is less than what the app may. */
export type AccessType = 'read' | 'write';

/**
 * Begins a sign-in. `callback` is registered with X, or {@link oauth1.OUT_OF_BAND} for a PIN.
 *
 * @throws {RefusedError} with code `32` (wrong API key or secret), `415` (callback not registered), `417` (the app takes a
 *   callback but no PIN, or a PIN but no callback: whichever this was not), `416` (app suspended) or `135` (the clock)
 * @throws {UnreachableError}
 */
export async function requestToken(
  apiBaseUrl: string,
  consumer: Consumer,
  callback: string,
  options: { readonly accessType?: AccessType | undefined },
  deps: oauth1.SigningDeps,
): Promise<Token> {
  const parameters = options.accessType === undefined ? {} : { x_auth_access_type: options.accessType };
  const endpoints = oauth1Endpoints(apiBaseUrl);
  const response = await oauth1.requestTokenRequest(endpoints, consumer, callback, parameters, deps);
  return oauth1.requestTokenResponse(await accepted(response, secretsIn(consumer), deps), deps);
}

/** The page where the person says yes or no; it always asks. */
export function authorizationUrl(
  apiBaseUrl: string,
  token: Token,
  options: { readonly forceLogin?: boolean; readonly screenName?: string | undefined } = {},
): string {
  return oauth1.authorizationUrl(oauth1Endpoints(apiBaseUrl), token, {
    ...(options.forceLogin === true && { force_login: 'true' }),
    ...(options.screenName !== undefined && { screen_name: options.screenName }),
  });
}

/** What a sign-in ends with. OAuth 1.0a tokens do not expire. */
export interface SignedIn {
  readonly token: Token;
  /** Undefined when X left the name out, which it documents not to: then {@link whoseToken} knows. */
  readonly user: User | undefined;
}

const UserParameters = v.object({
  user_id: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
  screen_name: v.pipe(v.string(), v.regex(/^\w{1,50}$/)),
});

/**
 * Ends a sign-in. `verifier` is from the callback, or the PIN.
 *
 * @throws {RefusedError} with code `89` (the request token is too old or was used) or {@link INVALID_VERIFIER}
 * @throws {UnreachableError}
 */
export async function accessToken(
  apiBaseUrl: string,
  consumer: Consumer,
  token: Token,
  verifier: string,
  deps: oauth1.SigningDeps,
): Promise<SignedIn> {
  const response = await oauth1.accessTokenRequest(oauth1Endpoints(apiBaseUrl), consumer, token, verifier, deps);
  const sent = [...secretsIn(consumer, token), verifier];
  const answer = await oauth1.accessTokenResponse(await verified(response, sent, deps), deps);
  const user = v.safeParse(UserParameters, answer.parameters);
  return {
    token: answer.token,
    user: user.success ? { id: user.output.user_id, username: user.output.screen_name } : undefined,
  };
}

/**
 * Asks X whose token this is, which also tells whether tokens that were typed in are good.
 *
 * @throws {RefusedError} with one of X's numbers, or with the kind or reason of an API v2 problem
 * @throws {UnreachableError}
 */
export async function whoseToken(
  apiBaseUrl: string,
  consumer: Consumer,
  token: Token,
  deps: oauth1.SigningDeps,
): Promise<User> {
  const fetch: Fetch = async (url, init) => accepted(await deps.fetch(url, init), secretsIn(consumer, token), deps);
  const request = { method: 'GET', url: whoAmIUrl(apiBaseUrl), consumer, token };
  return whoAmI(apiBaseUrl, oauth1.authorizationFor(request, deps), { fetch, now: deps.now });
}

/**
 * Revokes an access token, with itself (`POST oauth/invalidate_token`). One that is dead already is no error.
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function invalidateToken(
  apiBaseUrl: string,
  consumer: Consumer,
  token: Token,
  deps: oauth1.SigningDeps,
): Promise<void> {
  const { invalidateToken: url } = oauth1Endpoints(apiBaseUrl);
  const response = await oauth1.sendSigned({ method: 'POST', url, consumer, token }, deps);
  try {
    await accepted(response, secretsIn(consumer, token), deps);
  } catch (error) {
    if (!(error instanceof RefusedError && refusalCause(error) === 'unknown-token')) throw error;
  }
}

/** What X can't authenticate here is the verifier: with the same key and secret it gave the request token a moment ago. */
async function verified(
  response: Response,
  sent: readonly string[],
  deps: Pick<oauth1.SigningDeps, 'now'>,
): Promise<Response> {
  try {
    return await accepted(response, sent, deps);
  } catch (error) {
    if (!(error instanceof RefusedError && error.code === '32')) throw error;
    throw new RefusedError(error.status, INVALID_VERIFIER, error.description, sent);
  }
}

/** What a signed request says, and nobody else may see. Its nonce and signature are struck out for what they look like. */
function secretsIn(consumer: Consumer, token?: Token): readonly string[] {
  return [consumer.key, consumer.secret, ...(token === undefined ? [] : [token.token, token.secret])];
}

/** Lets nothing but a success through. `sent`: the secrets of the request. */
async function accepted(
  response: Response,
  sent: readonly string[],
  deps: Pick<oauth1.SigningDeps, 'now'>,
): Promise<Response> {
  if (!response.ok) throw await errorOf(response, sent, deps.now());
  return response;
}
