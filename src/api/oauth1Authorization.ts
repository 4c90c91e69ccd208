import { authorizationFor } from '../oauth/oauth1Flow.ts';
import { newNonce } from '../oauth/oauth1Signature.ts';
import { readOAuth1Credentials } from '../sessions/store/oauth1Credentials.ts';
import type { RequestLine } from './apiRequests.ts';

/** The `Authorization` header of a request that is sent now, made of what a session hands out. */
export function oauth1Authorization(accessToken: string, request: RequestLine, now: () => number): string {
  return authorizationFor({ ...request, ...readOAuth1Credentials(accessToken) }, { now, nonce: newNonce });
}
