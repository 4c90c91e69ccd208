import { createHmac } from 'node:crypto';

/** Name and value, decoded. */
export type Parameter = readonly [name: string, value: string];

export interface Signable {
  readonly method: string;
  /** Including the query, which is signed too. */
  readonly url: string;
  /** Those of the `OAuth` header and of a form body, without `realm` and `oauth_signature`. */
  readonly parameters: readonly Parameter[];
}

/** RFC 5849 §3.4.1.1. Shares no code with X Authentication, so that tests can catch mistakes in either. */
export function signatureBase({ method, url, parameters }: Signable): string {
  const { protocol, host, pathname, search } = new URL(url);
  const all = [...parameters, ...new URLSearchParams(search)];
  const encoded = all.map(([name, value]): Parameter => [percentEncode(name), percentEncode(value)]);
  // Encoded text is ASCII, so the order of code units is the order of bytes (§3.4.1.3.2).
  const sorted = encoded.toSorted((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  const normalized = sorted.map(([name, value]) => `${name}=${value}`).join('&');
  // `URL` has lower-cased scheme and host and dropped a default port (§3.4.1.2).
  return [method.toUpperCase(), `${protocol}//${host}${pathname}`, normalized].map(percentEncode).join('&');
}

/** RFC 5849 §3.4.2: HMAC-SHA1, in base64. The key ends in `&` when there is no token. */
export function signature(signable: Signable, consumerSecret: string, tokenSecret = ''): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac('sha1', key).update(signatureBase(signable)).digest('base64');
}

/** RFC 5849 §3.6: encodes every byte except letters, digits, `-`, `.`, `_` and `~`. */
export function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The parameters of an `Authorization: OAuth …` header (§3.5.1), without `realm`; undefined for any other header. */
export function readOAuthHeader(header: string): readonly Parameter[] | undefined {
  const list = /^OAuth\s+(.+)$/i.exec(header)?.[1];
  if (list === undefined) return undefined;
  const parameters: Parameter[] = [];
  for (const part of list.split(',')) {
    const [, name, value] = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) return undefined;
    try {
      if (name.toLowerCase() !== 'realm') parameters.push([decodeURIComponent(name), decodeURIComponent(value)]);
    } catch {
      return undefined;
    }
  }
  return parameters;
}

export function writeOAuthHeader(parameters: readonly Parameter[]): string {
  return `OAuth ${parameters.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
