import { type Answer, problem } from './answer.ts';
import { appOnlyTokenEndpoint } from '../oauth2/appOnly.ts';
import { showConsent, takeConsent } from '../oauth2/authorize.ts';
import {
  accessTokenEndpoint,
  invalidateTokenEndpoint,
  requestTokenEndpoint,
  showOAuth1Consent,
  takeOAuth1Consent,
} from '../oauth1/endpoints.ts';
import { type ReceivedRequest, matchPath } from './received.ts';
import { createPost, postById, postsByIds, userByUsername, usersMe } from '../api/resources.ts';
import { revokeEndpoint, tokenEndpoint } from '../oauth2/tokenEndpoint.ts';
import type { FakeXState } from '../state.ts';

type Endpoint = (request: ReceivedRequest, x: FakeXState, segments: Readonly<Record<string, string>>) => Answer;

const ROUTES: readonly (readonly [method: string, pattern: string, endpoint: Endpoint])[] = [
  ['GET', '/i/oauth2/authorize', showConsent],
  ['POST', '/i/oauth2/authorize', takeConsent],
  ['POST', '/2/oauth2/token', tokenEndpoint],
  ['POST', '/2/oauth2/revoke', revokeEndpoint],
  ['POST', '/oauth2/token', appOnlyTokenEndpoint],
  ['POST', '/oauth/request_token', requestTokenEndpoint],
  ['GET', '/oauth/authorize', showOAuth1Consent],
  ['POST', '/oauth/authorize', takeOAuth1Consent],
  ['POST', '/oauth/access_token', accessTokenEndpoint],
  ['POST', '/1.1/oauth/invalidate_token.json', invalidateTokenEndpoint],
  ['GET', '/2/users/me', usersMe],
  ['GET', '/2/users/by/username/:username', userByUsername],
  ['POST', '/2/tweets', createPost],
  ['GET', '/2/tweets', postsByIds],
  ['GET', '/2/tweets/:id', postById],
];

/** Acts on a request and answers it. X sends no CORS headers, so `OPTIONS` is just another method that no endpoint has. */
export function respond(request: ReceivedRequest, x: FakeXState): Answer {
  const fitting = ROUTES.flatMap(([method, pattern, endpoint]) => {
    const segments = matchPath(pattern, request.path);
    return segments === undefined ? [] : [{ method, endpoint, segments }];
  });
  if (fitting.length === 0) return problem(404, 'Not Found', 'Not Found');
  const route = fitting.find(({ method }) => method === request.method);
  if (route === undefined) return problem(405, 'Method Not Allowed', 'Method Not Allowed');
  return route.endpoint(request, x, route.segments);
}
