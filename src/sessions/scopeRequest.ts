import { IDENTITY_SCOPES, OFFLINE_ACCESS } from '../x/scopes.ts';

const CLIENT_ID_PREFIX = 'X_CLIENT_ID:';

/** What an extension asks for with the scopes of `getSession`. */
export interface ScopeRequest {
  /** Exactly as asked, in the caller's order: what the session will list. */
  readonly asked: readonly string[];
  /** What must be granted: without `offline.access` and without pseudo-scopes, each once. */
  readonly wanted: readonly string[];
  /** The client id in `X_CLIENT_ID:<id>`, when the extension brings an app of its own. */
  readonly clientId: string | undefined;
}

/** Two client ids in one request: which app is meant can't be known. */
export class AmbiguousClientId extends Error {
  override readonly name = 'AmbiguousClientId';
}

/**
 * Reads the scopes of a `getSession`: a list, whose members may themselves be space-separated lists as XDK takes them.
 *
 * @throws {AmbiguousClientId}
 */
export function readScopes(asked: readonly string[]): ScopeRequest {
  const words = [...new Set(asked.flatMap((scope) => scope.split(/\s+/)).filter((scope) => scope !== ''))];
  const clientIds = words
    .filter((word) => word.startsWith(CLIENT_ID_PREFIX))
    .map((word) => word.slice(CLIENT_ID_PREFIX.length));
  if (clientIds.length > 1) throw new AmbiguousClientId('The scopes name more than one X_CLIENT_ID.');
  return {
    asked,
    wanted: words.filter((word) => word !== OFFLINE_ACCESS && !word.startsWith(CLIENT_ID_PREFIX)),
    clientId: clientIds[0],
  };
}

/** Whether a grant with these scopes serves a request. */
export function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => granted.includes(scope));
}

/** What to ask X for, so that a new consent never takes a scope away from another extension: the union, each once. */
export function scopesToRequest(wanted: readonly string[], granted: readonly string[]): readonly string[] {
  return [...new Set([...wanted, ...granted, ...IDENTITY_SCOPES, OFFLINE_ACCESS])];
}
