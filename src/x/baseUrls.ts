/** XDK's `base_url` and `authorization_base_url`. */
export interface BaseUrls {
  readonly api: string;
  readonly authorization: string;
}

/** A base URL that can't be used, for the reason in its message. */
export class UnsafeBaseUrlError extends Error {
  override readonly name = 'UnsafeBaseUrlError';
}

/** What a base URL is for: requests with secrets in them, or pages that only the person's browser opens, with no secret of ours. */
export type Traffic = 'secrets' | 'pages';

/** Longer than any address of a server, and short enough to be read at once. */
const MAX_LENGTH = 2_000;

/**
 * Reads a base URL: https, or http to this machine; no query, no credentials; without a trailing slash.
 *
 * @throws {UnsafeBaseUrlError}
 */
export function readBaseUrl(text: string, traffic: Traffic = 'secrets'): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined) throw new UnsafeBaseUrlError('it is not a URL');
  // As it is used: it may be longer than what was written.
  if (url.href.length > MAX_LENGTH) throw new UnsafeBaseUrlError('it is too long');
  const isHere = traffic === 'pages' ? isLoopbackToBrowsers : isLoopback;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere(url.hostname))) {
    throw new UnsafeBaseUrlError('it must begin with https:');
  }
  if (url.username !== '' || url.password !== '')
    throw new UnsafeBaseUrlError('it must not carry a user name or password');
  // In the text, because an empty query or fragment is still there when a path is added to it.
  if (/[?#]/.test(url.href)) throw new UnsafeBaseUrlError('it must not have a query or a fragment');
  return url.href.replace(/\/+$/, '');
}

/** Whether a host is this machine: an address in 127.0.0.0/8, ::1, or the name that every hosts file has. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/**
 * Whether a browser takes a host for its own machine. That includes the names below `localhost`, which browsers never look up
 * (RFC 6761 §6.3). Node does look them up, and a system without `nss-myhostname` sends such a name to its DNS server, whose
 * answer can be any address.
 */
export function isLoopbackToBrowsers(hostname: string): boolean {
  return isLoopback(hostname) || hostname.endsWith('.localhost');
}
