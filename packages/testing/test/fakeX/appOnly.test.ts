import assert from 'node:assert/strict';
import { type App, NATIVE_APP, WEB_APP } from '../../src/fakeX/app.ts';
import { basic, Client, type ClientAnswer } from '../../src/fakeX/client.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

describe('The fake X, app-only', () => {
  let x: FakeX;
  let client: Client;

  beforeEach(async () => {
    x = await startFakeX();
    client = new Client(x);
  });

  afterEach(async () => {
    await x.stop();
  });

  it('gives each app one bearer, the same every time, with %2F and %3D in it', async () => {
    const { status, body } = await bearer(NATIVE_APP);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['token_type', 'access_token']);
    assert.match(String(body['access_token']), /^AAAA.+%2F.+%3D$/);
    assert.deepEqual((await bearer(NATIVE_APP)).body, body);
    assert.notDeepEqual((await bearer(WEB_APP)).body, body);
    assert.ok(x.secrets.has(String(body['access_token'])));
  });

  it('answers 403 with code 99 to wrong credentials', async () => {
    for (const header of [
      undefined,
      basic(NATIVE_APP.apiKey, 'wrong'),
      basic('nobody', NATIVE_APP.apiSecret),
      basic(NATIVE_APP.apiKey, WEB_APP.apiSecret),
      basic(NATIVE_APP.clientId, NATIVE_APP.apiSecret),
    ]) {
      const { status, body } = await client.post('/oauth2/token', { grant_type: 'client_credentials' }, header);
      const error = { code: 99, message: 'Unable to verify your credentials', label: 'authenticity_token_error' };
      assert.deepEqual({ status, body }, { status: 403, body: { errors: [error] } });
    }
  });

  it('requires the grant type in a form', async () => {
    const header = basic(NATIVE_APP.apiKey, NATIVE_APP.apiSecret);
    assert.equal((await client.post('/oauth2/token', {}, header)).status, 403);
    assert.equal((await client.post('/oauth2/token?grant_type=client_credentials', {}, header)).status, 403);
  });

  it('lets an app-only bearer read what is public, but not act as a person', async () => {
    const authorization = `Bearer ${(await bearer(NATIVE_APP)).accessToken}`;
    assert.equal((await client.get('/2/users/by/username/ada_l', authorization)).status, 200);
    for (const answer of [
      await client.get('/2/users/me', authorization),
      await client.post('/2/tweets', { text: 'Hello' }, authorization),
    ]) {
      assert.equal(answer.status, 403);
      assert.match(String(answer.body['type']), /\/unsupported-authentication$/);
    }
  });

  it('accepts the bearer only as it is', async () => {
    const token = (await bearer(NATIVE_APP)).accessToken;
    for (const changed of [decodeURIComponent(token), encodeURIComponent(token)]) {
      assert.equal((await client.get('/2/users/by/username/ada_l', `Bearer ${changed}`)).status, 401);
    }
  });

  it('gives another bearer when the API secret is regenerated, and forgets the earlier one', async () => {
    const first = (await bearer(NATIVE_APP)).accessToken;
    const second = (await bearer(x.changeApp(NATIVE_APP.clientId, { apiSecret: 'regenerated' }))).accessToken;
    assert.notEqual(second, first);
    assert.equal((await client.get('/2/users/by/username/ada_l', `Bearer ${first}`)).status, 401);
    assert.equal((await client.get('/2/users/by/username/ada_l', `Bearer ${second}`)).status, 200);
  });

  function bearer({ apiKey, apiSecret }: App): Promise<ClientAnswer> {
    return client.post('/oauth2/token', { grant_type: 'client_credentials' }, basic(apiKey, apiSecret));
  }
});
