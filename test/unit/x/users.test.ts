import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { RefusedError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { whoAmI } from '../../../src/x/users.ts';
import {
  ADA,
  answers,
  answersJson,
  Client,
  type Fault,
  faults,
  type FakeX,
  startFakeX,
  tooManyRequestsUntil,
} from 'x-authentication-testing';

const ME = '/2/users/me';
const NOW = Date.UTC(2026, 0, 1);

describe('whoAmI', () => {
  let x: FakeX;
  let token: string;
  const deps = { fetch: bounded(fetch, 5000), now: () => NOW };

  beforeEach(async () => {
    x = await startFakeX();
    token = (await new Client(x).signIn()).accessToken;
  });
  afterEach(() => x.stop());

  const ask = (): ReturnType<typeof whoAmI> => whoAmI(x.apiBaseUrl, `Bearer ${token}`, deps);

  async function failure(): Promise<unknown> {
    const error: unknown = await ask().then(
      () => assert.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    assert.ok(!inspect(error, { depth: Infinity, showHidden: true }).includes(token));
    assert.equal(x.requestsTo(ME).length, 1, 'nothing is sent again');
    return error;
  }

  it('asks once, with the header it was given, and gives id, username and picture', async () => {
    assert.deepEqual(await ask(), { id: ADA.id, username: ADA.username, imageUrl: ADA.profileImageUrl });
    const [{ method, rawQuery, body, headers } = {}, ...more] = x.requestsTo(ME);
    assert.deepEqual([method, body, headers?.authorization, more], ['GET', '', `Bearer ${token}`, []]);
    assert.equal(rawQuery, 'user.fields=profile_image_url');
  });

  for (const [what, url] of [
    ['none', undefined],
    ['one within other words', 'see https://pbs.example.com/ada.png'],
    ['one that is not encrypted', 'http://pbs.example.com/ada.png'],
    ['a script', 'javascript:alert(1)'],
    ['one that would need escaping', 'https://pbs.example.com/a"onerror="x'],
    ['a number', 1],
  ] as const) {
    it(`takes somebody without a picture, and ${what} for none`, async () => {
      x.fail(ME, answersJson(200, { data: { id: '1', name: 'X', username: 'x', profile_image_url: url } }));
      assert.deepEqual(await ask(), { id: '1', username: 'x', imageUrl: undefined });
    });
  }

  it('gives an id that is larger than any number', async () => {
    x.fail(ME, answersJson(200, { data: { id: '18446744073709551615', name: 'X', username: 'x' } }));
    assert.equal((await ask()).id, '18446744073709551615');
  });

  const refusals: readonly (readonly [what: string, fault: Fault, status: number, kind: string])[] = [
    ['400', answers(400, {}, 'Bad Request'), 400, 'unknown'],
    ['401 of API v2', faults.unauthorized, 401, 'Unauthorized'],
    ['401 of a gateway', faults.bareUnauthorized, 401, 'unknown'],
    ['402', faults.creditsDepleted, 402, 'credits'],
    ['403 for an app in the wrong package', faults.clientNotEnrolled, 403, 'client-not-enrolled'],
    ['403 for a suspended user', faults.userSuspended, 403, 'user-suspended'],
    ['403 of a gateway', faults.bareForbidden, 403, 'unknown'],
    ['404', answers(404, {}, 'Not Found'), 404, 'unknown'],
  ];
  for (const [what, fault, status, code] of refusals) {
    it(`is a refusal after ${what}`, async () => {
      x.fail(ME, fault);
      const error = await failure();
      assert.ok(error instanceof RefusedError, inspect(error));
      assert.deepEqual([error.status, error.code], [status, code]);
    });
  }

  it('is a refusal when the token is dead', async () => {
    x.disconnect('ada');
    const error = await failure();
    assert.ok(error instanceof RefusedError && error.status === 401, inspect(error));
  });

  const user = (data: unknown): Fault => answersJson(200, { data });
  const unusable: readonly (readonly [what: string, fault: Fault, status?: number])[] = [
    ['after 500', faults.internalError, 500],
    ['after 502', faults.badGateway, 502],
    ['after 503', faults.htmlUnavailable, 503],
    ['after 429', faults.tooManyRequests, 429],
    ['after a redirect, as to a hotel’s page', answers(302, { location: 'https://hotel.example/' }, ''), 302],
    ['after 204', answers(204, {}, ''), 204],
    ['when nothing is heard', faults.reset],
    ['when the answer breaks off', faults.brokenOff, 200],
    ['after half an answer', faults.truncatedJson, 200],
    ['after HTML', answers(200, { 'content-type': 'text/html' }, '<html>'), 200],
    ['after nothing', answers(200, {}, ''), 200],
    ['after null', answersJson(200, null), 200],
    ['after an answer without a user', answersJson(200, { errors: [] }), 200],
    ['for an id that is a number', user({ id: 12, username: 'ada_l' }), 200],
    ['for an id that is no number', user({ id: '12x', username: 'ada_l' }), 200],
    ['for an id that begins with something else', user({ id: 'x12', username: 'ada_l' }), 200],
    ['for a username that begins with something else', user({ id: '12', username: '@ada_l' }), 200],
    ['for an empty id', user({ id: '', username: 'ada_l' }), 200],
    ['without a username', user({ id: '12' }), 200],
    ['for an empty username', user({ id: '12', username: '' }), 200],
    ['for a username that could be shown as something else', user({ id: '12', username: 'ada](command:x)' }), 200],
    ['for a username with a line in it', user({ id: '12', username: 'ada\n' }), 200],
  ];
  for (const [what, fault, status] of unusable) {
    it(`is UnreachableError ${what}`, async () => {
      x.fail(ME, fault);
      const error = await failure();
      assert.ok(error instanceof UnreachableError, inspect(error));
      assert.equal(error.status, status);
      assert.match(error.message, /^[A-Z].*\.$/, 'a sentence');
    });
  }

  it('is UnreachableError for as long as X says', async () => {
    x.fail(ME, tooManyRequestsUntil(NOW + 900_000));
    const error = await failure();
    assert.ok(error instanceof UnreachableError);
    assert.equal(error.retryAfterMs, 900_000);
  });
});
