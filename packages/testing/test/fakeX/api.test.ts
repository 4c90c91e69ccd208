import assert from 'node:assert/strict';
import { Client } from '../../src/fakeX/client.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

const ADA = { id: '1815121018520000001', name: 'Ada Lovelace', username: 'ada_l' };
const GRACE = { id: '1906120919920000002', name: 'Grace Hopper', username: 'grace_h' };

describe('The fake X, API v2', () => {
  let x: FakeX;
  let client: Client;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    x = await startFakeX({ now: () => now });
    client = new Client(x);
  });

  afterEach(async () => {
    await x.stop();
  });

  it('says whose token it is', async () => {
    const { status, body } = await client.usersMe((await client.signIn({ as: 'grace' })).accessToken);
    assert.deepEqual({ status, body }, { status: 200, body: { data: GRACE } });
  });

  it('returns the name that a person has now', async () => {
    const token = (await client.signIn()).accessToken;
    x.changePerson('ada', { username: 'countess' });
    assert.deepEqual((await client.usersMe(token)).body, { data: { ...ADA, username: 'countess' } });
  });

  it('adds the profile image when it is asked for', async () => {
    const authorization = `Bearer ${(await client.signIn()).accessToken}`;
    const { body } = await client.get('/2/users/me?user.fields=profile_image_url', authorization);
    const image = 'https://pbs.example.com/profile_images/ada_normal.png';
    assert.deepEqual(body, { data: { ...ADA, profile_image_url: image } });
    assert.equal((await client.get('/2/users/me?user.fields=shoe_size', authorization)).status, 400);
  });

  it('reads several posts at once, and lists those that don’t exist', async () => {
    const scopes = ['tweet.read', 'users.read', 'tweet.write'];
    const authorization = `Bearer ${(await client.signIn({ scopes })).accessToken}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ text: 'Hello' });
    await fetch(`${x.apiBaseUrl}/2/tweets`, { method: 'POST', headers, body });
    const id = '1900000000000000000';
    const { status, body: found } = await client.get(`/2/tweets?ids=${id},1`, authorization);
    assert.deepEqual([status, found['data']], [200, [{ id, text: 'Hello' }]]);
    assert.match(JSON.stringify(found['errors']), /Could not find tweet with ids: \[1\]/);
    assert.equal('data' in (await client.get('/2/tweets?ids=1', authorization)).body, false);
    for (const wrong of ['', '?ids=', '?ids=one', `?ids=${Array(101).fill('1').join(',')}`]) {
      assert.equal((await client.get(`/2/tweets${wrong}`, authorization)).status, 400, wrong);
    }
    assert.equal((await client.get(`/2/tweets?ids=${id}`)).status, 401);
  });

  it('accepts an access token for two hours', async () => {
    const token = (await client.signIn()).accessToken;
    now += 7_199_999;
    assert.equal((await client.usersMe(token)).status, 200);
    now += 1;
    const { status, body } = await client.usersMe(token);
    const problem = { title: 'Unauthorized', detail: 'Unauthorized', type: 'about:blank', status: 401 };
    assert.deepEqual({ status, body }, { status: 401, body: problem });
  });

  it('refuses a missing header, an unknown token, a refresh token, and a token in the query', async () => {
    const tokens = await client.signIn();
    for (const header of [undefined, 'Bearer XAT-nobody', `Bearer ${tokens.refreshToken}`]) {
      assert.equal((await client.get('/2/users/me', header)).status, 401);
    }
    assert.equal((await client.get(`/2/users/me?access_token=${tokens.accessToken}`)).status, 401);
  });

  for (const scope of ['users.read', 'tweet.read', 'offline.access']) {
    it(`refuses a token that has only ${scope}`, async () => {
      const token = (await client.signIn({ scopes: [scope] })).accessToken;
      assert.equal((await client.usersMe(token)).status, 403);
    });
  }

  it('allows 75 requests per user and 15 minutes, and returns how many are left', async () => {
    const token = (await client.signIn()).accessToken;
    const reset = String(now / 1000 + 15 * 60);
    for (let left = 74; left >= 0; left--) assert.deepEqual(await allowance(token), [200, '75', String(left), reset]);
    assert.deepEqual(await allowance(token), [429, '75', '0', reset]);
    const grace = (await client.signIn({ as: 'grace' })).accessToken;
    assert.deepEqual(await allowance(grace), [200, '75', '74', reset]);
    now += 15 * 60_000;
    assert.deepEqual((await allowance(token)).slice(0, 3), [200, '75', '74']);
  });

  it('writes a post for a token with tweet.write, from JSON', async () => {
    const writer = (await client.signIn({ scopes: ['tweet.read', 'users.read', 'tweet.write'] })).accessToken;
    const reader = (await client.signIn({ as: 'grace' })).accessToken;
    assert.equal((await write(x, reader, '{"text":"Hello"}')).status, 403);
    assert.equal((await write(x, writer, 'text=Hello', 'application/x-www-form-urlencoded')).status, 400);
    const written = await write(x, writer, '{"text":"Hello"}');
    assert.equal(written.status, 201);
    const { body } = await client.get('/2/tweets/1900000000000000000', `Bearer ${reader}`);
    assert.deepEqual(body, await written.json());
    assert.equal(x.requestsTo('POST /2/tweets').length, 3);
  });

  it('finds people by username', async () => {
    const authorization = `Bearer ${(await client.signIn()).accessToken}`;
    assert.deepEqual((await client.get('/2/users/by/username/Grace_H', authorization)).body, { data: GRACE });
    assert.ok('errors' in (await client.get('/2/users/by/username/nobody', authorization)).body);
  });

  it('answers 404 with a problem where there is nothing', async () => {
    const { status, body } = await client.get('/2/nothing');
    assert.deepEqual([status, body['type'], body['title']], [404, 'about:blank', 'Not Found']);
  });

  async function allowance(accessToken: string): Promise<unknown[]> {
    const { status, headers } = await client.usersMe(accessToken);
    return [status, ...['limit', 'remaining', 'reset'].map((name) => headers.get(`x-rate-limit-${name}`))];
  }
});

function write(x: FakeX, token: string, body: string, type = 'application/json'): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
  return fetch(`${x.apiBaseUrl}/2/tweets`, { method: 'POST', headers, body });
}
