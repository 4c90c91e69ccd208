/** Where X's API is, the names from before 2023 included, which its documentation and SDKs still use. */
const ORIGINS = new Set(
  ['api.x.com', 'upload.x.com', 'ads-api.x.com', 'api.twitter.com', 'upload.twitter.com', 'ads-api.twitter.com'].map(
    (host) => `https://${host}`,
  ),
);

/** A request that would take credentials elsewhere than to X's API. */
export class ForbiddenDestination extends Error {
  override readonly name = 'ForbiddenDestination';
  readonly origin: string;

  constructor(origin: string) {
    super(`Credentials of X are not for ${origin}.`);
    this.origin = origin;
  }
}

/**
 * The URL of a request to X's API, which credentials may be sent to. A path is added to `apiBaseUrl`.
 *
 * @throws {ForbiddenDestination} when it is neither at X nor where `apiBaseUrl` is
 * @throws {TypeError} when it is no URL
 */
export function apiUrl(input: string | URL, apiBaseUrl: string): URL {
  const text = String(input);
  const url = new URL(text.startsWith('/') ? `${apiBaseUrl}${text}` : text);
  if (!ORIGINS.has(url.origin) && url.origin !== new URL(apiBaseUrl).origin) throw new ForbiddenDestination(url.origin);
  return url;
}
