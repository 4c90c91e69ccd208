const CLIENT_ID_PREFIX = 'X_CLIENT_ID:';
const CLIENT_ID = /^[A-Za-z0-9_\-=+/]{1,200}$/;
const SCOPE = /^[\w.:/-]{1,100}$/;
const MAX_SCOPES = 100;

/** What an extension asks for with the scopes of `getSession('x', scopes)`. */
export interface ScopeRequest {
  /** Without `offline.access` and without pseudo-scopes, each once. */
  readonly scopes: readonly string[];
  /** The client id in `X_CLIENT_ID:<id>`; empty for the person's own app. */
  readonly clientId: string;
}

/**
 * Reads scopes as X Authentication does, without its code; a test in the repository compares the two. Undefined when they are
 * malformed.
 */
export function readScopeRequest(asked: readonly string[]): ScopeRequest | undefined {
  const words = new Set(asked.flatMap((scope) => scope.split(/\s+/)).filter((word) => word !== ''));
  if (words.size > MAX_SCOPES) return undefined;
  const isPseudoScope = (word: string): boolean => word.startsWith(CLIENT_ID_PREFIX);
  const clientIds = [...words].filter(isPseudoScope).map((word) => word.slice(CLIENT_ID_PREFIX.length));
  const scopes = [...words].filter((word) => !isPseudoScope(word));
  const isWellFormed =
    clientIds.length <= 1 &&
    clientIds.every((clientId) => CLIENT_ID.test(clientId)) &&
    scopes.every((scope) => SCOPE.test(scope));
  if (!isWellFormed) return undefined;
  return { scopes: scopes.filter((scope) => scope !== 'offline.access'), clientId: clientIds[0] ?? '' };
}
