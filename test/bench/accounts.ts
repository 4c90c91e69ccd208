import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Locks } from '../../src/ipc/locks.ts';
import { toRecord } from '../../src/sessions/grant.ts';
import { Register } from '../../src/sessions/store/register.ts';
import { idOf } from '../../src/sessions/store/storeKey.ts';
import { NATIVE_APP } from 'x-authentication-testing';
import type { Remembered } from './remembered.ts';
import { ASKER, CONSTANT_ACCOUNT, GITHUB, X } from './tasks.ts';

const TWO_HOURS_MS = 2 * 60 * 60_000;

/** Nobody else is there yet. */
const locks: Locks = { withLock: (_name, _waiting, action) => action({ held: async () => true }) };

/** So many accounts at a server, signed in a moment ago: in the register in `globalStorage`, and in what this resolves to. */
export async function signedIn(count: number, apiBaseUrl: string, globalStorage: string): Promise<Remembered> {
  const obtainedAt = Date.now();
  const grants = Array.from({ length: count }, (_, index) => ({
    id: `grant-${index}`,
    apiBaseUrl,
    clientId: NATIVE_APP.clientId,
    account: { id: String(index), label: `@person_${index}` },
    scopes: ['tweet.read', 'users.read', 'offline.access'],
    kind: 'oauth2' as const,
    // As long as X's.
    accessToken: String(index).padStart(91, 'a'),
    refreshToken: String(index).padStart(91, 'r'),
    obtainedAt,
    expiresAt: obtainedAt + TWO_HOURS_MS,
    signInId: `sign-in-${index}`,
    signInNumber: 1,
    generation: 1,
  }));
  const key = randomBytes(32);
  const folder = join(globalStorage, 'grants', idOf(key), 'x');
  const register = new Register({ kind: 'oauth2', folder, key, locks, monotonicMs: () => performance.now() });
  const keyOf = (grant: (typeof grants)[number]): string =>
    `oauth2:${apiBaseUrl} ${grant.clientId} ${grant.account.id}`;
  for (const grant of grants) await register.change(keyOf(grant), async () => ({ grant }));
  const secrets = [
    ['store-key', { version: 1, key: key.toString('base64url') }] as const,
    ...grants.map((grant) => [keyOf(grant), toRecord(grant)] as const),
  ].map(([name, value]) => ({ extensionId: X, key: name, value: JSON.stringify(value) }));
  return { secrets, allowed: [], asker: ASKER };
}

/** Somebody who is signed in to GitHub, and has allowed the bench to use that and what it will sign in to. */
export function signedInToGitHub(labelAtX: string): Remembered {
  const account = { id: '1', label: 'octocat' };
  const session = { id: 'stored', account, scopes: ['read'], accessToken: 'stored' };
  return {
    secrets: [{ extensionId: GITHUB, key: 'github.auth', value: JSON.stringify([session]) }],
    allowed: [
      { provider: 'github', label: account.label },
      { provider: 'constant', label: CONSTANT_ACCOUNT },
      { provider: 'x', label: labelAtX },
    ],
    asker: ASKER,
  };
}
