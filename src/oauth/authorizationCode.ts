import { parseJson } from '../common/json.ts';
import * as oauth from 'oauth4webapi';
import * as v from 'valibot';
import { SCOPE, TOKEN } from './characters.ts';
import { authenticate, secretsIn, type Client } from './clientAuthentication.ts';
import {
  AUTHORIZATION_ERRORS,
  AuthorizationDeniedError,
  CallbackMismatchError,
  RefusedError,
  UnreachableError,
} from './errors.ts';
import { unexpectedStatus, type HttpDeps } from './http.ts';

/** Where an authorization server takes and gives tokens: absolute URLs. */
export interface TokenEndpoints {
  readonly token: string;
  readonly revocation: string;
}

/** The same with the page that asks a person. */
export interface Endpoints extends TokenEndpoints {
  readonly authorization: string;
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
  /** Undefined when the server leaves it out, which means "as requested". What is no {@link SCOPE} is not among them. */
  readonly scopes: readonly string[] | undefined;
  readonly expiresInMs: number | undefined;
}

/** A callback whose state was compared: only this can be exchanged for tokens. */
export interface CheckedCallback {
  readonly checked: URLSearchParams;
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
 * @throws {AuthorizationDeniedError} when the server reports an error instead of a code
 * @throws {CallbackMismatchError} when this is not the answer to `request`
 */
export function checkCallback(
  endpoints: TokenEndpoints,
  client: Client,
  request: AuthorizationRequest,
  callback: URLSearchParams,
): CheckedCallback {
  const isAmbiguous = ['code', 'error', 'state'].some((name) => callback.getAll(name).length > 1);
  if (isAmbiguous) throw new CallbackMismatchError('The callback says something twice.');
  const error = callback.get('error');
  const state = callback.get('state');
  if (error !== null && state === request.state) {
    const secrets = [state, request.verifier, callback.get('code') ?? ''];
    throw new AuthorizationDeniedError(error, callback.get('error_description') ?? undefined, secrets);
  }
  const reported = errorWithoutState(callback);
  if (reported !== undefined) throw new AuthorizationDeniedError(reported);
  const code = callback.get('code') ?? '';
  if (code === '') throw new CallbackMismatchError('There is no code in the callback.');
  // Whatever else there is, is to be ignored (RFC 6749 §4.1.2).
  const parameters = new URLSearchParams({ code, ...(state !== null && { state }) });
  try {
    return { checked: oauth.validateAuthResponse(server(endpoints), wireClient(client), parameters, request.state) };
  } catch {
    // Without the library's error as its cause, which has the code and the state in it.
    throw new CallbackMismatchError('The callback does not belong to this sign-in.');
  }
}

/**
 * The error that a callback without a state reports (RFC 6749 §4.1.2.1), if it does. X sends some like that (too long a state, perhaps
 * a denial), but any page could send the browser here with one: it proves nothing.
 */
export function errorWithoutState(callback: URLSearchParams): string | undefined {
  const [error = '', ...others] = callback.getAll('error');
  return others.length === 0 && !callback.has('state') && AUTHORIZATION_ERRORS.has(error) ? error : undefined;
}

/**
 * Trades an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function exchangeCode(
  endpoints: TokenEndpoints,
  client: Client,
  request: AuthorizationRequest,
  callback: CheckedCallback,
  deps: HttpDeps,
): Promise<TokenAnswer> {
  const response = await oauth.authorizationCodeGrantRequest(
    server(endpoints),
    wireClient(client),
    authenticate(client),
    callback.checked,
    request.redirectUri,
    request.verifier,
    options(deps),
  );
  const code = callback.checked.get('code') ?? '';
  return readTokens(response, [code, request.verifier, ...secretsIn(client)], deps);
}

/**
 * Trades a refresh token for new tokens (RFC 6749 §6). X spends the old refresh token, whatever happens next.
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function refresh(
  endpoints: TokenEndpoints,
  client: Client,
  refreshToken: string,
  deps: HttpDeps,
): Promise<TokenAnswer> {
  const response = await oauth.refreshTokenGrantRequest(
    server(endpoints),
    wireClient(client),
    authenticate(client),
    refreshToken,
    options(deps),
  );
  return readTokens(response, [refreshToken, ...secretsIn(client)], deps);
}

/**
 * Asks the server to revoke a token (RFC 7009 §2.1). A token that is dead already should be no error (RFC 7009 §2.2), but may
 * be one at X.
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function revoke(
  endpoints: TokenEndpoints,
  client: Client,
  token: string,
  hint: 'access_token' | 'refresh_token',
  deps: HttpDeps,
): Promise<void> {
  const response = await oauth.revocationRequest(server(endpoints), wireClient(client), authenticate(client), token, {
    ...options(deps),
    additionalParameters: { token_type_hint: hint },
  });
  await readSuccess(response, [token, ...secretsIn(client)], deps);
}

const MAX_LIFETIME_S = 10 * 365 * 24 * 60 * 60;

const wireToken = v.pipe(v.string(), v.regex(TOKEN));

/** What is optional and makes no sense counts as left out: the tokens beside it are good, and those before them are spent. */
function optional<T>(schema: v.GenericSchema<unknown, T>) {
  return v.fallback(v.optional(schema), undefined);
}

function secondsOf(value: unknown): number {
  return typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
}

/** RFC 6749 §5.1. */
const TokenBody = v.object({
  access_token: wireToken,
  token_type: v.pipe(v.string(), v.toLowerCase(), v.literal('bearer')),
  expires_in: optional(
    // A number, or text that says one; anything else is no number.
    v.pipe(v.unknown(), v.transform(secondsOf), v.minValue(1), v.maxValue(MAX_LIFETIME_S)),
  ),
  refresh_token: optional(wireToken),
  scope: optional(v.pipe(v.string(), v.trim(), v.nonEmpty())),
});

/** RFC 6749 §5.2. */
const ErrorBody = v.object({ error: v.pipe(v.string(), v.nonEmpty()), error_description: optional(v.string()) });

/**
 * The one reader of the token endpoint's wire format. Not the library's: its errors have the answer, tokens included, in their
 * causes, and an odd `scope` beside good tokens would lose them.
 */
async function readTokens(response: Response, sent: readonly string[], deps: HttpDeps): Promise<TokenAnswer> {
  const wire = parseJson(TokenBody, await readSuccess(response, sent, deps));
  if (wire === undefined) {
    throw new UnreachableError('The server answered with something that is not OAuth.', { status: response.status });
  }
  return {
    accessToken: wire.access_token,
    refreshToken: wire.refresh_token,
    scopes: wire.scope?.split(/\s+/).filter((scope) => SCOPE.test(scope)),
    expiresInMs: wire.expires_in === undefined ? undefined : wire.expires_in * 1000,
  };
}

/**
 * The body of a success. Whatever else came is sorted by who said so: the server in OAuth's words, or anything else. `sent`: the
 * secrets of the request.
 */
async function readSuccess(response: Response, sent: readonly string[], deps: HttpDeps): Promise<string> {
  const { status } = response;
  const body = await response.text();
  if (status === 200) return body;
  // Gateways put OAuth-looking bodies on 429 and 5xx as well; they say nothing about a token.
  if (status >= 400 && status < 500 && status !== 429) {
    const refusal = parseJson(ErrorBody, body);
    if (refusal !== undefined) throw new RefusedError(status, refusal.error, refusal.error_description, sent);
  }
  throw unexpectedStatus(response, deps.now());
}

/** There is no discovery at X; the library needs an issuer for its bookkeeping only. */
function server(endpoints: TokenEndpoints): oauth.AuthorizationServer {
  return {
    issuer: new URL(endpoints.token).origin,
    token_endpoint: endpoints.token,
    revocation_endpoint: endpoints.revocation,
  };
}

function wireClient(client: Client): oauth.Client {
  return { client_id: client.clientId };
}

function options(deps: HttpDeps) {
  return {
    // Which base URLs may be plain http is decided where they enter (src/x/endpoints.ts): loopback only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: deps.fetch,
  };
}
