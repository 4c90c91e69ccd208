import * as oauth from 'oauth4webapi';
import { authenticate, type Client } from './clientAuthentication.ts';
import { AuthorizationDenied, CallbackMismatch, Refused, Unreachable } from './errors.ts';
import { retryAfterMs, type Fetch } from './http.ts';

/** Where an authorization server listens: absolute URLs. */
export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation: string;
}

/** What the browser is sent to the authorization endpoint with, and what its answer is checked against. */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly verifier: string;
}

/** A successful answer of the token endpoint (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Undefined when the server leaves it out, which means "as requested". */
  readonly scopes: readonly string[] | undefined;
  readonly expiresInMs: number | undefined;
}

/** A callback whose state was compared: only this can be exchanged for tokens. */
export interface CheckedCallback {
  readonly checked: URLSearchParams;
}

/** What this module needs of the world. `fetch` must be {@link bounded}. */
export interface World {
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** A fresh PKCE code verifier: 43 characters of base64url (RFC 7636 §4.1). */
export const newVerifier = oauth.generateRandomCodeVerifier;

/** A fresh `state`: 256 random bits in base64url (RFC 6749 §10.12). */
export const newState = oauth.generateRandomState;

/** The S256 code challenge of a verifier (RFC 7636 §4.2). */
export const challengeOf = oauth.calculatePKCECodeChallenge;

/** The URL to open in the browser (RFC 6749 §4.1.1, RFC 7636 §4.3). Spaces are `%20`: X refuses `+` between scopes. */
export async function authorizationUrl(
  endpoints: Endpoints,
  client: Client,
  request: AuthorizationRequest,
): Promise<string> {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: request.state,
    code_challenge: await challengeOf(request.verifier),
    code_challenge_method: 'S256',
  });
  return `${endpoints.authorization}?${parameters.toString().replaceAll('+', '%20')}`;
}

/**
 * Checks what came back from the browser (RFC 6749 §4.1.2) before anything is sent.
 *
 * @throws {AuthorizationDenied} when the server reports an error instead of a code
 * @throws {CallbackMismatch} when this is not the answer to `request`
 */
export function checkCallback(
  endpoints: Endpoints,
  client: Client,
  request: AuthorizationRequest,
  callback: URLSearchParams,
): CheckedCallback {
  // X reports some errors without a state (too long a state, perhaps a denial); they carry nothing that could be misused.
  const error = callback.get('error');
  if (error !== null && (!callback.has('state') || callback.get('state') === request.state)) {
    throw new AuthorizationDenied(error, callback.get('error_description') ?? undefined);
  }
  try {
    return { checked: oauth.validateAuthResponse(server(endpoints), wireClient(client), callback, request.state) };
  } catch (cause) {
    throw new CallbackMismatch('The callback does not belong to this sign-in.', { cause });
  }
}

/**
 * Trades an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
 *
 * @throws {Refused | Unreachable}
 */
export async function exchangeCode(
  endpoints: Endpoints,
  client: Client,
  request: AuthorizationRequest,
  callback: CheckedCallback,
  world: World,
): Promise<TokenAnswer> {
  const as = server(endpoints);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    wireClient(client),
    authenticate(client),
    callback.checked,
    request.redirectUri,
    request.verifier,
    options(world),
  );
  return readTokens(response, world, () => oauth.processAuthorizationCodeResponse(as, wireClient(client), response));
}

/**
 * Trades a refresh token for new tokens (RFC 6749 §6). X spends the old refresh token, whatever happens next.
 *
 * @throws {Refused | Unreachable}
 */
export async function refresh(
  endpoints: Endpoints,
  client: Client,
  refreshToken: string,
  world: World,
): Promise<TokenAnswer> {
  const as = server(endpoints);
  const response = await oauth.refreshTokenGrantRequest(
    as,
    wireClient(client),
    authenticate(client),
    refreshToken,
    options(world),
  );
  return readTokens(response, world, () => oauth.processRefreshTokenResponse(as, wireClient(client), response));
}

/**
 * Asks the server to revoke a token (RFC 7009 §2.1). A token that is dead already counts as revoked (RFC 7009 §2.2).
 *
 * @throws {Refused | Unreachable}
 */
export async function revoke(
  endpoints: Endpoints,
  client: Client,
  token: string,
  hint: 'access_token' | 'refresh_token',
  world: World,
): Promise<void> {
  const response = await oauth.revocationRequest(server(endpoints), wireClient(client), authenticate(client), token, {
    ...options(world),
    additionalParameters: { token_type_hint: hint },
  });
  await judged(response, world, () => oauth.processRevocationResponse(response));
}

/** The one reader of the token endpoint's wire format. */
async function readTokens(
  response: Response,
  world: World,
  process: () => Promise<oauth.TokenEndpointResponse>,
): Promise<TokenAnswer> {
  const wire = await judged(response, world, process);
  return {
    accessToken: wire.access_token,
    refreshToken: wire.refresh_token,
    scopes: wire.scope?.split(' ').filter((scope) => scope !== ''),
    expiresInMs: wire.expires_in === undefined ? undefined : wire.expires_in * 1000,
  };
}

/** Sorts what went wrong by who said so: the server in OAuth's words, or anything else. */
async function judged<T>(response: Response, world: World, process: () => Promise<T>): Promise<T> {
  const { status, headers } = response;
  // Gateways put OAuth-looking bodies on these as well; they say nothing about a token.
  if (status === 429 || status >= 500) {
    throw new Unreachable(`X answered ${status}.`, { status, retryAfterMs: retryAfterMs(headers, world.now()) });
  }
  try {
    return await process();
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError) {
      throw new Refused(cause.status, cause.error, cause.error_description, { cause });
    }
    throw new Unreachable(`X answered ${status} with something that is not OAuth.`, { status, cause });
  }
}

/** There is no discovery at X; the library needs an issuer for its bookkeeping only. */
function server(endpoints: Endpoints): oauth.AuthorizationServer {
  return {
    issuer: new URL(endpoints.authorization).origin,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    revocation_endpoint: endpoints.revocation,
  };
}

function wireClient(client: Client): oauth.Client {
  return { client_id: client.clientId };
}

function options(world: World) {
  return {
    // Which base URLs may be plain http is decided where they enter (src/x/endpoints.ts): loopback only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url: string, init: RequestInit) => {
      const response = await world.fetch(url, init);
      // A challenge would hide the OAuth error in the body, which is what says how the client is to be mended.
      response.headers.delete('www-authenticate');
      return response;
    },
  };
}
