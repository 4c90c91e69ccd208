import { parseJson } from '../common/json.ts';
import * as v from 'valibot';
import { TOKEN } from './characters.ts';
import { basic } from './clientAuthentication.ts';
import { UnreachableError } from './errors.ts';
import { unexpectedStatus, type HttpDeps } from './http.ts';
import type { Consumer } from './oauth1Signature.ts';

/** Asks for a token for the app itself (RFC 6749 §4.4.2). X wants the API key and secret, not the OAuth 2.0 client's. */
export async function clientCredentialsRequest(
  tokenUrl: string,
  consumer: Consumer,
  deps: HttpDeps,
): Promise<Response> {
  return deps.fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: basic(consumer.key, consumer.secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

const BearerAnswer = v.object({
  // Case does not matter (RFC 6749 §5.1).
  token_type: v.pipe(v.string(), v.toLowerCase(), v.literal('bearer')),
  access_token: v.pipe(v.string(), v.regex(TOKEN)),
});

/**
 * Reads the answer to {@link clientCredentialsRequest} (RFC 6749 §5.1). The token is to be used verbatim, percent signs and all.
 *
 * @throws {UnreachableError}
 */
export async function clientCredentialsResponse(response: Response, deps: Pick<HttpDeps, 'now'>): Promise<string> {
  const { status } = response;
  if (status !== 200) throw unexpectedStatus(response, deps.now());
  const answer = parseJson(BearerAnswer, await response.text());
  // The answer carries a secret: neither it nor valibot's issues, which quote it, may go into the error.
  if (answer === undefined) throw new UnreachableError('The answer is not one of the token endpoint.', { status });
  return answer.access_token;
}
