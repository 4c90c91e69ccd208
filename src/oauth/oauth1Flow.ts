import * as v from 'valibot';
import { AuthorizationDeniedError, CallbackMismatchError, UnreachableError } from './errors.ts';
import { unexpectedStatus, type HttpDeps } from './http.ts';
import { sign, type Consumer, type SignedRequest, type Token } from './oauth1Signature.ts';

/** What signed requests need of the outside. */
export interface SigningDeps extends HttpDeps {
  /** Never the same twice (RFC 5849 §3.3). */
  readonly nonce: () => string;
}

/** Where an OAuth 1.0a server listens (RFC 5849 §2): absolute URLs. */
export interface Endpoints {
  readonly requestToken: string;
  readonly authorize: string;
  readonly accessToken: string;
}

/** The callback that stands for "show the person a PIN" (RFC 5849 §2.1). */
export const OUT_OF_BAND = 'oob';

/** Asks for a request token (RFC 5849 §2.1). `callback` is an absolute URL or {@link OUT_OF_BAND}. */
export async function requestTokenRequest(
  endpoints: Endpoints,
  consumer: Consumer,
  callback: string,
  parameters: Readonly<Record<string, string>>,
  deps: SigningDeps,
): Promise<Response> {
  return sendSigned(
    {
      method: 'POST',
      url: endpoints.requestToken,
      form: Object.keys(parameters).length === 0 ? undefined : new URLSearchParams(parameters),
      consumer,
      oauth: { oauth_callback: callback },
    },
    deps,
  );
}

const RequestTokenAnswer = v.object({
  oauth_token: v.pipe(v.string(), v.nonEmpty()),
  oauth_token_secret: v.pipe(v.string(), v.nonEmpty()),
  // Its absence means OAuth 1.0, where anyone could finish a sign-in that someone else began.
  oauth_callback_confirmed: v.literal('true'),
});

/**
 * Reads the answer to {@link requestTokenRequest} (RFC 5849 §2.1).
 *
 * @throws {UnreachableError}
 */
export async function requestTokenResponse(response: Response, deps: Pick<SigningDeps, 'now'>): Promise<Token> {
  const { answer } = await readForm(response, RequestTokenAnswer, deps);
  return { token: answer.oauth_token, secret: answer.oauth_token_secret };
}

/** The URL to open in the browser (RFC 5849 §2.2). */
export function authorizationUrl(
  endpoints: Endpoints,
  requestToken: Token,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({ oauth_token: requestToken.token, ...parameters });
  return `${endpoints.authorize}?${query.toString()}`;
}

/**
 * Checks what came back from the browser (RFC 5849 §2.2) and takes the verifier out of it. A denial is not in the RFC:
 * `denied=<request token>` is what Twitter made of it.
 *
 * @throws {AuthorizationDeniedError} when the person said no
 * @throws {CallbackMismatchError} when this is not the answer to `requestToken`
 */
export function verifierOf(requestToken: Token, callback: URLSearchParams): string {
  if (callback.get('denied') === requestToken.token) throw new AuthorizationDeniedError('access_denied');
  const verifier = callback.get('oauth_verifier');
  if (callback.get('oauth_token') !== requestToken.token || verifier === null || verifier === '') {
    throw new CallbackMismatchError('The callback does not belong to this sign-in.');
  }
  return verifier;
}

/**
 * Trades a request token and its verifier, which may be a PIN, for an access token (RFC 5849 §2.3). The verifier goes
 * into the header, as in the RFC: in the body, Twitter has now and then not seen it.
 */
export async function accessTokenRequest(
  endpoints: Endpoints,
  consumer: Consumer,
  requestToken: Token,
  verifier: string,
  deps: SigningDeps,
): Promise<Response> {
  return sendSigned(
    {
      method: 'POST',
      url: endpoints.accessToken,
      consumer,
      token: requestToken,
      oauth: { oauth_verifier: verifier },
    },
    deps,
  );
}

/** An access token, and what else the server said with it. */
export interface AccessTokenAnswer {
  readonly token: Token;
  readonly parameters: Readonly<Record<string, string>>;
}

const TokenAnswer = v.object({
  oauth_token: v.pipe(v.string(), v.nonEmpty()),
  oauth_token_secret: v.pipe(v.string(), v.nonEmpty()),
});

/**
 * Reads the answer to {@link accessTokenRequest} (RFC 5849 §2.3).
 *
 * @throws {UnreachableError}
 */
export async function accessTokenResponse(
  response: Response,
  deps: Pick<SigningDeps, 'now'>,
): Promise<AccessTokenAnswer> {
  const { answer, others } = await readForm(response, TokenAnswer, deps);
  return { token: { token: answer.oauth_token, secret: answer.oauth_token_secret }, parameters: others };
}

/** Sends a request with its signature in the Authorization header (RFC 5849 §3.5.1). */
export async function sendSigned(
  request: Omit<SignedRequest, 'timestamp' | 'nonce'>,
  deps: SigningDeps,
): Promise<Response> {
  const { method, url, form } = request;
  const authorization = authorizationFor(request, deps);
  return deps.fetch(url, { method, headers: { authorization }, ...(form && { body: form }) });
}

/** The Authorization header of a request that is sent now. */
export function authorizationFor(
  request: Omit<SignedRequest, 'timestamp' | 'nonce'>,
  deps: Pick<SigningDeps, 'now' | 'nonce'>,
): string {
  return sign({ ...request, timestamp: Math.floor(deps.now() / 1000), nonce: deps.nonce() });
}

/** Both token endpoints answer 200 with a form (RFC 5849 §2.1, §2.3). What they refuse with is not in the RFC. */
async function readForm<Schema extends v.GenericSchema>(
  response: Response,
  schema: Schema,
  deps: Pick<SigningDeps, 'now'>,
): Promise<{ readonly answer: v.InferOutput<Schema>; readonly others: Readonly<Record<string, string>> }> {
  const { status } = response;
  if (status !== 200) throw unexpectedStatus(response, deps.now());
  const { oauth_token, oauth_token_secret, ...others } = Object.fromEntries(new URLSearchParams(await response.text()));
  const parsed = v.safeParse(schema, { ...others, oauth_token, oauth_token_secret });
  // The answer carries secrets: neither it nor valibot's issues, which quote it, may go into the error.
  if (!parsed.success) throw new UnreachableError('The answer is not one of OAuth 1.0a.', { status });
  return { answer: parsed.output, others };
}
