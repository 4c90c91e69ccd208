import { toRecord } from '../../src/sessions/grant.ts';
import { NATIVE_APP } from '../x/app.ts';
import type { Remembered } from './remembered.ts';
import { ASKER, CONSTANT_ACCOUNT, GITHUB, X } from './tasks.ts';

const TWO_HOURS_MS = 2 * 60 * 60_000;

/** So many accounts at a server, signed in a moment ago. */
export function signedIn(count: number, apiBaseUrl: string): Remembered {
  const obtainedAt = Date.now();
  const grants = Array.from({ length: count }, (_, index) => ({
    id: `grant-${index}`,
    apiBaseUrl,
    clientId: NATIVE_APP.clientId,
    account: { id: String(index), label: `@person_${index}` },
    scopes: ['tweet.read', 'users.read', 'offline.access'],
    // As long as X's.
    accessToken: String(index).padStart(91, 'a'),
    refreshToken: String(index).padStart(91, 'r'),
    obtainedAt,
    expiresAt: obtainedAt + TWO_HOURS_MS,
    signInId: `sign-in-${index}`,
    signInNumber: 1,
    generation: 1,
  }));
  const secrets = grants.map((grant) => ({
    extensionId: X,
    key: `grant:${apiBaseUrl} ${grant.clientId} ${grant.account.id}`,
    value: JSON.stringify(toRecord(grant)),
  }));
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
