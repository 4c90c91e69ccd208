import assert from 'node:assert/strict';
import { FakeAuthentication, type ProviderId, type SignInErrorName } from 'x-authentication-testing';
import type { XProviderId, XSignInErrorName } from '../../../src/api/x-authentication.d.ts';
import { covers, InvalidScopesError, readScopes } from '../../../src/sessions/scopeRequest.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  'no scope': [],
  'an empty scope': [''],
  'one scope': ['tweet.read'],
  'lists of scopes': ['tweet.read users.read', ' offline.access\t'],
  'a scope twice': ['tweet.read', 'tweet.read'],
  'an app': ['tweet.write', 'X_CLIENT_ID:one'],
  'an app twice': ['X_CLIENT_ID:one X_CLIENT_ID:one'],
  'two apps': ['X_CLIENT_ID:one', 'X_CLIENT_ID:two'],
  'an empty client id': ['X_CLIENT_ID:'],
  'half a client id': ['X_CLIENT_ID:a b'],
  'a client id with a letter that X does not use': ['X_CLIENT_ID:ä'],
  'the longest client id': [`X_CLIENT_ID:${'i'.repeat(200)}`],
  'a client id that is too long': [`X_CLIENT_ID:${'i'.repeat(201)}`],
  'a link': ['[a](command:b)'],
  'the longest scope': ['s'.repeat(100)],
  'a scope that is too long': ['s'.repeat(101)],
  'as many scopes as there may be': Array.from({ length: 100 }, (_, index) => `s${index}`),
  'too many scopes': Array.from({ length: 101 }, (_, index) => `s${index}`),
};

describe('The fake authentication and X Authentication', () => {
  it('have the same providers and errors', () => {
    // What the compiler checks.
    const same: [Same<ProviderId, XProviderId>, Same<SignInErrorName, XSignInErrorName>] = [true, true];
    assert.deepEqual(same, [true, true]);
  });

  for (const [title, scopes] of Object.entries(REQUESTS)) {
    it(`read ${title} alike`, async () => {
      const fake = new FakeAuthentication();
      const request = read(scopes);
      if (request === undefined) {
        await assert.rejects(fake.getSession('x', scopes, { silent: true }), { name: 'Misconfigured' });
        return;
      }
      fake.signIn({ scopes });
      for (const [what, wanted] of Object.entries(REQUESTS)) {
        const other = read(wanted);
        if (other === undefined) continue;
        const isCovered: boolean =
          request.clientId === other.clientId && covers([...request.wanted, 'tweet.read', 'users.read'], other.wanted);
        const session = await fake.getSession('x', wanted, { silent: true });
        assert.equal(session !== undefined, isCovered, what);
      }
    });
  }
});

function read(scopes: readonly string[]): ReturnType<typeof readScopes> | undefined {
  try {
    return readScopes(scopes);
  } catch (error) {
    if (error instanceof InvalidScopesError) return undefined;
    throw error;
  }
}
