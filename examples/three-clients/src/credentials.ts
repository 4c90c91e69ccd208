/**
 * What X Authentication's three providers hand out. Each of X's APIs says in its documentation which of them it takes.
 *
 * - `x`: OAuth 2.0, for a person, with scopes. The one to use unless X's documentation says otherwise.
 * - `x-oauth1`: OAuth 1.0a, for a person, for the few endpoints that still need it.
 * - `x-app`: the app's own bearer token, for what is public.
 */
export type ProviderId = 'x' | 'x-oauth1' | 'x-app';

/** The `accessToken` of an `x-oauth1` session is JSON with these, under the names of RFC 5849. */
export interface OAuth1Credentials {
  readonly oauth_consumer_key: string;
  readonly oauth_consumer_secret: string;
  readonly oauth_token: string;
  readonly oauth_token_secret: string;
}

export function readOAuth1(accessToken: string): OAuth1Credentials {
  const credentials: OAuth1Credentials = JSON.parse(accessToken);
  return credentials;
}
