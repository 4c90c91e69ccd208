import type { ClientAuth } from 'oauth4webapi';

/** An app registered with the authorization server. A confidential app has a secret, a public one has none (RFC 6749 §2.1). */
export interface Client {
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/**
 * How a client identifies itself at the token and revocation endpoints.
 *
 * A public client sends `client_id` in the body and no Authorization header (RFC 6749 §3.2.1). A confidential client sends
 * HTTP Basic of the raw pair: X does not decode what RFC 6749 §2.3.1 says to encode, so oauth4webapi's own
 * `ClientSecretBasic` would break every secret with a `-`, a `_` or a space. It sends `client_id` in the body as well.
 */
export function authenticate(client: Client): ClientAuth {
  return (_server, _client, body, headers) => {
    body.set('client_id', client.clientId);
    if (client.clientSecret !== undefined) headers.set('authorization', basic(client.clientId, client.clientSecret));
  };
}

/** What {@link authenticate} sends, and nobody else may see. */
export function secretsIn({ clientId, clientSecret }: Client): readonly string[] {
  return clientSecret === undefined ? [] : [clientSecret, ...credentialsIn(basic(clientId, clientSecret))];
}

/** What an Authorization header says after its scheme, and of OAuth 1.0a each of its values (RFC 5849 §3.5.1). */
export function credentialsIn(authorization: string): readonly string[] {
  const credentials = authorization.slice(authorization.indexOf(' ') + 1);
  return [credentials, ...[...credentials.matchAll(/="([^"]*)"/g)].map(([, value = '']) => decodeURIComponent(value))];
}

/** The value of an HTTP Basic Authorization header (RFC 7617 §2), of the raw pair in UTF-8. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
