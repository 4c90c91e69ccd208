import { parseJson } from '../../common/json.ts';
import * as v from 'valibot';
import type { Consumer, Token } from '../../oauth/oauth1Signature.ts';

/** What a session of `x-oauth1` hands out: all that is needed to sign, under the names of RFC 5849 §3.1. */
const Credentials = v.object({
  oauth_consumer_key: v.string(),
  oauth_consumer_secret: v.string(),
  oauth_token: v.string(),
  oauth_token_secret: v.string(),
});

export function writeOAuth1Credentials(consumer: Consumer, token: Token): string {
  const credentials: v.InferOutput<typeof Credentials> = {
    oauth_consumer_key: consumer.key,
    oauth_consumer_secret: consumer.secret,
    oauth_token: token.token,
    oauth_token_secret: token.secret,
  };
  return JSON.stringify(credentials);
}

/** Throws when the text is not what {@link writeOAuth1Credentials} made. The error quotes nothing of it. */
export function readOAuth1Credentials(text: string): { readonly consumer: Consumer; readonly token: Token } {
  const credentials = parseJson(Credentials, text);
  if (credentials === undefined) throw new Error('The stored OAuth 1.0a credentials are damaged.');
  return {
    consumer: { key: credentials.oauth_consumer_key, secret: credentials.oauth_consumer_secret },
    token: { token: credentials.oauth_token, secret: credentials.oauth_token_secret },
  };
}
