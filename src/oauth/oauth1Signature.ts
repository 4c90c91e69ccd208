import { createHmac, randomBytes } from 'node:crypto';

/** The client credentials (RFC 5849 §1.1). X calls them API key and secret. */
export interface Consumer {
  readonly key: string;
  readonly secret: string;
}

/** A request token or an access token and its secret: temporary or token credentials (RFC 5849 §1.1). */
export interface Token {
  readonly token: string;
  readonly secret: string;
}

/** A request to be signed, and what it is signed with. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** The body, if it is a form; {@link formOf} finds out. No other body counts (RFC 5849 §3.4.1.3.1). */
  readonly form?: URLSearchParams | undefined;
  readonly consumer: Consumer;
  readonly token?: Token | undefined;
  /** `oauth_callback` (RFC 5849 §2.1) or `oauth_verifier` (§2.3). */
  readonly oauth?: Readonly<Record<string, string>>;
  /** In seconds since 1970. */
  readonly timestamp: number;
  /** Never used before with this timestamp, consumer and token (RFC 5849 §3.3). */
  readonly nonce: string;
  /** `null` leaves `oauth_version` out. It is optional (RFC 5849 §3.1), but X asks for it. */
  readonly version?: '1.0' | null;
}

/** The value of the Authorization header of a request, signed with HMAC-SHA1 (RFC 5849 §3.5.1, §3.4.2). */
export function sign(request: SignedRequest): string {
  const { consumer, token, version = '1.0' } = request;
  const oauth = {
    ...request.oauth,
    oauth_consumer_key: consumer.key,
    ...(token && { oauth_token: token.token }),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(request.timestamp),
    oauth_nonce: request.nonce,
    ...(version && { oauth_version: version }),
  };
  const parameters = [...Object.entries(oauth), ...(request.form ?? [])];
  const signature = createHmac('sha1', `${percentEncode(consumer.secret)}&${percentEncode(token?.secret ?? '')}`)
    .update(signatureBaseString(request.method, request.url, parameters))
    .digest('base64');
  const header = Object.entries({ ...oauth, oauth_signature: signature });
  return `OAuth ${header.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}

/**
 * What is signed (RFC 5849 §3.4.1.1). `parameters` are those of the header and of the form; those of the query are added.
 *
 * The URL is read by the parser that `fetch` uses, so that what is signed is what is sent: it lower-cases the scheme and
 * host, and drops the default port and the fragment (§3.4.1.2).
 */
export function signatureBaseString(
  method: string,
  url: string,
  parameters: Iterable<readonly [name: string, value: string]>,
): string {
  const { origin, pathname, searchParams } = new URL(url);
  const normalized = [...searchParams, ...parameters]
    .filter(([name]) => name !== 'oauth_signature')
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    // Name first, then value: sorting `name=value` as a whole would put `a-b=` before `a=` (§3.4.1.3.2).
    .toSorted(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map((pair) => pair.join('='))
    .join('&');
  return [method.toUpperCase(), `${origin}${pathname}`, normalized].map(percentEncode).join('&');
}

/** By byte value: what is compared is percent-encoded, so its code units are its bytes. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Encodes every byte of the UTF-8 text but letters, digits, `-`, `.`, `_` and `~` (RFC 5849 §3.6). */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The parameters of a request body that count for the signature: those of a form. JSON, multipart and everything else
 * is not signed (RFC 5849 §3.4.1.3.1). `contentType` is the header, if the request has one.
 *
 * @throws {TypeError} when the body is a form that can't be read without using it up
 */
export function formOf(body: unknown, contentType: string | null): URLSearchParams | undefined {
  const type = (contentType ?? typeOf(body)).split(';', 1)[0]?.trim().toLowerCase();
  if (body === null || body === undefined || type !== FORM) return undefined;
  if (body instanceof URLSearchParams) return body;
  // URLSearchParams drops a leading `?`, which in a body is part of the first name.
  if (typeof body === 'string') return new URLSearchParams(`&${body}`);
  throw new TypeError('A form can only be signed if it is a string or URLSearchParams.');
}

const FORM = 'application/x-www-form-urlencoded';

/** The header that `fetch` adds to a body, as far as it can be a form's (https://fetch.spec.whatwg.org/#concept-bodyinit-extract). */
function typeOf(body: unknown): string {
  if (body instanceof URLSearchParams) return FORM;
  return body instanceof Blob ? body.type : '';
}

/** 128 random bits. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}
