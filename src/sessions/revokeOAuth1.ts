import type { World } from '../oauth/oauth1Flow.ts';
import { invalidateToken } from '../x/oauth1.ts';
import type { Grant } from './grant.ts';
import { readOAuth1Credentials } from './store/oauth1Credentials.ts';

/**
 * Revokes the token of a grant of OAuth 1.0a at its server. Not if what has taken its place has the same: X hands that out again to
 * who has allowed the app before.
 *
 * @throws {RefusedError | UnreachableError}
 */
export async function revokeOAuth1(
  { apiBaseUrl, accessToken }: Grant,
  replacedBy: Grant | undefined,
  world: World,
): Promise<void> {
  const { consumer, token } = readOAuth1Credentials(accessToken);
  if (replacedBy !== undefined && readOAuth1Credentials(replacedBy.accessToken).token.token === token.token) return;
  await invalidateToken(apiBaseUrl, consumer, token, world);
}
