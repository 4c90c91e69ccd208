import type { Endpoints, TokenEndpoints } from '../oauth/authorizationCode.ts';
import type * as oauth1 from '../oauth/oauth1Flow.ts';
import type { BaseUrls } from './baseUrls.ts';

/** X's OAuth 2.0 endpoints (https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code). */
export function oauth2Endpoints(base: BaseUrls): Endpoints {
  return { authorization: `${base.authorization}/oauth2/authorize`, ...tokenEndpoints(base.api) };
}

/** Those of {@link oauth2Endpoints} that need no person. */
export function tokenEndpoints(apiBaseUrl: string): TokenEndpoints {
  return { token: `${apiBaseUrl}/2/oauth2/token`, revocation: `${apiBaseUrl}/2/oauth2/revoke` };
}

/** X's OAuth 1.0a endpoints (https://docs.x.com/resources/fundamentals/authentication/api-reference). */
export function oauth1Endpoints(apiBaseUrl: string): oauth1.Endpoints & { readonly invalidateToken: string } {
  return {
    requestToken: `${apiBaseUrl}/oauth/request_token`,
    // Not `authenticate`, which skips the question for an app that was allowed before: X means that for "Log in with X".
    authorize: `${apiBaseUrl}/oauth/authorize`,
    accessToken: `${apiBaseUrl}/oauth/access_token`,
    invalidateToken: `${apiBaseUrl}/1.1/oauth/invalidate_token.json`,
  };
}

/** Where an app gets its bearer token (https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/application-only). */
export function bearerEndpoint(apiBaseUrl: string): string {
  return `${apiBaseUrl}/oauth2/token`;
}

/** Who a token belongs to (https://docs.x.com/x-api/users/get-my-user). */
export function meEndpoint(apiBaseUrl: string): string {
  return `${apiBaseUrl}/2/users/me`;
}

/** Where X's API is, unless a setting says otherwise. */
export const X_API = 'https://api.x.com';

/** Where a person sees and removes the apps that have access to their account. */
export const CONNECTED_APPS = 'https://x.com/settings/connected_apps';

/** Where apps are made and their client ids, secrets and callback URLs are kept. */
export const DEVELOPER_CONSOLE = 'https://console.x.com';
