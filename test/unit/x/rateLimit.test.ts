import assert from 'node:assert/strict';
import { rateLimitOf } from '../../../src/x/rateLimit.ts';

const headers = { 'x-rate-limit-limit': '75', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1782864000' };

describe('rateLimitOf', () => {
  it('reads X’s three headers; the time of the reset is in epoch milliseconds', () => {
    assert.deepEqual(rateLimitOf(new Headers(headers)), {
      limit: 75,
      remaining: 0,
      resetAt: Date.UTC(2026, 6, 1),
    });
  });

  for (const wrong of ['', '-1', '1.5', 'soon', '1e3', '9'.repeat(20)]) {
    for (const name of Object.keys(headers)) {
      it(`says nothing where ${name} is “${wrong}”`, () => {
        assert.equal(rateLimitOf(new Headers({ ...headers, [name]: wrong })), undefined);
      });
    }
  }

  it('says nothing where X says nothing', () => {
    assert.equal(rateLimitOf(new Headers()), undefined);
  });
});
