import assert from 'node:assert/strict';
import { covers, InvalidScopesError, readScopes, scopesToRequest } from '../../../src/sessions/scopeRequest.ts';

describe('A request for scopes', () => {
  const rows: readonly [asked: string[], wanted: string[], clientId?: string][] = [
    [[], []],
    [['tweet.read'], ['tweet.read']],
    [
      ['users.read', 'tweet.read'],
      ['users.read', 'tweet.read'],
    ],
    [['tweet.read', 'tweet.read'], ['tweet.read']],
    [['tweet.read users.read'], ['tweet.read', 'users.read']],
    [['  tweet.read\t', ''], ['tweet.read']],
    [['offline.access'], []],
    [['tweet.read', 'offline.access'], ['tweet.read']],
    [['X_CLIENT_ID:abc', 'tweet.read'], ['tweet.read'], 'abc'],
    [['X_CLIENT_ID:abc', 'X_CLIENT_ID:abc'], [], 'abc'],
    [['a.scope.of.tomorrow'], ['a.scope.of.tomorrow']],
  ];
  for (const [asked, wanted, clientId] of rows) {
    it(`wants ${JSON.stringify(wanted)} of ${clientId ?? 'the usual app'}: ${JSON.stringify(asked)}`, () => {
      assert.deepEqual(readScopes(asked), { asked, wanted, clientId });
    });
  }

  it('does not guess which of two apps is meant', () => {
    assert.throws(() => readScopes(['X_CLIENT_ID:one', 'X_CLIENT_ID:two']), InvalidScopesError);
  });

  for (const [reason, asked] of [
    ['scope', ['tweet.read', 'dm read!']],
    ['scope', ['[dm.read](command:x)']],
    ['client-id', ['X_CLIENT_ID:']],
    ['client-id', ['X_CLIENT_ID:a)b']],
    ['two-client-ids', ['X_CLIENT_ID:one', 'X_CLIENT_ID:two']],
    ['too-many', Array.from({ length: 101 }, (_, index) => `scope.${index}`)],
  ] as const) {
    it(`is refused because of ${reason}, without a word of it: ${asked.slice(0, 2).join(' ')}`, () => {
      assert.throws(() => readScopes(asked), {
        name: 'InvalidScopesError',
        reason,
        message: `The scopes are malformed: ${reason}.`,
      });
    });
  }

  it('may have a hundred scopes', () => {
    const asked = Array.from({ length: 100 }, (_, index) => `scope.${index}`);
    assert.deepEqual(readScopes(asked).wanted, asked);
  });

  it('is served by a grant that has all it wants, whatever else that has', () => {
    assert.equal(covers(['tweet.read', 'users.read'], []), true);
    assert.equal(covers(['tweet.read', 'users.read'], ['users.read']), true);
    assert.equal(covers(['tweet.read'], ['tweet.read', 'users.read']), false);
    assert.equal(covers([], ['tweet.read']), false);
  });

  it('asks X for the union with what is granted, who it is, and refresh tokens, each once', () => {
    assert.deepEqual(scopesToRequest(['dm.read', 'tweet.read'], ['offline.access', 'like.read', 'users.read']), [
      'dm.read',
      'tweet.read',
      'offline.access',
      'like.read',
      'users.read',
    ]);
    assert.deepEqual(scopesToRequest([], []), ['tweet.read', 'users.read', 'offline.access']);
  });
});
