import { Client, OAuth1 } from '@xdevplatform/xdk';
import type { XOAuth1Credentials, XProviderId } from './x-authentication.d.ts';

/** X's own SDK, given the `accessToken` of a session. Make one for each use: the token of provider `x` lives two hours. */
export function xdkClient(provider: XProviderId, accessToken: string, baseUrl: string): Client {
  switch (provider) {
    case 'x':
      // Not `bearerToken`, which means an app's: the SDK then refuses what needs a person.
      return new Client({ baseUrl, accessToken });
    case 'x-app':
      return new Client({ baseUrl, bearerToken: accessToken });
    case 'x-oauth1': {
      const credentials: XOAuth1Credentials = JSON.parse(accessToken);
      const oauth1 = new OAuth1({
        apiKey: credentials.oauth_consumer_key,
        apiSecret: credentials.oauth_consumer_secret,
        accessToken: credentials.oauth_token,
        accessTokenSecret: credentials.oauth_token_secret,
        // Only for signing in, which is done.
        callback: 'oob',
      });
      return new Client({ baseUrl, oauth1 });
    }
  }
}
