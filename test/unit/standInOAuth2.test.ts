import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type App, NATIVE_APP, WEB_APP } from '../x/app.ts';
import { type StandIn, startStandIn } from '../x/standIn.ts';

const REDIRECT_URI = 'http://127.0.0.1:41951/callback';
const SCOPES = ['tweet.read', 'users.read', 'offline.access'];

interface Given {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface SignIn {
  readonly app?: App;
  readonly as?: string;
  readonly scopes?: readonly string[];
  readonly redirectUri?: string;
}

describe('The stand-in for X, OAuth 2.0', () => {
  let x: StandIn;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    x = await startStandIn({ now: () => now });
  });

  afterEach(async () => {
    await x.stop();
  });

  describe('at the authorize page', () => {
    it('sends the browser back with a code and the state, to whichever callback was asked for', async () => {
      for (const redirectUri of NATIVE_APP.redirectUris) {
        const { url } = authorization({ redirectUri });
        const back = await x.consent(url, { as: 'ada', decision: 'authorize' });
        assert.match(back, /^.+\?state=a%20state%2Fwith%20odd%26characters&code=XCODE-/);
        assert.equal(back.slice(0, redirectUri.length), redirectUri);
      }
    });

    it('shows the app, the scopes, the people and both buttons on a page without scripts', async () => {
      const { url } = authorization();
      const page = await pageAt(url);
      for (const part of [
        '<html lang="en">',
        'stand-in for X',
        '<form id="consent" method="post">',
        '<span id="app-name">Ada’s Editor</span>',
        '<li data-scope="tweet.read">',
        '<li data-scope="offline.access">',
        '<label for="person-grace"><input type="radio" name="person" id="person-grace" value="grace">',
        '<button type="submit" id="authorize" name="decision" value="authorize">Authorize app</button>',
        '<button type="submit" id="cancel" name="decision" value="cancel">Cancel</button>',
      ]) {
        assert.ok(page.includes(part), part);
      }
      assert.doesNotMatch(page, /<script/);
    });

    it('writes names that look like markup as text', async () => {
      x.changeApp(NATIVE_APP.clientId, { name: '<b>&"' });
      assert.ok((await pageAt(authorization().url)).includes('<span id="app-name">&#60;b&#62;&#38;&#34;</span>'));
    });

    it('reports a cancellation, and leaves the state out when told to', async () => {
      const { url } = authorization();
      const denied = `${REDIRECT_URI}?error=access_denied`;
      const state = '&state=a%20state%2Fwith%20odd%26characters';
      assert.equal(await x.consent(url, { as: 'ada', decision: 'cancel' }), denied + state);
      x.switches.cancelOmitsState = true;
      assert.equal(await x.consent(url, { as: 'ada', decision: 'cancel' }), denied);
    });

    it('answers at once when consent is automatic', async () => {
      x.switches.autoConsent = { as: 'grace', decision: 'authorize' };
      const response = await fetch(here(authorization().url), { redirect: 'manual' });
      assert.equal(response.status, 303);
      assert.match(response.headers.get('location') ?? '', /^http:\/\/127\.0\.0\.1:41951\/callback\?.*code=XCODE-/);
    });

    it('takes a consent form once, and only from its own page', async () => {
      const { url } = authorization();
      const ticket = /name="ticket" value="([^"]+)"/.exec(await pageAt(url))?.[1] ?? '';
      const form = (): Promise<Response> =>
        fetch(here(url), {
          method: 'POST',
          body: new URLSearchParams({ ticket, person: 'ada', decision: 'authorize' }),
          redirect: 'manual',
        });
      assert.deepEqual([(await form()).status, (await form()).status], [303, 400]);
    });

    const wrong: Record<string, (query: URLSearchParams) => void> = {
      'a client id it does not know': (query) => query.set('client_id', 'TmF0aXZl'),
      'an API key in place of the client id': (query) => query.set('client_id', NATIVE_APP.apiKey),
      'a callback on another port': (query) => query.set('redirect_uri', 'http://127.0.0.1:41952/callback'),
      'a callback with a trailing slash': (query) => query.set('redirect_uri', `${REDIRECT_URI}/`),
      'a callback with a query': (query) => query.set('redirect_uri', `${REDIRECT_URI}?a=b`),
      'no callback': (query) => query.delete('redirect_uri'),
      'a scope that does not exist': (query) => query.set('scope', 'tweet.read everything'),
      'scopes with two spaces between them': (query) => query.set('scope', 'tweet.read  users.read'),
      'no scope': (query) => query.delete('scope'),
      'a scope that the app may not ask for': (query) => query.set('scope', 'users.email'),
      'no state': (query) => query.delete('state'),
      'the plain code challenge': (query) => query.set('code_challenge_method', 'plain'),
      'no code challenge': (query) => query.delete('code_challenge'),
      'a code challenge that is not a SHA-256': (query) => query.set('code_challenge', 'abc'),
      'another response type': (query) => query.set('response_type', 'token'),
      'a parameter that is there twice': (query) => query.append('state', 'again'),
    };
    for (const [what, spoil] of Object.entries(wrong)) {
      it(`shows its error page, and does not redirect, for ${what}`, async () => {
        await assertErrorPage(authorization({}, spoil).url);
      });
    }

    it('shows its error page when spaces between scopes are plus signs', async () => {
      await assertErrorPage(authorization().url.replace('tweet.read%20users.read', 'tweet.read+users.read'));
    });

    it('shows its error page while the Website URL of the app is empty', async () => {
      x.changeApp(NATIVE_APP.clientId, { websiteUrl: '' });
      await assertErrorPage(authorization().url);
    });

    it('takes a state of 500 characters, and redirects without the state when there are more', async () => {
      const long = (length: number): string => authorization({}, (query) => query.set('state', 's'.repeat(length))).url;
      assert.match(await x.consent(long(500), { as: 'ada', decision: 'authorize' }), /state=s{500}&code=/);
      const back = await x.consent(long(501), { as: 'ada', decision: 'authorize' });
      assert.equal(back, `${REDIRECT_URI}?error=invalid_request`);
    });

    async function assertErrorPage(url: string): Promise<void> {
      const response = await fetch(here(url), { redirect: 'manual' });
      assert.equal(response.headers.get('location'), null);
      assert.match(await response.text(), /Something went wrong.*You weren’t able to give access to the App\./s);
      await assert.rejects(x.consent(url, { as: 'ada', decision: 'authorize' }), /^Error: Something went wrong/);
    }
  });

  describe('when an app is registered', () => {
    const register = (...redirectUris: string[]): App => x.changeApp(NATIVE_APP.clientId, { redirectUris });

    it('takes ten callbacks and refuses eleven', () => {
      const callbacks = Array.from({ length: 11 }, (_, index) => `http://127.0.0.1:${5000 + index}/callback`);
      register(...callbacks.slice(0, 10));
      assert.throws(() => register(...callbacks), /10 callbacks/);
    });

    it('refuses localhost, dangerous schemes, fragments and custom schemes without a path', () => {
      register('vscode://publisher.name/callback');
      for (const uri of ['http://localhost:1/cb', 'javascript:alert(1)', 'https://a.example/#b', 'vscode://name']) {
        assert.throws(() => register(uri), Error, uri);
      }
    });
  });

  describe('at the token endpoint', () => {
    it('gives a public client tokens for a code, a verifier and its client id', async () => {
      const { status, body } = await signIn();
      const { access_token, refresh_token, ...rest } = body;
      assert.equal(status, 200);
      assert.match(String(access_token), /^XAT-/);
      assert.match(String(refresh_token), /^XRT-/);
      assert.deepEqual(rest, { token_type: 'bearer', expires_in: 7200, scope: 'offline.access users.read tweet.read' });
    });

    it('gives the scopes in the order they were asked for when told to', async () => {
      x.switches.scopeOrder = 'asked';
      assert.equal((await signIn()).body['scope'], SCOPES.join(' '));
    });

    it('gives no refresh token without offline.access', async () => {
      const { body } = await signIn({ scopes: ['tweet.read', 'users.read'] });
      assert.deepEqual(Object.keys(body).toSorted(), ['access_token', 'expires_in', 'scope', 'token_type']);
    });

    it('takes a code once', async () => {
      const { form } = await authorized();
      assert.equal((await post('/2/oauth2/token', form)).status, 200);
      assertInvalid(await post('/2/oauth2/token', form), 'Value passed for the authorization code was invalid.');
    });

    it('takes a code for 30 seconds', async () => {
      const early = await authorized();
      now += 29_999;
      assert.equal((await post('/2/oauth2/token', early.form)).status, 200);
      const late = await authorized();
      now += 30_000;
      assertInvalid(await post('/2/oauth2/token', late.form), 'Value passed for the authorization code was invalid.');
    });

    const exchanges: readonly [what: string, change: Record<string, string | undefined>, description: string][] = [
      [
        'another verifier',
        { code_verifier: 'v'.repeat(43) },
        'Value passed for the code verifier did not match the code challenge.',
      ],
      [
        'another redirect URI',
        { redirect_uri: 'https://vscode.dev/redirect' },
        'Value passed for the redirect uri did not match the uri of the authorization code.',
      ],
      ['an unknown code', { code: 'XCODE-nobody' }, 'Value passed for the authorization code was invalid.'],
      ['no code', { code: undefined }, 'Missing required parameter [code].'],
      ['no verifier', { code_verifier: undefined }, 'Missing required parameter [code_verifier].'],
      ['no redirect URI', { redirect_uri: undefined }, 'Missing required parameter [redirect_uri].'],
      ['no client id', { client_id: undefined }, 'Missing required parameter [client_id].'],
      ['no grant type', { grant_type: undefined }, 'Missing required parameter [grant_type].'],
      [
        'the app-only grant type',
        { grant_type: 'client_credentials' },
        'Value passed for the grant type was invalid. The value should be one of the supported grant types.',
      ],
    ];
    for (const [what, change, description] of exchanges) {
      it(`refuses a code exchange with ${what}`, async () => {
        const { form } = await authorized();
        assertInvalid(await post('/2/oauth2/token', { ...form, ...change }), description);
        assert.equal((await post('/2/oauth2/token', form)).status, 200, 'the code is still good');
      });
    }

    it('refuses a verifier shorter than RFC 7636 allows, even if it matches', async () => {
      const { form } = await authorized({}, 'short');
      assertInvalid(
        await post('/2/oauth2/token', form),
        'Value passed for the code verifier did not match the code challenge.',
      );
    });

    it('refuses parameters as JSON, in the query, and sent twice', async () => {
      const { form } = await authorized();
      const url = `${x.apiBaseUrl}/2/oauth2/token`;
      const headers = { 'content-type': 'application/json' };
      const asJson = await fetch(url, { method: 'POST', headers, body: JSON.stringify(form) });
      const asQuery = await fetch(`${url}?${new URLSearchParams(form).toString()}`, { method: 'POST' });
      const twice = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams([...Object.entries(form), ...Object.entries(form)]),
      });
      assert.deepEqual([asJson.status, asQuery.status, twice.status], [400, 400, 400]);
    });

    it('refuses the code of another app', async () => {
      const { form } = await authorized({ app: WEB_APP });
      assertInvalid(
        await post('/2/oauth2/token', { ...form, client_id: NATIVE_APP.clientId }),
        'Value passed for the authorization code was invalid.',
      );
    });

    it('names an unknown client id, however it is sent', async () => {
      const { form } = await authorized();
      const unknown = {
        status: 400,
        body: { error: 'invalid_client', error_description: 'Value passed for the client id was invalid.' },
      };
      assert.deepEqual(await post('/2/oauth2/token', { ...form, client_id: 'nobody' }), unknown);
      assert.deepEqual(await post('/2/oauth2/token', form, basic('nobody', 'secret')), unknown);
    });

    it('takes the raw pair of a confidential client, with and without the client id in the body', async () => {
      const header = basic(WEB_APP.clientId, WEB_APP.clientSecret ?? '');
      for (const change of [{}, { client_id: undefined }]) {
        const { form } = await authorized({ app: WEB_APP });
        assert.equal((await post('/2/oauth2/token', { ...form, ...change }, header)).status, 200);
      }
    });

    const secret = WEB_APP.clientSecret ?? '';
    const pairs: readonly [what: string, app: App, header: string | undefined][] = [
      ['a confidential client without a header', WEB_APP, undefined],
      ['a wrong secret', WEB_APP, basic(WEB_APP.clientId, 'wrong')],
      ['a secret with a stray newline', WEB_APP, basic(WEB_APP.clientId, `${secret}\n`)],
      ['a percent-encoded pair', WEB_APP, basic(WEB_APP.clientId, encodeURIComponent(secret))],
      [
        'a form-encoded pair',
        WEB_APP,
        basic(WEB_APP.clientId, new URLSearchParams({ '': secret }).toString().slice(1)),
      ],
      ['a header that is not Basic', WEB_APP, 'Bearer XAT-1'],
      ['a public client with a secret', NATIVE_APP, basic(NATIVE_APP.clientId, secret)],
      ['a public client with an empty secret', NATIVE_APP, basic(NATIVE_APP.clientId, '')],
    ];
    for (const [what, app, header] of pairs) {
      it(`answers 401 unauthorized_client to ${what}`, async () => {
        const { form } = await authorized({ app });
        assert.deepEqual(await post('/2/oauth2/token', form, header), {
          status: 401,
          body: { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
        });
      });
    }

    it('does not take the secret from the body', async () => {
      const { form } = await authorized({ app: WEB_APP });
      assert.equal((await post('/2/oauth2/token', { ...form, client_secret: secret })).status, 401);
    });

    it('lists its errors as well when told to', async () => {
      x.switches.errorsListToo = true;
      const { body } = await refresh('XRT-nobody');
      assert.deepEqual(body['errors'], [{ message: 'Value passed for the token was invalid.' }]);
      assert.equal(body['error'], 'invalid_request');
    });

    it('answers 405 to GET and to OPTIONS, and never speaks of CORS', async () => {
      const url = `${x.apiBaseUrl}/2/oauth2/token`;
      const headers = { origin: 'https://vscode.dev', 'access-control-request-method': 'POST' };
      for (const method of ['GET', 'OPTIONS']) assert.equal((await fetch(url, { method, headers })).status, 405);
      const response = await fetch(url, { method: 'POST', headers });
      assert.deepEqual(
        [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      );
    });
  });

  describe('when a token is refreshed', () => {
    it('spends the old refresh token, without grace, and gives a new one', async () => {
      const first = refreshTokenOf(await signIn());
      const second = await refresh(first);
      assert.equal(second.status, 200);
      assert.notEqual(refreshTokenOf(second), first);
      assertInvalid(await refresh(first), 'Value passed for the token was invalid.');
      assert.equal((await refresh(refreshTokenOf(second))).status, 200, 'the newest is good');
    });

    it('kills the whole grant for a spent refresh token when told to', async () => {
      x.switches.reuseKillsFamily = true;
      const first = refreshTokenOf(await signIn());
      const second = await refresh(first);
      await refresh(first);
      assertInvalid(await refresh(refreshTokenOf(second)), 'Value passed for the token was invalid.');
      assert.equal((await usersMe(accessTokenOf(second))).status, 401);
    });

    it('keeps the earlier access token alive, or kills it when told to', async () => {
      const first = await signIn();
      const second = await refresh(refreshTokenOf(first));
      assert.equal((await usersMe(accessTokenOf(first))).status, 200);
      x.switches.refreshKillsAccessToken = true;
      const third = await refresh(refreshTokenOf(second));
      assert.equal((await usersMe(accessTokenOf(second))).status, 401);
      assert.equal((await usersMe(accessTokenOf(third))).status, 200);
    });

    it('refuses the refresh token of another app', async () => {
      const theirs = refreshTokenOf(await signIn({ app: WEB_APP }));
      assertInvalid(await refresh(theirs), 'Value passed for the token was invalid.');
    });

    it('refuses an access token in place of a refresh token', async () => {
      assertInvalid(await refresh(accessTokenOf(await signIn())), 'Value passed for the token was invalid.');
    });

    it('takes a refresh token for six months, which a refresh starts anew unless told otherwise', async () => {
      const almost = 182 * 24 * 3_600_000 - 1;
      const first = await signIn();
      now += almost;
      const second = await refresh(refreshTokenOf(first));
      now += almost;
      x.switches.refreshRestartsLifetime = false;
      const third = await refresh(refreshTokenOf(second));
      assert.equal(third.status, 200);
      now += 1;
      assertInvalid(await refresh(refreshTokenOf(third)), 'Value passed for the token was invalid.');
    });
  });

  describe('when somebody signs in again', () => {
    it('kills the earlier refresh token of that app and person, and no other', async () => {
      const first = await signIn();
      const grace = await signIn({ as: 'grace' });
      const bot = await signIn({ app: WEB_APP });
      const second = await signIn();
      assertInvalid(await refresh(refreshTokenOf(first)), 'Value passed for the token was invalid.');
      const alive = [second, grace, bot].map(refreshTokenOf);
      assert.deepEqual(x.grants.renewable.map(({ refreshToken }) => refreshToken).toSorted(), alive.toSorted());
    });

    it('keeps the earlier access token alive, or kills it when told to', async () => {
      const first = await signIn();
      const second = await signIn();
      assert.equal((await usersMe(accessTokenOf(first))).status, 200);
      x.switches.signInKillsAccessToken = true;
      await signIn();
      assert.equal((await usersMe(accessTokenOf(second))).status, 401);
    });
  });

  describe('at the revoke endpoint', () => {
    it('revokes either token, and its partner only when told to', async () => {
      const first = await signIn();
      assert.deepEqual(await revoke(accessTokenOf(first)), { status: 200, body: { revoked: true } });
      assert.equal((await usersMe(accessTokenOf(first))).status, 401);
      const second = await refresh(refreshTokenOf(first));
      assert.equal(second.status, 200);
      x.switches.revokeKillsPartner = true;
      await revoke(refreshTokenOf(second));
      assert.equal((await usersMe(accessTokenOf(second))).status, 401);
      assert.equal((await refresh(refreshTokenOf(second))).status, 400);
    });

    it('takes a token it does not know for revoked (RFC 7009 §2.2)', async () => {
      assert.deepEqual(await revoke('XAT-nobody'), { status: 200, body: { revoked: true } });
    });

    it('wants the client to prove itself as at the token endpoint', async () => {
      const token = accessTokenOf(await signIn({ app: WEB_APP }));
      assert.equal((await post('/2/oauth2/revoke', { token })).status, 400);
      assert.equal((await post('/2/oauth2/revoke', { token, client_id: WEB_APP.clientId })).status, 401);
      assert.equal((await revoke(token)).status, 400, 'another app’s token');
      assert.equal((await usersMe(token)).status, 200);
      const header = basic(WEB_APP.clientId, secretOf(WEB_APP));
      assert.equal((await post('/2/oauth2/revoke', { token }, header)).status, 200);
      assert.equal((await usersMe(token)).status, 401);
    });
  });

  describe('at /2/users/me', () => {
    it('says whose token it is', async () => {
      const { status, body } = await usersMe(accessTokenOf(await signIn({ as: 'grace' })));
      assert.equal(status, 200);
      assert.deepEqual(body, { data: { id: '1906120919920000002', name: 'Grace Hopper', username: 'grace_h' } });
    });

    it('adds the profile image when it is asked for', async () => {
      const token = accessTokenOf(await signIn());
      const { body } = await get('/2/users/me?user.fields=profile_image_url', token);
      const data = { id: '1815121018520000001', name: 'Ada Lovelace', username: 'ada_l' };
      assert.deepEqual(body, {
        data: { ...data, profile_image_url: 'https://pbs.example.com/profile_images/ada_normal.png' },
      });
      assert.equal((await get('/2/users/me?user.fields=shoe_size', token)).status, 400);
    });

    it('takes an access token for two hours', async () => {
      const token = accessTokenOf(await signIn());
      now += 7_199_999;
      assert.equal((await usersMe(token)).status, 200);
      now += 1;
      const { status, body } = await usersMe(token);
      assert.equal(status, 401);
      assert.deepEqual(body, { title: 'Unauthorized', detail: 'Unauthorized', type: 'about:blank', status: 401 });
    });

    it('refuses a missing header, an unknown token, and a refresh token', async () => {
      const token = refreshTokenOf(await signIn());
      for (const bearer of [undefined, 'XAT-nobody', token]) {
        assert.equal((await get('/2/users/me', bearer)).status, 401);
      }
    });

    for (const scopes of [['users.read'], ['tweet.read'], ['offline.access']]) {
      it(`refuses a token that has only ${scopes.join(' ')}`, async () => {
        assert.equal((await usersMe(accessTokenOf(await signIn({ scopes })))).status, 403);
      });
    }

    it('answers 75 times per user and 15 minutes, and says how many are left', async () => {
      const token = accessTokenOf(await signIn());
      const grace = accessTokenOf(await signIn({ as: 'grace' }));
      const reset = String(now / 1000 + 15 * 60);
      for (let left = 74; left >= 0; left--) assert.deepEqual(await limits(token), [200, '75', String(left), reset]);
      assert.deepEqual(await limits(token), [429, '75', '0', reset]);
      assert.deepEqual((await limits(grace)).slice(0, 3), [200, '75', '74']);
      now += 15 * 60_000;
      assert.deepEqual((await limits(token)).slice(0, 3), [200, '75', '74']);

      async function limits(bearer: string): Promise<unknown[]> {
        const { status, headers } = await fetch(`${x.apiBaseUrl}/2/users/me`, {
          headers: { authorization: `Bearer ${bearer}` },
        });
        return [status, ...['limit', 'remaining', 'reset'].map((name) => headers.get(`x-rate-limit-${name}`))];
      }
    });
  });

  describe('at other endpoints of API v2', () => {
    it('writes a post for a token with tweet.write, from JSON', async () => {
      const writer = accessTokenOf(await signIn({ scopes: [...SCOPES, 'tweet.write'] }));
      const reader = accessTokenOf(await signIn({ as: 'grace' }));
      assert.equal((await write(reader, '{"text":"Hello"}')).status, 403);
      assert.equal((await write(writer, 'text=Hello', 'application/x-www-form-urlencoded')).status, 400);
      const { status, body } = await write(writer, '{"text":"Hello"}');
      assert.equal(status, 201);
      assert.deepEqual(await get('/2/tweets/1900000000000000000', reader), { status: 200, body });
      assert.equal(x.requestsTo('POST /2/tweets').length, 3);
    });

    it('finds people by username', async () => {
      const token = accessTokenOf(await signIn());
      const { body } = await get('/2/users/by/username/Grace_H', token);
      assert.deepEqual(body, { data: { id: '1906120919920000002', name: 'Grace Hopper', username: 'grace_h' } });
      assert.ok('errors' in (await get('/2/users/by/username/nobody', token)).body);
    });

    it('answers 404 with a problem where there is nothing', async () => {
      const { status, body } = await get('/2/nothing', undefined);
      assert.deepEqual([status, body['type'], body['title']], [404, 'about:blank', 'Not Found']);
    });

    async function write(token: string, body: string, type = 'application/json'): Promise<Given> {
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      return given(await fetch(`${x.apiBaseUrl}/2/tweets`, { method: 'POST', headers, body }));
    }
  });

  describe('under a test’s control', () => {
    it('expires every access token at once, and renews them', async () => {
      const tokens = await signIn();
      x.grants.expireAccessTokens();
      assert.equal((await usersMe(accessTokenOf(tokens))).status, 401);
      assert.equal((await usersMe(accessTokenOf(await refresh(refreshTokenOf(tokens))))).status, 200);
    });

    it('disconnects an app as its user would at X', async () => {
      const [ada, grace] = [await signIn(), await signIn({ as: 'grace' })];
      x.grants.disconnect('ada', NATIVE_APP.clientId);
      assert.equal((await refresh(refreshTokenOf(ada))).status, 400);
      assert.deepEqual([x.grants.isLive(accessTokenOf(ada)), x.grants.isLive(accessTokenOf(grace))], [false, true]);
    });

    it('turns a public app into a confidential one', async () => {
      const tokens = await signIn();
      x.changeApp(NATIVE_APP.clientId, { kind: 'confidential', clientSecret: 'new' });
      assert.equal((await refresh(refreshTokenOf(tokens))).status, 401);
      const form = { grant_type: 'refresh_token', refresh_token: refreshTokenOf(tokens) };
      assert.equal((await post('/2/oauth2/token', form, basic(NATIVE_APP.clientId, 'new'))).status, 200);
    });

    it('renames people', async () => {
      const token = accessTokenOf(await signIn());
      x.changePerson('ada', { username: 'countess' });
      const { data } = (await usersMe(token)).body;
      assert.deepEqual(data, { id: '1815121018520000001', name: 'Ada Lovelace', username: 'countess' });
    });

    it('knows every secret it has given away', async () => {
      const tokens = await signIn();
      await refresh(refreshTokenOf(tokens));
      assert.ok(x.secrets.has(accessTokenOf(tokens)) && x.secrets.has(refreshTokenOf(tokens)));
      assert.equal(x.secrets.size, 5, 'a code, and two pairs of tokens');
    });
  });

  function authorization(
    { app = NATIVE_APP, scopes = SCOPES, redirectUri = REDIRECT_URI }: SignIn = {},
    change: (query: URLSearchParams) => void = () => {},
    verifier = randomBytes(32).toString('base64url'),
  ): { url: string; verifier: string } {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: app.clientId,
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state: 'a state/with odd&characters',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    change(query);
    return { url: `${x.authorizationBaseUrl}/oauth2/authorize?${query.toString().replaceAll('+', '%20')}`, verifier };
  }

  async function authorized(how: SignIn = {}, chosen?: string): Promise<{ form: Record<string, string> }> {
    const { app = NATIVE_APP, as = 'ada', redirectUri = REDIRECT_URI } = how;
    const { url, verifier } = authorization(how, undefined, chosen);
    const back = new URL(await x.consent(url, { as, decision: 'authorize' }));
    const form = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
      client_id: app.clientId,
    };
    return { form };
  }

  async function signIn(how: SignIn = {}): Promise<Given> {
    const { app = NATIVE_APP } = how;
    const { form } = await authorized(how);
    return post('/2/oauth2/token', form, app.kind === 'public' ? undefined : basic(app.clientId, secretOf(app)));
  }

  function refresh(refreshToken: string): Promise<Given> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: NATIVE_APP.clientId };
    return post('/2/oauth2/token', form);
  }

  function revoke(token: string): Promise<Given> {
    return post('/2/oauth2/revoke', { token, client_id: NATIVE_APP.clientId });
  }

  function usersMe(token: string): Promise<Given> {
    return get('/2/users/me', token);
  }

  async function get(path: string, bearer: string | undefined): Promise<Given> {
    const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    return given(await fetch(x.apiBaseUrl + path, { headers }));
  }

  async function post(path: string, form: Record<string, string | undefined>, authorization?: string): Promise<Given> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    return given(await fetch(x.apiBaseUrl + path, { method: 'POST', headers, body }));
  }

  async function pageAt(url: string): Promise<string> {
    return (await fetch(here(url))).text();
  }

  /** The address as Node resolves it everywhere. */
  function here(url: string): string {
    return url.replace('x.localhost', '127.0.0.1');
  }
});

async function given(response: Response): Promise<Given> {
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function assertInvalid(answer: Given, description: string): void {
  assert.deepEqual(answer, { status: 400, body: { error: 'invalid_request', error_description: description } });
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function secretOf(app: App): string {
  return app.clientSecret ?? '';
}

function accessTokenOf({ body }: Given): string {
  return String(body['access_token']);
}

function refreshTokenOf({ body }: Given): string {
  return String(body['refresh_token']);
}
