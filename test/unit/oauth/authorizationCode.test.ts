import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Client } from '../../../src/oauth/clientAuthentication.ts';
import {
  authorizationUrl,
  challengeOf,
  checkCallback,
  errorWithoutState,
  exchangeCode,
  newState,
  newVerifier,
  refresh,
  revoke,
  type AuthorizationRequest,
  type TokenAnswer,
} from '../../../src/oauth/authorizationCode.ts';
import {
  AuthorizationDeniedError,
  CallbackMismatchError,
  RefusedError,
  UnreachableError,
} from '../../../src/oauth/errors.ts';
import { bounded, type HttpDeps } from '../../../src/oauth/http.ts';
import { oauth2Endpoints } from '../../../src/x/endpoints.ts';
import {
  answers,
  answersJson,
  type App,
  type Fault,
  faults,
  NATIVE_APP,
  type ReceivedRequest,
  type FakeX,
  startFakeX,
  tooManyRequestsUntil,
  WEB_APP,
  withMembers,
} from 'x-authentication-testing';
import vectors from '../vectors.json' with { type: 'json' };

const TOKEN = '/2/oauth2/token';
const REVOKE = '/2/oauth2/revoke';
const REDIRECT_URI = 'http://127.0.0.1:41951/callback';
const SCOPES = ['tweet.read', 'users.read', 'offline.access'];
const NOW = Date.UTC(2026, 0, 1);

const endpoints = oauth2Endpoints({ api: 'https://api.x.com', authorization: 'https://x.com/i' });

function clientOf({ clientId, clientSecret }: App): Client {
  return { clientId, clientSecret };
}

function newRequest(scopes: readonly string[] = SCOPES): AuthorizationRequest {
  return { redirectUri: REDIRECT_URI, scopes, state: newState(), verifier: newVerifier() };
}

async function failure(of: Promise<unknown>): Promise<unknown> {
  return of.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
}

describe('The authorization URL', () => {
  const client: Client = { clientId: 'TmF0aXZl OjE6Y2k+/=&' };

  it('has every parameter of the code grant with PKCE, and no other', async () => {
    const request = newRequest();
    const url = new URL(await authorizationUrl(endpoints, client, request));
    assert.equal(url.origin + url.pathname, 'https://x.com/i/oauth2/authorize');
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: REDIRECT_URI,
      scope: 'tweet.read users.read offline.access',
      state: request.state,
      code_challenge: await challengeOf(request.verifier),
      code_challenge_method: 'S256',
    });
  });

  it('separates scopes by %20 and has no + anywhere', async () => {
    const redirectUri = 'https://code.example.com/a+b/proxy/41951/callback?x=a b+c';
    const url = await authorizationUrl(endpoints, client, { ...newRequest(), redirectUri });
    assert.match(url, /&scope=tweet\.read%20users\.read%20offline\.access&/);
    assert.doesNotMatch(url, /[+ ]/);
    assert.equal(new URL(url).searchParams.get('redirect_uri'), redirectUri);
  });

  it('never has the verifier, nor a secret', async () => {
    const request = newRequest();
    const url = await authorizationUrl(endpoints, { clientId: 'id', clientSecret: 'SECRET' }, request);
    assert.ok(!url.includes(request.verifier));
    assert.doesNotMatch(url, /SECRET/);
  });

  for (const { source, verifier, challenge } of vectors.pkce) {
    it(`has the S256 challenge of ${source}`, async () => {
      const url = new URL(await authorizationUrl(endpoints, client, { ...newRequest(), verifier }));
      assert.equal(url.searchParams.get('code_challenge'), challenge);
    });
  }

  it('has a verifier and a state that nobody had before', () => {
    const made = Array.from({ length: 1000 }, newRequest.bind(undefined, []));
    for (const { state, verifier } of made) {
      assert.match(verifier, /^[A-Za-z0-9\-._~]{43,128}$/);
      assert.match(state, /^[A-Za-z0-9_-]{43,500}$/);
    }
    assert.equal(new Set(made.flatMap(({ state, verifier }) => [state, verifier])).size, 2000);
  });

  it('leads to consent at X', async () => {
    const x = await startFakeX();
    try {
      const here = oauth2Endpoints({ api: x.apiBaseUrl, authorization: x.authorizationBaseUrl });
      const request = newRequest();
      const url = await authorizationUrl(here, clientOf(NATIVE_APP), request);
      const back = new URL(await x.consent(url, { as: 'ada', decision: 'authorize' }));
      assert.equal(back.searchParams.get('state'), request.state);
      assert.ok(back.searchParams.has('code'));
    } finally {
      await x.stop();
    }
  });
});

describe('checkCallback', () => {
  const request: AuthorizationRequest = { ...newRequest(), state: 'the+state', verifier: 'v'.repeat(43) };
  const check = (query: string): URLSearchParams =>
    checkCallback(endpoints, { clientId: 'id' }, request, new URLSearchParams(query)).checked;

  const accepted: readonly (readonly [what: string, query: string])[] = [
    ['code and state', 'code=SECRET&state=the%2Bstate'],
    ['them in another order', 'state=the%2Bstate&code=SECRET'],
    ['parameters that nobody knows', 'code=SECRET&state=the%2Bstate&nonce=1&nonce=2&scope=tweet.read'],
    ['an issuer, which X does not announce', 'code=SECRET&state=the%2Bstate&iss=https%3A%2F%2Fapi.x.com'],
    ['parameters of other flows', 'code=SECRET&state=the%2Bstate&response=jwt&token=t&id_token=t'],
  ];
  for (const [what, query] of accepted) {
    it(`accepts ${what}`, () => {
      assert.deepEqual(Object.fromEntries(check(query)), { code: 'SECRET', state: 'the+state' });
    });
  }

  const mismatches: readonly (readonly [what: string, query: string])[] = [
    ['nothing', ''],
    ['another state', 'code=SECRET&state=other'],
    ['the state in another case', 'code=SECRET&state=THE%2BSTATE'],
    ['a beginning of the state', 'code=SECRET&state=the'],
    ['no state', 'code=SECRET'],
    ['an empty state', 'code=SECRET&state='],
    ['the state twice', 'code=SECRET&state=the%2Bstate&state=the%2Bstate'],
    ['the state and another', 'code=SECRET&state=the%2Bstate&state=other'],
    ['the code twice', 'code=SECRET&code=SECRET2&state=the%2Bstate'],
    ['the error twice', 'error=access_denied&error=SECRET&state=the%2Bstate'],
    ['the state, and no code', 'state=the%2Bstate'],
    ['the state, and an empty code', 'code=&state=the%2Bstate'],
    ['a denial of another sign-in', 'error=access_denied&state=other'],
    ['a denial with an empty state', 'error=access_denied&state='],
    ['a denial with two states', 'error=access_denied&state=the%2Bstate&state=other'],
    ['words of anybody as an error without a state', 'error=Call+0900+SECRET+now'],
  ];
  for (const [what, query] of mismatches) {
    it(`does not take ${what} for the answer to this sign-in`, () => {
      assert.throws(
        () => check(query),
        (error) => {
          assert.ok(error instanceof CallbackMismatchError, inspect(error));
          assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /SECRET|the\+state/);
          return true;
        },
      );
    });
  }

  const denials: readonly (readonly [what: string, query: string, code: string, description?: string])[] = [
    ['with the state', 'error=access_denied&state=the%2Bstate', 'access_denied'],
    ['without a state', 'error=access_denied', 'access_denied'],
    ['for too long a state, without one', 'error=invalid_request', 'invalid_request'],
    ['in X’s words', 'error=server_error&error_description=Try+later.&state=the%2Bstate', 'server_error', 'Try later.'],
    ['in words that are new to us', 'error=over_capacity&state=the%2Bstate', 'over_capacity'],
    ['beside a code', 'error=access_denied&code=SECRET&state=the%2Bstate', 'access_denied'],
    [
      'without a state and without the words of whoever sent it',
      'error=server_error&error_description=Call+0900+SECRET+now',
      'server_error',
    ],
  ];
  for (const [what, query, code, description] of denials) {
    it(`tells a denial ${what}`, () => {
      assert.throws(
        () => check(query),
        (error) => {
          assert.ok(error instanceof AuthorizationDeniedError, inspect(error));
          assert.deepEqual([error.code, error.description], [code, description]);
          assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /SECRET|the\+state/);
          return true;
        },
      );
    });
  }

  it('does not take a state that is left out for one that says null', () => {
    const callback = new URLSearchParams({ code: 'code' });
    assert.throws(
      () => checkCallback(endpoints, { clientId: 'id' }, { ...request, state: 'null' }, callback),
      CallbackMismatchError,
    );
  });

  it('finds the error of a callback without a state, if there is one and no other', () => {
    assert.equal(errorWithoutState(new URLSearchParams('error=access_denied')), 'access_denied');
    for (const query of [
      '',
      'error=',
      'error=other',
      'error=access_denied&state=',
      'error=access_denied&error=other',
    ]) {
      assert.equal(errorWithoutState(new URLSearchParams(query)), undefined, query);
    }
  });

  it('keeps a link, which could be to a command, out of what may be shown', () => {
    const words = 'first\nsecond [here](command:workbench.action.quit) \u202e' + 'x'.repeat(1000);
    const query = new URLSearchParams({ error: words, error_description: words, state: request.state });
    assert.throws(
      () => check(query.toString()),
      (error) => {
        assert.ok(error instanceof AuthorizationDeniedError);
        for (const text of [error.code, error.description ?? '', error.message]) {
          assert.doesNotMatch(text, /\]\(|\n|\u202e/);
          assert.match(text, /first second \[here\] \(command/);
          assert.ok(text.length < 400);
        }
        return true;
      },
    );
  });
});

describe('The code grant', () => {
  let x: FakeX;
  let now: number;
  const deps: HttpDeps = { fetch: bounded(fetch, 5000), now: () => now };

  beforeEach(async () => {
    x = await startFakeX();
    now = NOW;
  });
  afterEach(() => x.stop());

  const here = () => oauth2Endpoints({ api: x.apiBaseUrl, authorization: x.authorizationBaseUrl });

  async function consented(app: App, request: AuthorizationRequest): Promise<URLSearchParams> {
    const url = await authorizationUrl(here(), clientOf(app), request);
    return new URL(await x.consent(url, { as: 'ada', decision: 'authorize' })).searchParams;
  }

  async function signIn(app = NATIVE_APP, request = newRequest()): Promise<TokenAnswer> {
    const client = clientOf(app);
    const checked = checkCallback(here(), client, request, await consented(app, request));
    return exchangeCode(here(), client, request, checked, deps);
  }

  async function refreshToken(app = NATIVE_APP): Promise<string> {
    const { refreshToken: token } = await signIn(app);
    assert.ok(token !== undefined);
    return token;
  }

  function last(): ReceivedRequest {
    const request = x.requests.at(-1);
    assert.ok(request !== undefined);
    return request;
  }

  /** What a request says about who sends it and what it is, whatever the HTTP client adds. */
  function essence({ method, path, rawQuery, form, headers }: ReceivedRequest): object {
    const { authorization, accept, 'content-type': type } = headers;
    return { method, path, rawQuery, form, authorization, accept, type: type?.toLowerCase() };
  }

  const asForm = {
    method: 'POST',
    rawQuery: '',
    accept: 'application/json',
    type: 'application/x-www-form-urlencoded;charset=utf-8',
  };

  const SECRETS = ['a-b_c', 'open sesame', 'geheimnisträger', 'a:b%41+/='];
  const kinds: readonly (readonly [kind: string, app: App, authorization: string | undefined])[] = [
    ['a public client', NATIVE_APP, undefined],
    ...SECRETS.map((clientSecret): [string, App, string] => [
      `a confidential client with the secret ${JSON.stringify(clientSecret)}`,
      { ...WEB_APP, clientSecret },
      `Basic ${Buffer.from(`${WEB_APP.clientId}:${clientSecret}`).toString('base64')}`,
    ]),
  ];
  for (const [kind, app, authorization] of kinds) {
    describe(`for ${kind}`, () => {
      beforeEach(() => {
        x.changeApp(app.clientId, app);
      });

      it('sends exactly the code, its verifier and who asks', async () => {
        const request = newRequest();
        const callback = await consented(app, request);
        const checked = checkCallback(here(), clientOf(app), request, callback);
        const answer = await exchangeCode(here(), clientOf(app), request, checked, deps);
        assert.deepEqual(essence(last()), {
          ...asForm,
          path: TOKEN,
          form: {
            grant_type: 'authorization_code',
            code: callback.get('code'),
            redirect_uri: REDIRECT_URI,
            code_verifier: request.verifier,
            client_id: app.clientId,
          },
          authorization,
        });
        assert.equal(answer.expiresInMs, 7_200_000);
        assert.deepEqual(answer.scopes?.toSorted(), SCOPES.toSorted());
        assert.ok(x.grants.isLive(answer.accessToken) && x.grants.isLive(answer.refreshToken ?? ''));
        assert.equal(x.requestsTo(TOKEN).length, 1);
      });

      it('sends exactly the refresh token and who asks', async () => {
        const spent = await refreshToken(app);
        const answer = await refresh(here(), clientOf(app), spent, deps);
        assert.deepEqual(essence(last()), {
          ...asForm,
          path: TOKEN,
          form: { grant_type: 'refresh_token', refresh_token: spent, client_id: app.clientId },
          authorization,
        });
        assert.notEqual(answer.refreshToken, spent);
        assert.ok(x.grants.isLive(answer.accessToken) && x.grants.isLive(answer.refreshToken ?? ''));
        assert.equal(x.requestsTo(TOKEN).length, 2);
      });

      it('revokes either token, and says which it is', async () => {
        const { accessToken, refreshToken: other = '' } = await signIn(app);
        for (const [token, hint] of [
          [accessToken, 'access_token'],
          [other, 'refresh_token'],
        ] as const) {
          await revoke(here(), clientOf(app), token, hint, deps);
          assert.deepEqual(essence(last()), {
            ...asForm,
            accept: '*/*',
            path: REVOKE,
            form: { token, token_type_hint: hint, client_id: app.clientId },
            authorization,
          });
          assert.equal(x.grants.isLive(token), false);
        }
      });
    });
  }

  it('gives no refresh token where none was asked for', async () => {
    const answer = await signIn(NATIVE_APP, newRequest(['tweet.read', 'users.read']));
    assert.equal(answer.refreshToken, undefined);
  });

  it('never puts anything of a sign-in into the URL or a header', async () => {
    await refresh(here(), clientOf(NATIVE_APP), await refreshToken(), deps);
    for (const { path, rawQuery, headers } of x.requestsTo(TOKEN)) {
      const text = JSON.stringify([path, rawQuery, headers]);
      for (const secret of x.secrets) assert.ok(!text.includes(secret), path);
    }
  });

  describe('is RefusedError in X’s words', () => {
    const badHeader = 'Missing valid authorization header';
    const cases: readonly (readonly [
      what: string,
      ask: () => Promise<unknown>,
      status: number,
      code: string,
      description: string,
    ])[] = [
      [
        'for a client id that X does not know',
        async () => refresh(here(), { clientId: 'unknown' }, await refreshToken(), deps),
        400,
        'invalid_client',
        'Value passed for the client id was invalid.',
      ],
      [
        'for a secret that is missing',
        async () => refresh(here(), { clientId: WEB_APP.clientId }, await refreshToken(WEB_APP), deps),
        401,
        'unauthorized_client',
        badHeader,
      ],
      [
        'for a secret that is wrong',
        async () =>
          refresh(here(), { clientId: WEB_APP.clientId, clientSecret: 'wrong' }, await refreshToken(WEB_APP), deps),
        401,
        'unauthorized_client',
        badHeader,
      ],
      [
        'for a secret that is needless',
        async () => refresh(here(), { ...clientOf(NATIVE_APP), clientSecret: 'none' }, await refreshToken(), deps),
        401,
        'unauthorized_client',
        badHeader,
      ],
      [
        'for a code that is used',
        async () => {
          const request = newRequest();
          const checked = checkCallback(here(), clientOf(NATIVE_APP), request, await consented(NATIVE_APP, request));
          await exchangeCode(here(), clientOf(NATIVE_APP), request, checked, deps);
          await exchangeCode(here(), clientOf(NATIVE_APP), request, checked, deps);
        },
        400,
        'invalid_request',
        'Value passed for the authorization code was invalid.',
      ],
      [
        'for another verifier',
        async () => {
          const request = newRequest();
          const checked = checkCallback(here(), clientOf(NATIVE_APP), request, await consented(NATIVE_APP, request));
          const other = { ...request, verifier: newVerifier() };
          await exchangeCode(here(), clientOf(NATIVE_APP), other, checked, deps);
        },
        400,
        'invalid_request',
        'Value passed for the code verifier did not match the code challenge.',
      ],
      [
        'for another redirect URI',
        async () => {
          const request = newRequest();
          const checked = checkCallback(here(), clientOf(NATIVE_APP), request, await consented(NATIVE_APP, request));
          const other = { ...request, redirectUri: `${REDIRECT_URI}/` };
          await exchangeCode(here(), clientOf(NATIVE_APP), other, checked, deps);
        },
        400,
        'invalid_request',
        'Value passed for the redirect uri did not match the uri of the authorization code.',
      ],
      [
        'for a refresh token that is spent',
        async () => {
          const spent = await refreshToken();
          await refresh(here(), clientOf(NATIVE_APP), spent, deps);
          await refresh(here(), clientOf(NATIVE_APP), spent, deps);
        },
        400,
        'invalid_request',
        'Value passed for the token was invalid.',
      ],
    ];
    for (const [what, ask, status, code, description] of cases) {
      for (const errorsListToo of [false, true]) {
        it(`${what}${errorsListToo ? ', with a list of errors as well' : ''}`, async () => {
          x.switches.errorsListToo = errorsListToo;
          const error = await failure(ask());
          assert.ok(error instanceof RefusedError, inspect(error));
          assert.deepEqual([error.status, error.code, error.description], [status, code, description]);
          const text = inspect(error, { depth: Infinity, showHidden: true });
          for (const secret of x.secrets) assert.ok(!text.includes(secret));
        });
      }
    }

    const said = { error: 'unauthorized_client', error_description: badHeader };
    for (const challenge of ['Basic realm="x"', 'Bearer', 'OAuth realm="https://api.x.com"', 'rubbish,,=']) {
      it(`beside the challenge ${challenge}`, async () => {
        const headers = { 'www-authenticate': challenge, 'content-type': 'application/json' };
        x.fail(TOKEN, answers(401, headers, JSON.stringify(said)));
        const error = await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps));
        assert.ok(error instanceof RefusedError, inspect(error));
        assert.deepEqual([error.code, error.description], [said.error, said.error_description]);
      });
    }

    it('without a description, or with one that is no text', async () => {
      for (const words of [{}, { error_description: null }, { error_description: { text: 'x' } }]) {
        x.fail(TOKEN, answersJson(400, { error: 'invalid_grant', ...words }));
        const error = await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps));
        assert.ok(error instanceof RefusedError, inspect(error));
        assert.deepEqual([error.code, error.description], ['invalid_grant', undefined]);
      }
    });

    it('whatever the Content-Type is', async () => {
      x.fail(TOKEN, answers(400, { 'content-type': 'text/plain' }, '{"error":"invalid_grant"}'));
      assert.ok((await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps))) instanceof RefusedError);
    });

    it('on one line and without links', async () => {
      const error_description = 'one\r\ntwo [three](https://evil.example)';
      x.fail(TOKEN, answersJson(400, { error: 'other', error_description }));
      const error = await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps));
      assert.ok(error instanceof RefusedError);
      assert.equal(error.description, 'one two [three] (https://evil.example)');
      assert.equal(error.message, 'The server refused: other (one two [three] (https://evil.example))');
    });
  });

  describe('is Unreachable', () => {
    const dead = { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' };
    const cases: readonly (readonly [what: string, fault: Fault, status: number | undefined])[] = [
      ['after 500 in text', faults.internalError, 500],
      ['after 502 in HTML', faults.badGateway, 502],
      ['after 500 in OAuth’s words', answersJson(500, dead), 500],
      ['after 503 in HTML', faults.htmlUnavailable, 503],
      ['after 503 in OAuth’s words', answersJson(503, dead), 503],
      ['after 429', faults.tooManyRequests, 429],
      ['after 429 in OAuth’s words', answersJson(429, dead), 429],
      ['after 400 in text', faults.bareBadRequest, 400],
      ['after 401 in text', faults.bareUnauthorized, 401],
      ['after 401 of API v2', faults.unauthorized, 401],
      ['after 403 in HTML', faults.bareForbidden, 403],
      ['after 400 with another list of errors', answersJson(400, { errors: [{ code: 131, message: 'x' }] }), 400],
      ['after 400 with an empty error', answersJson(400, { error: '' }), 400],
      ['after 400 with an error that is no text', answersJson(400, { error: { code: 1 } }), 400],
      ['after 400 with a list', answersJson(400, ['error']), 400],
      ['after 302', answers(302, { location: 'https://hotel.example/login' }, ''), 302],
      ['after 302 in OAuth’s words', answersJson(302, dead), 302],
      ['after 204', answers(204, {}, ''), 204],
      ['after 200 in HTML, as of a hotel', answers(200, { 'content-type': 'text/html' }, '<html>SECRET'), 200],
      ['after 200 with nothing', answers(200, {}, ''), 200],
      ['after 200 with null', answersJson(200, null), 200],
      ['after 200 in OAuth’s words for an error', answersJson(200, dead), 200],
      ['after half an answer', faults.truncatedJson, 200],
      ['when the answer breaks off', faults.brokenOff, 200],
      ['when the connection is reset', faults.reset, undefined],
      ['without an access token', withMembers({ access_token: undefined }), 200],
      ['with an empty access token', withMembers({ access_token: '' }), 200],
      ['with an access token that is no text', withMembers({ access_token: ['SECRET'] }), 200],
      ['with an access token that no header can hold', withMembers({ access_token: 'SECRET\nx' }), 200],
      ['without a token type', withMembers({ token_type: undefined }), 200],
      ['with another token type', withMembers({ token_type: 'mac', access_token: 'SECRET' }), 200],
    ];
    for (const [what, fault, status] of cases) {
      it(what, async () => {
        const token = await refreshToken();
        x.fail(TOKEN, fault);
        const error = await failure(refresh(here(), clientOf(NATIVE_APP), token, deps));
        assert.ok(error instanceof UnreachableError, inspect(error));
        assert.deepEqual([error.status, error.maybeSent], [status, true]);
        assert.match(error.message, /^[A-Z].*\.$/, 'a sentence');
        const text = inspect(error, { depth: Infinity, showHidden: true });
        for (const secret of [...x.secrets, 'SECRET']) assert.ok(!text.includes(secret), text);
        assert.equal(x.requestsTo(TOKEN).length, 2, 'nothing is sent again');
      });
    }

    const waits: readonly (readonly [what: string, fault: Fault, ms: number | undefined])[] = [
      ['seconds', answers(429, { 'retry-after': '30' }, ''), 30_000],
      ['seconds, with 503', answers(503, { 'retry-after': '30' }, ''), 30_000],
      ['a date', answers(429, { 'retry-after': new Date(NOW + 45_000).toUTCString() }, ''), 45_000],
      ['x-rate-limit-reset', tooManyRequestsUntil(NOW + 60_000), 60_000],
      ['nothing', faults.tooManyRequests, undefined],
    ];
    for (const [what, fault, ms] of waits) {
      it(`for as long as X says in ${what}`, async () => {
        x.fail(TOKEN, fault);
        const error = await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps));
        assert.ok(error instanceof UnreachableError, inspect(error));
        assert.equal(error.retryAfterMs, ms);
      });
    }

    it('when a code could not be exchanged or a token not be revoked, too', async () => {
      x.fail(TOKEN, faults.badGateway);
      assert.ok((await failure(signIn())) instanceof UnreachableError);
      for (const fault of [faults.badGateway, faults.bareForbidden, faults.tooManyRequests, answers(204, {}, '')]) {
        x.fail(REVOKE, fault);
        const error = await failure(revoke(here(), clientOf(NATIVE_APP), 'token', 'access_token', deps));
        assert.ok(error instanceof UnreachableError);
      }
    });
  });

  it('is RefusedError when X does not revoke a token', async () => {
    const description = 'Value passed for the token was invalid.';
    x.fail(REVOKE, answersJson(400, { error: 'invalid_request', error_description: description }));
    const error = await failure(revoke(here(), clientOf(NATIVE_APP), 'token', 'access_token', deps));
    assert.ok(error instanceof RefusedError, inspect(error));
    assert.equal(error.description, description);
  });

  it('does not follow a redirect with a refresh token in it', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      x.fail(TOKEN, answers(status, { location: `${x.apiBaseUrl}/elsewhere` }, ''));
      assert.ok((await failure(refresh(here(), clientOf(NATIVE_APP), 'token', deps))) instanceof UnreachableError);
    }
    assert.ok(x.requests.every(({ path }) => path === TOKEN));
  });

  describe('takes good tokens', () => {
    const cases: readonly (readonly [what: string, fault: Fault, odd: Partial<TokenAnswer>])[] = [
      ['with a token type in another case', withMembers({ token_type: 'Bearer' }), {}],
      ['that expire in text', withMembers({ expires_in: '7200' }), {}],
      ['that expire in an hour', withMembers({ expires_in: 3600 }), { expiresInMs: 3_600_000 }],
      ['that expire in ten years', withMembers({ expires_in: 315_360_000 }), { expiresInMs: 315_360_000_000 }],
      ...[undefined, null, 0, -1, 315_360_001, 1e300, 'soon', '', true, [7200]].map(
        (value): [string, Fault, Partial<TokenAnswer>] => [
          `that expire ${value === undefined ? 'without a word' : JSON.stringify(value)}`,
          withMembers({ expires_in: value }),
          { expiresInMs: undefined },
        ],
      ),
      ...[undefined, null, '', ' ', ['tweet.read'], 7].map((value): [string, Fault, Partial<TokenAnswer>] => [
        `with ${value === undefined ? 'no scope' : `the scope ${JSON.stringify(value)}`}`,
        withMembers({ scope: value }),
        { scopes: undefined },
      ]),
      ['with odd spaces', withMembers({ scope: ' a  b ' }), { scopes: ['a', 'b'] }],
      ...[undefined, null, '', {}].map((value): [string, Fault, Partial<TokenAnswer>] => [
        `with ${value === undefined ? 'no refresh token' : `the refresh token ${JSON.stringify(value)}`}`,
        withMembers({ refresh_token: value }),
        { refreshToken: undefined },
      ]),
      ['beside an id_token that nobody asked for', withMembers({ id_token: 'e30.e30.e30', extra: [1] }), {}],
    ];
    for (const [what, fault, odd] of cases) {
      it(what, async () => {
        const token = await refreshToken();
        x.fail(TOKEN, fault);
        const answer = await refresh(here(), clientOf(NATIVE_APP), token, deps);
        assert.ok(x.grants.isLive(answer.accessToken));
        const usual = { expiresInMs: 7_200_000, scopes: SCOPES.toReversed(), refreshToken: answer.refreshToken };
        assert.deepEqual(answer, { accessToken: answer.accessToken, ...usual, ...odd });
        if (!('refreshToken' in odd)) assert.ok(x.grants.isLive(answer.refreshToken ?? ''));
      });
    }
  });
});
