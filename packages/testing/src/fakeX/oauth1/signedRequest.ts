import { type Answer, json } from '../server/answer.ts';
import type { App } from '../app.ts';
import { type Parameter, readOAuthHeader, signature } from './signature.ts';
import type { TokenPair } from './tokens.ts';
import type { ReceivedRequest } from '../server/received.ts';
import type { Switches } from '../switches.ts';
import type { FakeXState } from '../state.ts';

/** X accepts timestamps that are up to five minutes off. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** A request with a valid signature. */
export interface SignedRequest<T extends TokenPair = TokenPair> {
  readonly app: App;
  /** Undefined when it was signed without a token. */
  readonly token: T | undefined;
  /** The signed parameters, without those of the URL's query. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** X's error codes (docs/what-x-does.md, 5) with their status and message. */
const ERRORS = {
  32: [401, 'Could not authenticate you.'],
  89: [401, 'Invalid or expired token.'],
  135: [401, 'Timestamp out of bounds.'],
  215: [400, 'Bad Authentication data.'],
  415: [
    403,
    'Callback URL not approved for this client application. ' +
      'Approved callback URLs can be adjusted in your application settings',
  ],
  417: [401, 'The oauth_callback value "oob" is not allowed for this client application.'],
} as const satisfies Record<number, readonly [status: number, message: string]>;

export function oauth1Error(code: keyof typeof ERRORS, x: FakeXState): Answer {
  const [status, message] = ERRORS[code];
  const xml = `<?xml version="1.0" encoding="UTF-8"?><errors><error code="${code}">${message}</error></errors>`;
  const written: Record<Switches['oauth1ErrorsAs'], Answer> = {
    json: json(status, { errors: [{ code, message }] }),
    xml: { status, headers: { 'content-type': 'application/xml; charset=utf-8' }, body: xml },
    text: { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: message },
  };
  return written[x.switches.oauth1ErrorsAs];
}

/** Verifies the signature of a request (RFC 5849 §3.2), whose token is looked up with `find`. */
export function verifySignature<T extends TokenPair>(
  request: ReceivedRequest,
  x: FakeXState,
  find: (token: string) => T | undefined,
): SignedRequest<T> | Answer {
  const header = readOAuthHeader(request.headers.authorization ?? '');
  if (header === undefined) return oauth1Error(215, x);
  const protocol: Readonly<Record<string, string>> = Object.fromEntries(header);
  const { oauth_consumer_key, oauth_nonce, oauth_timestamp, oauth_token = '', oauth_version }: Protocol = protocol;
  const isComplete =
    header.length === Object.keys(protocol).length &&
    oauth_consumer_key !== undefined &&
    oauth_nonce !== undefined &&
    oauth_nonce !== '' &&
    /^[1-9]\d*$/.test(oauth_timestamp ?? '') &&
    protocol['oauth_signature'] !== undefined &&
    protocol['oauth_signature_method'] === 'HMAC-SHA1' &&
    (oauth_version === undefined || oauth_version === '1.0');
  if (!isComplete) return oauth1Error(215, x);
  const app = x.appByApiKey(oauth_consumer_key);
  if (app === undefined) return oauth1Error(32, x);
  const token = oauth_token === '' ? undefined : find(oauth_token);
  if (token === undefined && oauth_token !== '') return oauth1Error(89, x);
  if (Math.abs(Number(oauth_timestamp) * 1000 - x.now()) > MAX_CLOCK_SKEW_MS) return oauth1Error(135, x);
  const parameters: Parameter[] = header.filter(([name]) => name !== 'oauth_signature');
  if (request.form !== undefined) parameters.push(...new URLSearchParams(request.body));
  const url = `http://${request.host}${request.path}?${request.rawQuery}`;
  const expected = signature({ method: request.method, url, parameters }, app.apiSecret, token?.secret);
  if (protocol['oauth_signature'] !== expected) return oauth1Error(32, x);
  const isFirst = x.oauth1.isFirst(app.apiKey, oauth_token, oauth_timestamp ?? '', oauth_nonce);
  return isFirst ? { app, token, parameters: Object.fromEntries(parameters) } : oauth1Error(32, x);
}

interface Protocol {
  readonly oauth_consumer_key?: string;
  readonly oauth_nonce?: string;
  readonly oauth_timestamp?: string;
  readonly oauth_token?: string;
  readonly oauth_version?: string;
}
