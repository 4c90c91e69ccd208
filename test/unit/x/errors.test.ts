import assert from 'node:assert/strict';
import { RefusedError } from '../../../src/oauth/errors.ts';
import { INVALID_VERIFIER, refusalCause, refusedByApi, type RefusalCause } from '../../../src/x/errors.ts';
import { faults } from 'x-authentication-testing';

describe('What a refusal is about', () => {
  const cases: readonly (readonly [status: number, code: string, words: string | undefined, cause: RefusalCause])[] = [
    [400, 'invalid_client', 'Value passed for the client id was invalid.', 'unknown-client'],
    [401, 'unauthorized_client', 'Missing valid authorization header', 'client-secret'],
    [400, 'invalid_request', 'Value passed for the token was invalid.', 'token'],
    [400, 'invalid_request', 'value passed for the Token was Invalid', 'token'],
    [400, 'invalid_request', 'Value passed for the refresh token was invalid.', 'token'],
    [400, 'invalid_grant', undefined, 'token'],
    [400, 'invalid_request', 'Missing required parameter [client_id].', 'other'],
    [400, 'invalid_request', 'Missing required parameter [refresh_token].', 'other'],
    [400, 'invalid_request', 'Value passed for the authorization code was invalid.', 'other'],
    [400, 'invalid_request', 'Value passed for the code verifier did not match the code challenge.', 'other'],
    [
      400,
      'invalid_request',
      'Value passed for the redirect uri did not match the uri of the authorization code.',
      'other',
    ],
    [
      400,
      'invalid_request',
      'Value passed for the grant type was invalid. The value should be one of the supported grant types.',
      'other',
    ],
    [400, 'invalid_request', 'Value passed for the token_type_hint was invalid.', 'other'],
    [400, 'invalid_request', '', 'other'],
    [400, 'invalid_request', undefined, 'other'],
    [400, 'unsupported_grant_type', undefined, 'other'],
    [401, 'Unauthorized', 'Value passed for the token was invalid.', 'other'],
    [403, 'forbidden', undefined, 'other'],
    [401, '32', 'Could not authenticate you.', 'api-key'],
    [403, '64', undefined, 'account-suspended'],
    [401, '89', undefined, 'unknown-token'],
    [403, '99', undefined, 'api-key'],
    [401, '135', undefined, 'clock'],
    [400, '215', undefined, 'api-key'],
    [403, '326', undefined, 'account-locked'],
    [403, '415', undefined, 'callback-url'],
    [401, '416', undefined, 'app-suspended'],
    [403, '417', undefined, 'wrong-flow'],
    [401, INVALID_VERIFIER, undefined, 'verifier'],
    [403, 'client-not-enrolled', undefined, 'not-enrolled'],
    [403, 'user-suspended', undefined, 'account-suspended'],
    [402, 'credits', undefined, 'credits'],
    [402, 'CreditsDepleted', undefined, 'credits'],
    [403, 'constructor', undefined, 'other'],
  ];
  for (const [status, code, words, cause] of cases) {
    it(`is ${cause} for ${code}${words === undefined ? '' : ` (${words})`}`, () => {
      assert.equal(refusalCause(new RefusedError(status, code, words, [])), cause);
    });
  }

  it('does not depend on the status', () => {
    for (const status of [400, 401, 403, 404]) {
      for (const [, code, words, cause] of cases)
        assert.equal(refusalCause(new RefusedError(status, code, words, [])), cause);
    }
  });
});

interface Read {
  readonly kind: string;
  readonly reason?: string;
}

describe('Problems of API v2', () => {
  const typed = (type: string, more: object = {}): string =>
    JSON.stringify({ title: 'The Title', detail: 'The detail.', type, ...more });

  const cases: readonly (readonly [what: string, status: number, body: string, read: Read])[] = [
    ['401', 401, faults.unauthorized.answer.body, { kind: 'Unauthorized' }],
    ['402 without credits', 402, faults.creditsDepleted.answer.body, { kind: 'credits' }],
    ['402 by its title', 402, JSON.stringify({ title: 'CreditsDepleted' }), { kind: 'CreditsDepleted' }],
    [
      'an app in the wrong package',
      403,
      faults.clientNotEnrolled.answer.body,
      { kind: 'client-forbidden', reason: 'client-not-enrolled' },
    ],
    ['a suspended user', 403, faults.userSuspended.answer.body, { kind: 'user-suspended' }],
    [
      'app-only where a person is needed',
      403,
      typed('https://api.twitter.com/2/problems/unsupported-authentication'),
      { kind: 'unsupported-authentication' },
    ],
    ['permissions', 403, typed('https://api.x.com/2/problems/oauth1-permissions'), { kind: 'oauth1-permissions' }],
    ['429', 429, faults.tooManyRequests.answer.body, { kind: 'Too Many Requests' }],
    ['the same type at any host', 403, typed('https://elsewhere.example/usage-capped'), { kind: 'usage-capped' }],
    [
      'a type with a slash at its end',
      403,
      typed('https://api.x.com/2/problems/usage-capped/'),
      { kind: 'usage-capped' },
    ],
    ['a type that is only a word', 403, typed('usage-capped'), { kind: 'usage-capped' }],
    ['about:blank', 403, typed('about:blank'), { kind: 'The Title' }],
    ['about:blank and no title', 403, JSON.stringify({ type: 'about:blank' }), { kind: 'unknown' }],
    ['an empty type', 403, typed(''), { kind: 'The Title' }],
    ['a type that is no text', 403, JSON.stringify({ title: 'The Title', type: 7 }), { kind: 'The Title' }],
    [
      'a detail that is no text, beside a good type',
      403,
      typed('https://api.x.com/2/problems/client-forbidden', { detail: null, reason: 'client-not-enrolled' }),
      { kind: 'client-forbidden', reason: 'client-not-enrolled' },
    ],
    ['a reason that is no text', 403, typed('a/b', { reason: ['x'] }), { kind: 'b' }],
    ['an object about something else', 400, JSON.stringify({ errors: [{ code: 32 }] }), { kind: 'unknown' }],
    ['a list', 400, '[]', { kind: 'unknown' }],
    ['null', 400, 'null', { kind: 'unknown' }],
    ['text', 400, 'Bad Request', { kind: 'unknown' }],
    ['HTML', 403, faults.bareForbidden.answer.body, { kind: 'unknown' }],
    ['nothing', 401, '', { kind: 'unknown' }],
  ];
  for (const [what, status, body, { kind, reason }] of cases) {
    it(`are read from ${what}`, () => {
      const refused = refusedByApi(status, body, []);
      assert.deepEqual([refused.status, refused.code], [status, reason ?? kind]);
    });
  }

  it('say in a sentence what X says', () => {
    assert.equal(refusedByApi(403, typed('a/b'), []).message, 'The server refused: b (The detail.)');
    assert.equal(refusedByApi(403, JSON.stringify({ type: 'a/b' }), []).message, 'The server refused: b');
    assert.equal(refusedByApi(403, '<html>', []).message, 'The server refused: unknown');
  });

  it('say it on one line and without links', () => {
    const { description } = refusedByApi(403, typed('a/b', { detail: 'one\ntwo [three](command:four)' }), []);
    assert.equal(description, 'one two [three] (command:four)');
  });
});
