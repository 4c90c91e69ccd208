import assert from 'node:assert/strict';
import { UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { compareClocks } from '../../../src/x/clock.ts';
import { type FakeX, startFakeX } from 'x-authentication-testing';

describe("X's clock", () => {
  let x: FakeX;
  before(async () => {
    x = await startFakeX();
  });
  after(() => x.stop());

  const fetchIt = bounded((url, init) => fetch(url, init), 5_000);

  for (const aheadMs of [0, -90_000, 3_600_000]) {
    it(`is found to be ${aheadMs / 1000} s ahead, to a second and half the round trip`, async () => {
      const found = await compareClocks(x.apiBaseUrl, { fetch: fetchIt, now: () => Date.now() - aheadMs });
      assert.ok(Math.abs(found.aheadMs - aheadMs) <= 1_000 + found.roundTripMs / 2, String(found.aheadMs));
    });
  }

  it('is compared by what lies half way between asking and the answer', async () => {
    const times = [10_000, 14_000];
    const answer = new Response('', { headers: { date: new Date(20_000).toUTCString() } });
    const found = await compareClocks('https://api.example.com', {
      fetch: async () => answer,
      now: () => times.shift() ?? 0,
    });
    assert.deepEqual(found, { aheadMs: 8_500, roundTripMs: 4_000 });
  });

  it('is asked for without a token', async () => {
    await compareClocks(x.apiBaseUrl, { fetch: fetchIt, now: Date.now });
    assert.equal(x.requestsTo('/2/users/me').at(-1)?.headers['authorization'], undefined);
    assert.ok(x.requestsTo('/2/users/me').length > 0);
  });

  it('is not known when the answer has no Date', async () => {
    const deps = { fetch: async () => new Response(''), now: Date.now };
    await assert.rejects(
      compareClocks('https://api.example.com', deps),
      (error) => error instanceof UnreachableError && error.status === 200,
    );
  });
});
