import { type Answer, oauthError } from '../server/answer.ts';
import type { App } from '../app.ts';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** Finds the app that sent a request: by `client_id` if it is public, by a Basic header if it is confidential (docs/what-x-does.md, 1 and 3). */
export function authenticateClient(request: ReceivedRequest, x: FakeXState): App | Answer {
  const { authorization } = request.headers;
  const named = request.form?.['client_id'];
  if (authorization === undefined) {
    if (named === undefined) return oauthError(400, 'invalid_request', 'Missing required parameter [client_id].');
    const app = x.app(named);
    if (app === undefined) return unknownClient();
    return app.kind === 'public' ? app : badHeader();
  }
  const pair = basicPair(authorization);
  if (pair === undefined) return badHeader();
  const app = x.app(pair.user);
  if (app === undefined || (named !== undefined && named !== pair.user)) return unknownClient();
  return app.clientSecret === pair.password ? app : badHeader();
}

/** The credentials in a Basic header (RFC 7617), which X doesn't percent-decode. */
export function basicPair(header: string): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

function unknownClient(): Answer {
  return oauthError(400, 'invalid_client', 'Value passed for the client id was invalid.');
}

function badHeader(): Answer {
  return oauthError(401, 'unauthorized_client', 'Missing valid authorization header');
}
