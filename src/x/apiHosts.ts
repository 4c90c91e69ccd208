/** Where X's API is, the names from before 2023 included, which its documentation and SDKs still use. */
const ORIGINS = new Set(
  ['api.x.com', 'upload.x.com', 'ads-api.x.com', 'api.twitter.com', 'upload.twitter.com', 'ads-api.twitter.com'].map(
    (host) => `https://${host}`,
  ),
);

/** A request that would take credentials elsewhere than to the API that they are for. */
export class ForbiddenDestinationError extends Error {
  override readonly name = 'ForbiddenDestinationError';
  readonly origin: string;

  constructor(origin: string) {
    super(`Credentials of X are not for ${origin}.`);
    this.origin = origin;
  }
}

/** The URL of a request: a path is added to `apiBaseUrl`. Throws a TypeError when it is no URL. */
export function apiUrl(input: string | URL, apiBaseUrl: string): URL {
  const text = String(input);
  return new URL(text.startsWith('/') ? `${apiBaseUrl}${text}` : text);
}

/**
 * Lets credentials go only to the API that they came from: to any of X's own hosts if they are X's, otherwise to what is below
 * `apiBaseUrl`, its path included, because another path of the same host may be somebody else's.
 *
 * @throws {ForbiddenDestinationError}
 */
export function checkDestination(url: URL, apiBaseUrl: string): void {
  const base = new URL(apiBaseUrl);
  const isAllowed = ORIGINS.has(base.origin)
    ? ORIGINS.has(url.origin)
    : url.origin === base.origin && isBelow(url.pathname, base) && isBelow(asServersMayReadIt(url), base);
  if (!isAllowed) throw new ForbiddenDestinationError(url.origin);
}

function isBelow(path: string, { pathname }: URL): boolean {
  const folder = pathname.replace(/\/*$/, '/');
  return path.startsWith(folder) || `${path}/` === folder;
}

/**
 * A URL keeps `%2e` and `%2f` where they are no whole segment, and `..;`: some servers decode them, once or again, or drop what is
 * behind the semicolon (RFC 3986 §3.3), and then go up.
 */
function asServersMayReadIt({ origin, pathname }: URL): string {
  const once = pathname.replace(/%(?:25)+/g, '%');
  const path = once.replace(/%(?:2e|2f|3b|5c)/gi, decodeURIComponent);
  return new URL(`${origin}${path.replace(/;[^/\\]*/g, '')}`).pathname;
}
