import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type App, NATIVE_APP, WEB_APP } from '../../src/fakeX/app.ts';
import { type Parameter, signature, writeOAuthHeader } from '../../src/fakeX/oauth1/signature.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

const CALLBACK = 'http://127.0.0.1:41951/callback';

interface Pair {
  readonly token: string;
  readonly secret: string;
}

interface Call {
  readonly app?: App;
  readonly method?: string;
  readonly pair?: Pair;
  /** Parameters for the header. */
  readonly oauth?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Changes what is signed. */
  readonly unsigned?: Readonly<Record<string, string | undefined>>;
  /** Changes the header after it was signed. */
  readonly signed?: Readonly<Record<string, string | undefined>>;
}

describe('The fake X, OAuth 1.0a', () => {
  let x: FakeX;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    x = await startFakeX({ now: () => now });
  });

  afterEach(async () => {
    await x.stop();
  });

  it('gives a request token, a callback with a verifier, and an access token with its owner', async () => {
    const requested = await requestToken();
    assert.equal(requested.answer['oauth_callback_confirmed'], 'true');
    const back = new URL(await x.consent(authorizeUrl(requested.pair), { as: 'grace', decision: 'authorize' }));
    assert.equal(back.origin + back.pathname, CALLBACK);
    assert.equal(back.searchParams.get('oauth_token'), requested.pair.token);
    const { pair, answer } = await accessToken(requested.pair, back.searchParams.get('oauth_verifier') ?? '');
    assert.match(pair.token, /^1906120919920000002-XO1A-/);
    assert.deepEqual([answer['user_id'], answer['screen_name']], ['1906120919920000002', 'grace_h']);
    const me = await call('/2/users/me?user.fields=profile_image_url', { method: 'GET', pair });
    assert.equal(me.status, 200);
    assert.match(await me.text(), /"username":"grace_h"/);
    for (const { token, secret } of [requested.pair, pair]) assert.ok(x.secrets.has(token) && x.secrets.has(secret));
  });

  it('gives a PIN of seven digits for oob', async () => {
    const { pair } = await requestToken('oob');
    const pin = await x.consentWithPin(authorizeUrl(pair), 'ada');
    assert.match(pin, /^\d{7}$/);
    await assertCode(32, '/oauth/access_token', { pair, oauth: { oauth_verifier: '12345678' } });
    assert.equal((await accessToken(pair, pin)).answer['screen_name'], 'ada_l');
  });

  it('accepts the verifier in the body, too, as in X’s documentation', async () => {
    const { pair, verifier } = await approved();
    assert.equal((await call('/oauth/access_token', { pair, form: { oauth_verifier: verifier } })).status, 200);
  });

  it('accepts a verifier once', async () => {
    const { pair, verifier } = await approved();
    await accessToken(pair, verifier);
    await assertCode(89, '/oauth/access_token', { pair, oauth: { oauth_verifier: verifier } });
  });

  it('gives nothing for a request token that wasn’t approved, or to another app', async () => {
    const { pair } = await requestToken();
    await assertCode(32, '/oauth/access_token', { pair, oauth: { oauth_verifier: '' } });
    await assertCode(215, '/oauth/access_token', { pair });
    const { pair: theirs, verifier } = await approved();
    await assertCode(32, '/oauth/access_token', { app: WEB_APP, pair: theirs, oauth: { oauth_verifier: verifier } });
  });

  it('redirects with the denied token, which is then dead', async () => {
    const { pair } = await requestToken();
    const url = authorizeUrl(pair);
    assert.equal(await x.consent(url, { as: 'ada', decision: 'cancel' }), `${CALLBACK}?denied=${pair.token}`);
    await assert.rejects(x.consent(url, { as: 'ada', decision: 'authorize' }), /There is no request token/);
    const { pair: withPin } = await requestToken('oob');
    const denied = x.consent(authorizeUrl(withPin), { as: 'ada', decision: 'cancel' });
    await assert.rejects(denied, /may not access your account/);
  });

  it('asks for a request token’s consent once', async () => {
    const { pair } = await approved();
    const again = x.consent(authorizeUrl(pair), { as: 'ada', decision: 'authorize' });
    await assert.rejects(again, /There is no request token for this page, or it was used before/);
  });

  it('redirects at once when consent is automatic', async () => {
    x.switches.autoConsent = { as: 'ada', decision: 'authorize' };
    const { pair } = await requestToken();
    const response = await fetch(authorizeUrl(pair), { redirect: 'manual' });
    assert.match(response.headers.get('location') ?? '', /oauth_verifier=XO1V-/);
    assert.match(await x.consentWithPin(authorizeUrl((await requestToken('oob')).pair), 'grace'), /^\d{7}$/);
  });

  it('offers the person in screen_name first', async () => {
    const { pair } = await requestToken();
    const page = await (await fetch(`${authorizeUrl(pair)}&screen_name=grace_h`)).text();
    assert.match(page, /id="person-grace" value="grace" checked>/);
  });

  it('refuses callbacks that are not registered, and oob when the app may not use PINs', async () => {
    await assertCode(415, '/oauth/request_token', { oauth: { oauth_callback: `${CALLBACK}/` } });
    x.changeApp(NATIVE_APP.clientId, { mayUsePins: false });
    await assertCode(417, '/oauth/request_token', { oauth: { oauth_callback: 'oob' } });
    await assertCode(215, '/oauth/request_token', {});
  });

  it('gives read-only tokens on request, or when the app may only read', async () => {
    const post = { json: { text: 'Hello' } };
    const writer = await signIn();
    assert.equal((await call('/2/tweets', { ...post, pair: writer })).status, 201);
    const reader = await signIn({ x_auth_access_type: 'read' });
    const refused = await call('/2/tweets', { ...post, pair: reader });
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /oauth1-permissions/);
    x.changeApp(NATIVE_APP.clientId, { permissions: 'read' });
    const asked = await signIn({ x_auth_access_type: 'write' });
    assert.equal((await call('/2/tweets', { ...post, pair: asked })).status, 403);
    assert.equal((await call('/2/users/me', { method: 'GET', pair: asked })).status, 200);
  });

  it('invalidates a token', async () => {
    const pair = await signIn();
    const answer = await call('/1.1/oauth/invalidate_token.json', { pair });
    assert.deepEqual(await answer.json(), { access_token: pair.token });
    assert.equal((await call('/2/users/me', { method: 'GET', pair })).status, 401);
    await assertCode(89, '/1.1/oauth/invalidate_token.json', { pair });
    await assertCode(215, '/1.1/oauth/invalidate_token.json', {});
  });

  it('forgets the tokens of an app that was disconnected', async () => {
    const pair = await signIn();
    x.disconnect('ada', WEB_APP.clientId);
    assert.equal((await call('/2/users/me', { method: 'GET', pair })).status, 200);
    x.disconnect('ada', NATIVE_APP.clientId);
    assert.equal((await call('/2/users/me', { method: 'GET', pair })).status, 401);
  });

  const oauth = { oauth_callback: CALLBACK };
  const wrong: readonly [what: string, code: number, call: Call][] = [
    ['no signature', 215, { signed: { oauth_signature: undefined } }],
    ['another signature method', 215, { unsigned: { oauth_signature_method: 'PLAINTEXT' } }],
    ['another version', 215, { unsigned: { oauth_version: '2.0' } }],
    ['no nonce', 215, { unsigned: { oauth_nonce: undefined } }],
    ['no timestamp', 215, { unsigned: { oauth_timestamp: undefined } }],
    ['a timestamp in words', 215, { unsigned: { oauth_timestamp: 'now' } }],
    ['a signature of something else', 32, { signed: { oauth_callback: 'https://vscode.dev/redirect' } }],
    ['another API secret', 32, { app: { ...NATIVE_APP, apiSecret: 'wrong' } }],
    ['an unknown API key', 32, { app: { ...NATIVE_APP, apiKey: 'nobody' } }],
    ['a token that was never given', 89, { pair: { token: 'XO1R-nobody', secret: '' } }],
    ['a client id in place of the API key', 32, { app: { ...NATIVE_APP, apiKey: NATIVE_APP.clientId } }],
  ];
  for (const [what, code, how] of wrong) {
    it(`answers ${code} to ${what}`, async () => {
      await assertCode(code, '/oauth/request_token', { oauth, ...how });
    });
  }

  it('answers 215 without an OAuth header, and to one with a duplicate parameter', async () => {
    const url = `${x.apiBaseUrl}/oauth/request_token`;
    for (const authorization of ['Bearer x', 'OAuth nonsense', `${header({ oauth }, url)}, oauth_nonce="again"`]) {
      const response = await fetch(url, { method: 'POST', headers: { authorization } });
      assert.match(await response.text(), /"code":215/);
    }
  });

  it('accepts a signature without oauth_version (RFC 5849 §3.1)', async () => {
    assert.equal((await call('/oauth/request_token', { oauth, unsigned: { oauth_version: undefined } })).status, 200);
  });

  it('accepts timestamps within five minutes of its clock', async () => {
    for (const seconds of [-300, 300, -301, 301]) {
      const how = { oauth, unsigned: { oauth_timestamp: String(now / 1000 + seconds) } };
      if (Math.abs(seconds) > 300) await assertCode(135, '/oauth/request_token', how);
      else assert.equal((await call('/oauth/request_token', how)).status, 200);
    }
  });

  it('accepts a nonce once', async () => {
    const again: Call = { oauth, unsigned: { oauth_nonce: 'twice' } };
    assert.equal((await call('/oauth/request_token', again)).status, 200);
    await assertCode(32, '/oauth/request_token', again);
  });

  it('expects the query and a form body to be signed, and JSON not to be', async () => {
    const pair = await signIn();
    const me = '/2/users/me?user.fields=profile_image_url';
    const url = x.apiBaseUrl + me;
    const unsignedQuery = header({ method: 'GET', pair }, `${x.apiBaseUrl}/2/users/me`);
    assert.equal((await fetch(url, { headers: { authorization: unsignedQuery } })).status, 401);
    assert.equal((await fetch(url, { headers: { authorization: header({ method: 'GET', pair }, url) } })).status, 200);
    const tweets = `${x.apiBaseUrl}/2/tweets`;
    const headers = { authorization: header({ pair }, tweets), 'content-type': 'application/json' };
    const body = '{"text":"Any & all = fine"}';
    assert.equal((await fetch(tweets, { method: 'POST', headers, body })).status, 201);
    const unsignedForm = { authorization: header({ oauth }, `${x.apiBaseUrl}/oauth/request_token`) };
    const form = new URLSearchParams({ x_auth_access_type: 'read' });
    const sent = { method: 'POST', headers: unsignedForm, body: form };
    assert.equal((await fetch(`${x.apiBaseUrl}/oauth/request_token`, sent)).status, 401);
  });

  it('can write errors as XML or text', async () => {
    const written: string[] = [];
    for (const kind of ['json', 'xml', 'text'] as const) {
      x.switches.oauth1ErrorsAs = kind;
      const response = await call('/oauth/request_token', { oauth, app: { ...NATIVE_APP, apiSecret: 'wrong' } });
      assert.equal(response.status, 401);
      written.push(await response.text());
    }
    assert.deepEqual(written, [
      '{"errors":[{"code":32,"message":"Could not authenticate you."}]}',
      '<?xml version="1.0" encoding="UTF-8"?><errors><error code="32">Could not authenticate you.</error></errors>',
      'Could not authenticate you.',
    ]);
  });

  function authorizeUrl({ token }: Pair): string {
    return `${x.apiBaseUrl}/oauth/authorize?oauth_token=${token}`;
  }

  async function requestToken(callback = CALLBACK, form?: Record<string, string>): Promise<Answered> {
    const how = { oauth: { oauth_callback: callback }, ...(form === undefined ? {} : { form }) };
    return answered(await call('/oauth/request_token', how));
  }

  async function approved(form?: Record<string, string>): Promise<{ pair: Pair; verifier: string }> {
    const { pair } = await requestToken(CALLBACK, form);
    const back = new URL(await x.consent(authorizeUrl(pair), { as: 'ada', decision: 'authorize' }));
    return { pair, verifier: back.searchParams.get('oauth_verifier') ?? '' };
  }

  async function accessToken(pair: Pair, verifier: string): Promise<Answered> {
    return answered(await call('/oauth/access_token', { pair, oauth: { oauth_verifier: verifier } }));
  }

  async function signIn(form?: Record<string, string>): Promise<Pair> {
    const { pair, verifier } = await approved(form);
    return (await accessToken(pair, verifier)).pair;
  }

  async function assertCode(code: number, path: string, how: Call): Promise<void> {
    const response = await call(path, how);
    const body = await response.text();
    assert.match(body, new RegExp(`^{"errors":\\[{"code":${code},"message":".+"}\\]}$`));
    assert.ok(response.status >= 400);
  }

  function call(path: string, how: Call): Promise<Response> {
    const { method = 'POST', form, json } = how;
    const headers: Record<string, string> = { authorization: header(how, x.apiBaseUrl + path) };
    if (json !== undefined) headers['content-type'] = 'application/json';
    const body = form === undefined ? {} : { body: new URLSearchParams(form) };
    const sent = json === undefined ? body : { body: JSON.stringify(json) };
    return fetch(x.apiBaseUrl + path, { method, headers, ...sent });
  }

  function header(
    { app = NATIVE_APP, method = 'POST', pair, oauth: more, form, unsigned, signed }: Call,
    url: string,
  ): string {
    const protocol = parametersOf({
      oauth_consumer_key: app.apiKey,
      oauth_nonce: randomUUID(),
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: String(now / 1000),
      oauth_version: '1.0',
      oauth_token: pair?.token,
      ...more,
      ...unsigned,
    });
    const parameters = [...protocol, ...Object.entries(form ?? {})];
    const proof = signature({ method, url, parameters }, app.apiSecret, pair?.secret);
    return writeOAuthHeader(parametersOf({ ...Object.fromEntries(protocol), oauth_signature: proof, ...signed }));
  }
});

interface Answered {
  readonly pair: Pair;
  readonly answer: Readonly<Record<string, string>>;
}

async function answered(response: Response): Promise<Answered> {
  const body = await response.text();
  assert.equal(response.status, 200, body);
  const answer = Object.fromEntries(new URLSearchParams(body));
  return { pair: { token: answer['oauth_token'] ?? '', secret: answer['oauth_token_secret'] ?? '' }, answer };
}

function parametersOf(values: Readonly<Record<string, string | undefined>>): Parameter[] {
  return Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
}
