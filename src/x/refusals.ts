import type { RefusedError } from '../oauth/errors.ts';

/** What a refusal of X's token endpoint is about, and so what mends it. */
export type RefusalCause =
  /** The refresh token is spent, revoked or unknown: only signing in again helps. */
  | 'token'
  /** There is no app with this client id. */
  | 'unknown-client'
  /** The secret is wrong, missing, or needless: the app is of the other kind. */
  | 'client-secret'
  /** Something else; nothing is to be concluded from it. */
  | 'other';

/**
 * Reads a refusal by what X says, never by its status (what X answers is in developers' reports, not in its documentation).
 * A dead refresh token is `invalid_request`, the code that every other mistake has as well, so the description decides.
 */
export function refusalCause(refused: RefusedError): RefusalCause {
  switch (refused.code) {
    case 'invalid_client':
      return 'unknown-client';
    case 'unauthorized_client':
      return 'client-secret';
    case 'invalid_grant':
      return 'token';
    case 'invalid_request':
      return /\btoken was invalid\b/i.test(refused.description ?? '') ? 'token' : 'other';
    default:
      return 'other';
  }
}
