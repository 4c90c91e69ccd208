import { Agent } from 'node:http';
import { type TwitterApiReadWrite, TwitterApi, type TwitterApiTokens } from 'twitter-api-v2';
import type { XOAuth1Credentials, XProviderId } from './x-authentication.d.ts';

const X = 'https://api.x.com';

/** The community's client, given the `accessToken` of a session. */
export function twitterApiClient(provider: XProviderId, accessToken: string, baseUrl: string): TwitterApiReadWrite {
  const elsewhere = baseUrl === X ? undefined : at(baseUrl);
  if (provider !== 'x-oauth1') return new TwitterApi(accessToken, elsewhere).readWrite;
  const credentials: XOAuth1Credentials = JSON.parse(accessToken);
  const tokens: TwitterApiTokens = {
    appKey: credentials.oauth_consumer_key,
    appSecret: credentials.oauth_consumer_secret,
    accessToken: credentials.oauth_token,
    accessSecret: credentials.oauth_token_secret,
  };
  return new TwitterApi(tokens, elsewhere).readWrite;
}

/** You don't need this: it is for the fake X that X Authentication is tested with. */
function at(baseUrl: string): ConstructorParameters<typeof TwitterApi>[1] {
  return {
    plugins: [
      {
        onBeforeRequestConfig({ params }) {
          params.url = params.url.replace(X, baseUrl);
        },
      },
    ],
    ...(baseUrl.startsWith('http:') && { httpAgent: new Agent() }),
  };
}
