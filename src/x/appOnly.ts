import * as appOnly from '../oauth/clientCredentials.ts';
import { secretsIn } from '../oauth/clientAuthentication.ts';
import { RefusedError } from '../oauth/errors.ts';
import type { HttpDeps } from '../oauth/http.ts';
import type { Consumer } from '../oauth/oauth1Signature.ts';
import { bearerEndpoint } from './endpoints.ts';
import { errorOf } from './oauth1Errors.ts';
import { whoAmI } from './users.ts';

/**
 * Gets the app's bearer token (https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/application-only).
 * An app has one: X answers with the same to everyone who asks, and it does not expire.
 *
 * @throws {RefusedError} with code `99` when the API key or secret is wrong
 * @throws {UnreachableError}
 */
export async function appOnlyBearer(apiBaseUrl: string, consumer: Consumer, deps: HttpDeps): Promise<string> {
  const response = await appOnly.clientCredentialsRequest(bearerEndpoint(apiBaseUrl), consumer, deps);
  const { key, secret } = consumer;
  const sent = [key, ...secretsIn({ clientId: key, clientSecret: secret })];
  if (!response.ok) throw await errorOf(response, sent, deps.now());
  return appOnly.clientCredentialsResponse(response, deps);
}

/** Whose bearer token it is; `malformed` is one that could not even be sent. */
export type BearerOwner = 'app' | 'user' | 'malformed';

/**
 * Checks a bearer token that was pasted. `/2/users/me` is not for apps, and says so only to an app that X knows.
 *
 * @throws {RefusedError} when X refuses for another reason, as it does with 401 when the token is unknown
 * @throws {UnreachableError}
 */
export async function bearerOwner(apiBaseUrl: string, bearer: string, deps: HttpDeps): Promise<BearerOwner> {
  // RFC 6750 §2.1, and the percent signs of X. What a header can't hold, `fetch` would quote in its error.
  if (!/^[\w\-.~+/%]+=*$/.test(bearer)) return 'malformed';
  try {
    await whoAmI(apiBaseUrl, `Bearer ${bearer}`, deps);
    return 'user';
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'unsupported-authentication') return 'app';
    throw error;
  }
}
