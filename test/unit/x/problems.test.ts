import assert from 'node:assert/strict';
import { readProblem } from '../../../src/x/problems.ts';
import { faults } from 'x-authentication-testing';

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
      const problem = readProblem(status, body, []);
      assert.deepEqual([problem.status, problem.kind, problem.reason], [status, kind, reason]);
    });
  }

  it('say in a sentence what X says', () => {
    assert.equal(readProblem(403, typed('a/b'), []).message, 'X answered 403: The detail.');
    assert.equal(readProblem(403, JSON.stringify({ type: 'a/b' }), []).message, 'X answered 403: b');
    assert.equal(readProblem(403, '<html>', []).message, 'X answered 403: unknown');
  });

  it('say it on one line and without links', () => {
    const { message } = readProblem(403, typed('a/b', { detail: 'one\ntwo [three](command:four)' }), []);
    assert.equal(message, 'X answered 403: one two [three] (command:four)');
  });
});
