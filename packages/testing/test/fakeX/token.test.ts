import assert from 'node:assert/strict';
import { type App, NATIVE_APP, WEB_APP } from '../../src/fakeX/app.ts';
import { basic, Client, type ClientAnswer } from '../../src/fakeX/client.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

const TOKEN = '/2/oauth2/token';

const BAD_CODE = 'Value passed for the authorization code was invalid.';
const BAD_VERIFIER = 'Value passed for the code verifier did not match the code challenge.';
const BAD_REDIRECT_URI = 'Value passed for the redirect uri did not match the uri of the authorization code.';

describe('The fake X, token endpoint', () => {
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

  it('gives a public client tokens for a code, a verifier and its client id', async () => {
    const { status, body } = await client.signIn();
    const { access_token, refresh_token, ...rest } = body;
    assert.equal(status, 200);
    assert.match(String(access_token), /^XAT-/);
    assert.match(String(refresh_token), /^XRT-/);
    assert.deepEqual(rest, { token_type: 'bearer', expires_in: 7200, scope: 'offline.access users.read tweet.read' });
  });

  it('can return the scopes in the order of the request', async () => {
    x.switches.scopeOrder = 'asked';
    assert.equal((await client.signIn()).body['scope'], 'tweet.read users.read offline.access');
  });

  it('gives no refresh token without offline.access', async () => {
    const { body } = await client.signIn({ scopes: ['tweet.read', 'users.read'] });
    assert.deepEqual(Object.keys(body).toSorted(), ['access_token', 'expires_in', 'scope', 'token_type']);
  });

  it('accepts a code once', async () => {
    const form = await client.authorize();
    assert.equal((await client.post(TOKEN, form)).status, 200);
    assertInvalid(await client.post(TOKEN, form), BAD_CODE);
  });

  it('accepts a code for 30 seconds', async () => {
    const early = await client.authorize();
    now += 29_999;
    assert.equal((await client.post(TOKEN, early)).status, 200);
    const late = await client.authorize();
    now += 30_000;
    assertInvalid(await client.post(TOKEN, late), BAD_CODE);
  });

  const exchanges: readonly [what: string, change: Record<string, string | undefined>, description: string][] = [
    ['another verifier', { code_verifier: 'v'.repeat(43) }, BAD_VERIFIER],
    ['another redirect URI', { redirect_uri: 'https://vscode.dev/redirect' }, BAD_REDIRECT_URI],
    ['an unknown code', { code: 'XCODE-nobody' }, BAD_CODE],
    ['no code', { code: undefined }, 'Missing required parameter [code].'],
    ['no verifier', { code_verifier: undefined }, 'Missing required parameter [code_verifier].'],
    ['no redirect URI', { redirect_uri: undefined }, 'Missing required parameter [redirect_uri].'],
    ['no client id', { client_id: undefined }, 'Missing required parameter [client_id].'],
    ['no grant type', { grant_type: undefined }, 'Missing required parameter [grant_type].'],
  ];
  for (const [what, change, description] of exchanges) {
    it(`refuses a code exchange with ${what}, and leaves the code valid`, async () => {
      const form = await client.authorize();
      assertInvalid(await client.post(TOKEN, { ...form, ...change }), description);
      assert.equal((await client.post(TOKEN, form)).status, 200);
    });
  }

  it('refuses a grant type that isn’t for people', async () => {
    const { status, body } = await client.post(TOKEN, { grant_type: 'client_credentials' });
    assert.equal(status, 400);
    assert.match(String(body['error_description']), /^Value passed for the grant type was invalid/);
  });

  it('refuses a verifier shorter than RFC 7636 allows, even if it matches', async () => {
    const form = await client.authorize({ verifier: 'short' });
    assertInvalid(await client.post(TOKEN, form), BAD_VERIFIER);
  });

  it('refuses parameters as JSON, in the query, and sent twice', async () => {
    const form = await client.authorize({ app: WEB_APP });
    const url = x.apiBaseUrl + TOKEN;
    const query = new URLSearchParams(form).toString();
    const authorization = basic(WEB_APP.clientId, secretOf(WEB_APP));
    const asJson = { authorization, 'content-type': 'application/json' };
    const twice = new URLSearchParams(`${query}&client_id=${WEB_APP.clientId}`);
    const answers = [
      await fetch(url, { method: 'POST', headers: asJson, body: JSON.stringify(form) }),
      await fetch(`${url}?${query}`, { method: 'POST', headers: { authorization } }),
      await fetch(url, { method: 'POST', headers: { authorization }, body: twice }),
      await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 400, 200],
    );
  });

  it('refuses the code of another app', async () => {
    const form = await client.authorize({ app: WEB_APP });
    assertInvalid(await client.post(TOKEN, { ...form, client_id: NATIVE_APP.clientId }), BAD_CODE);
  });

  it('names an unknown client id, however it is sent', async () => {
    const form = await client.authorize();
    for (const answer of [
      await client.post(TOKEN, { ...form, client_id: 'nobody' }),
      await client.post(TOKEN, { ...form, client_id: undefined }, basic('nobody', 'secret')),
      await client.post(TOKEN, form, basic(WEB_APP.clientId, secretOf(WEB_APP))),
    ]) {
      assertError(answer, 400, 'invalid_client', 'Value passed for the client id was invalid.');
    }
  });

  it('accepts the unencoded credentials of a confidential client, with and without the client id in the body', async () => {
    for (const change of [{}, { client_id: undefined }]) {
      const form = await client.authorize({ app: WEB_APP });
      const header = basic(WEB_APP.clientId, secretOf(WEB_APP));
      assert.equal((await client.post(TOKEN, { ...form, ...change }, header)).status, 200);
    }
  });

  const secret = secretOf(WEB_APP);
  const headers: readonly [what: string, app: App, header: string | undefined][] = [
    ['a confidential client without a header', WEB_APP, undefined],
    ['a wrong secret', WEB_APP, basic(WEB_APP.clientId, 'wrong')],
    ['a secret with a stray newline', WEB_APP, basic(WEB_APP.clientId, `${secret}\n`)],
    ['a percent-encoded pair', WEB_APP, basic(WEB_APP.clientId, encodeURIComponent(secret))],
    ['a form-encoded pair', WEB_APP, basic(WEB_APP.clientId, new URLSearchParams({ '': secret }).toString().slice(1))],
    ['a header that is not Basic', WEB_APP, 'Bearer XAT-1'],
    ['a pair that is not base64', WEB_APP, `Basic ${WEB_APP.clientId}:${secret}`],
    ['a public client with a secret', NATIVE_APP, basic(NATIVE_APP.clientId, secret)],
    ['a public client with an empty secret', NATIVE_APP, basic(NATIVE_APP.clientId, '')],
  ];
  for (const [what, app, header] of headers) {
    it(`answers 401 unauthorized_client to ${what}`, async () => {
      const answer = await client.post(TOKEN, await client.authorize({ app }), header);
      assertError(answer, 401, 'unauthorized_client', 'Missing valid authorization header');
    });
  }

  it('refuses the secret in the body', async () => {
    const form = await client.authorize({ app: WEB_APP });
    assert.equal((await client.post(TOKEN, { ...form, client_secret: secret })).status, 401);
  });

  it('can list its errors as well', async () => {
    x.switches.errorsListToo = true;
    const { body } = await client.refresh('XRT-nobody');
    assert.deepEqual(body['errors'], [{ message: 'Value passed for the token was invalid.' }]);
    assert.equal(body['error'], 'invalid_request');
  });

  it('answers 405 to GET and OPTIONS, without CORS headers', async () => {
    const asked = { origin: 'https://vscode.dev', 'access-control-request-method': 'POST' };
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const response = await fetch(x.apiBaseUrl + TOKEN, { method, headers: asked });
      assert.equal(response.status, method === 'POST' ? 400 : 405);
      assert.deepEqual(
        [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      );
    }
  });
});

function assertInvalid(answer: ClientAnswer, description: string): void {
  assertError(answer, 400, 'invalid_request', description);
}

function assertError({ status, body }: ClientAnswer, expected: number, error: string, description: string): void {
  assert.deepEqual({ status, body }, { status: expected, body: { error, error_description: description } });
}

function secretOf({ clientSecret = '' }: App): string {
  return clientSecret;
}
