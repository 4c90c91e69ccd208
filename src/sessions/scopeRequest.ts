import { CLIENT_ID, SCOPE } from '../oauth/characters.ts';
import { IDENTITY_SCOPES, OFFLINE_ACCESS } from '../x/scopes.ts';

const CLIENT_ID_PREFIX = 'X_CLIENT_ID:';

/** Several times as many as X has. */
const MAX_SCOPES = 100;

/** What an extension asks for with the scopes of `getSession`. */
export interface ScopeRequest {
  /** Exactly as asked, in the caller's order: what the session will list. */
  readonly asked: readonly string[];
  /** What must be granted: without `offline.access` and without pseudo-scopes, each once. */
  readonly wanted: readonly string[];
  /** The client id in `X_CLIENT_ID:<id>`, when the extension brings an app of its own. */
  readonly clientId: string | undefined;
}

/** A request for scopes that is malformed, which only its author can mend. What was asked for is not in it. */
export class InvalidScopesError extends Error {
  override readonly name = 'InvalidScopesError';
  /** `two-client-ids`: which app is meant can't be known. */
  readonly reason: 'scope' | 'too-many' | 'client-id' | 'two-client-ids';

  constructor(reason: InvalidScopesError['reason']) {
    super(`The scopes are malformed: ${reason}.`);
    this.reason = reason;
  }
}

/**
 * Reads the scopes of a `getSession`: a list, whose members may themselves be space-separated lists as XDK takes them.
 *
 * @throws {InvalidScopesError}
 */
export function readScopes(asked: readonly string[]): ScopeRequest {
  const words = [...new Set(asked.flatMap((scope) => scope.split(/\s+/)).filter((scope) => scope !== ''))];
  if (words.length > MAX_SCOPES) throw new InvalidScopesError('too-many');
  const clientIds = words
    .filter((word) => word.startsWith(CLIENT_ID_PREFIX))
    .map((word) => word.slice(CLIENT_ID_PREFIX.length));
  if (clientIds.length > 1) throw new InvalidScopesError('two-client-ids');
  if (!clientIds.every((clientId) => CLIENT_ID.test(clientId))) throw new InvalidScopesError('client-id');
  const scopes = words.filter((word) => !word.startsWith(CLIENT_ID_PREFIX));
  if (!scopes.every((scope) => SCOPE.test(scope))) throw new InvalidScopesError('scope');
  return { asked, wanted: scopes.filter((scope) => scope !== OFFLINE_ACCESS), clientId: clientIds[0] };
}

/** Whether a grant with these scopes serves a request. */
export function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => granted.includes(scope));
}

/** What to ask X for, so that a new consent never takes a scope away from another extension: the union, each once. */
export function scopesToRequest(wanted: readonly string[], granted: readonly string[]): readonly string[] {
  return [...new Set([...wanted, ...granted, ...IDENTITY_SCOPES, OFFLINE_ACCESS])];
}
