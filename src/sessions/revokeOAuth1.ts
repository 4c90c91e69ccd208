import type { HttpDeps } from '../oauth/http.ts';
import { newNonce } from '../oauth/oauth1Signature.ts';
import { invalidateToken } from '../x/oauth1.ts';
import type { OAuth1Grant } from './grant.ts';

/**
 * Revokes the token of a grant of OAuth 1.0a at its server. Not if what has taken its place has the same: X hands that out again to
 * who has allowed the app before.
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function revokeOAuth1(
  { apiBaseUrl, consumer, token }: OAuth1Grant,
  replacedBy: OAuth1Grant | undefined,
  deps: HttpDeps,
): Promise<void> {
  if (replacedBy?.token.token === token.token) return;
  await invalidateToken(apiBaseUrl, consumer, token, { ...deps, nonce: newNonce });
}
