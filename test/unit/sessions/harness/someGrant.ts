import type { OAuth2Grant } from '../../../../src/sessions/grant.ts';

/** A grant that is like any other; a test changes what it is about. */
export const SOME_GRANT: OAuth2Grant = {
  kind: 'oauth2',
  id: 'id',
  apiBaseUrl: 'https://api.x.com',
  clientId: 'client',
  account: { id: '1', label: '@ada_l' },
  scopes: ['tweet.read'],
  accessToken: 'access',
  refreshToken: 'refresh',
  obtainedAt: 1_000,
  expiresAt: 2_000,
  signInId: 'sign-in',
  signInNumber: 1,
  generation: 1,
};
