import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AuthorizationDeniedError, CallbackMismatchError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import {
  accessTokenRequest,
  accessTokenResponse,
  authorizationFor,
  authorizationUrl,
  OUT_OF_BAND,
  requestTokenRequest,
  requestTokenResponse,
  sendSigned,
  verifierOf,
  type Endpoints,
  type SigningDeps,
} from '../../../src/oauth/oauth1Flow.ts';
import { newNonce, type Consumer, type Token } from '../../../src/oauth/oauth1Signature.ts';
import {
  ADA,
  answers,
  type Fault,
  faults,
  NATIVE_APP,
  type ReceivedRequest,
  type FakeX,
  startFakeX,
  tooManyRequestsUntil,
} from 'x-authentication-testing';

const consumer: Consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };
const callback = 'http://127.0.0.1:41951/callback';
const requested: Token = { token: 'request token', secret: 'request token secret' };

/** The parameters of the Authorization header, decoded. */
function authorizationOf(request: ReceivedRequest | undefined): Record<string, string> {
  const pairs = Array.from((request?.headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g));
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decodeURIComponent(value ?? '')]));
}

function headerAt(now: number, nonce: string): string {
  return authorizationFor({ method: 'GET', url: 'http://h/', consumer }, { now: () => now, nonce: () => nonce });
}

function verifierIn(callbackQuery: Record<string, string>): string {
  return verifierOf(requested, new URLSearchParams(callbackQuery));
}

function formAnswer(body: string): Fault {
  return answers(200, { 'content-type': 'text/html; charset=utf-8' }, body);
}

describe('OAuth 1.0a', () => {
  let x: FakeX;
  let endpoints: Endpoints;
  const deps: SigningDeps = { fetch: bounded(fetch, 5000), now: Date.now, nonce: newNonce };

  beforeEach(async () => {
    x = await startFakeX();
    endpoints = {
      requestToken: `${x.apiBaseUrl}/oauth/request_token`,
      authorize: `${x.apiBaseUrl}/oauth/authorize`,
      accessToken: `${x.apiBaseUrl}/oauth/access_token`,
    };
  });
  afterEach(() => x.stop());

  async function requestToken(to = callback, parameters = {}): Promise<Token> {
    return requestTokenResponse(await requestTokenRequest(endpoints, consumer, to, parameters, deps), deps);
  }

  async function granted(fault: Fault): Promise<unknown> {
    x.fail('/oauth/access_token', fault);
    const response = await accessTokenRequest(endpoints, consumer, requested, 'v', deps);
    return accessTokenResponse(response, deps).catch((reason: unknown) => reason);
  }

  it('signs somebody in by callback, and then signs with the access token and its secret', async () => {
    const token = await requestToken();
    const back = await x.consent(authorizationUrl(endpoints, token), { as: 'ada', decision: 'authorize' });
    const verifier = verifierOf(token, new URL(back).searchParams);
    const answer = await accessTokenResponse(
      await accessTokenRequest(endpoints, consumer, token, verifier, deps),
      deps,
    );
    assert.deepEqual(answer.parameters, { user_id: ADA.id, screen_name: ADA.username });

    const url = `${x.apiBaseUrl}/2/users/me?user.fields=profile_image_url,name`;
    const me = await sendSigned({ method: 'GET', url, consumer, token: answer.token }, deps);
    assert.equal(me.status, 200);
  });

  it('signs somebody in by PIN', async () => {
    const token = await requestToken(OUT_OF_BAND);
    const pin = await x.consentWithPin(authorizationUrl(endpoints, token), 'ada');
    const response = await accessTokenRequest(endpoints, consumer, token, pin, deps);
    assert.equal((await accessTokenResponse(response, deps)).parameters['screen_name'], ADA.username);
  });

  it('asks for a request token with the callback in the header and what else there is in the form', async () => {
    const fixed = { ...deps, now: () => 1_318_622_958_999, nonce: () => 'once' };
    await requestTokenRequest(endpoints, consumer, callback, { x_auth_access_type: 'read' }, fixed);
    await requestTokenRequest(endpoints, consumer, callback, {}, fixed);
    const [first, second] = x.requests;
    const { oauth_signature: signature, ...header } = authorizationOf(first);
    assert.deepEqual(
      { method: first?.method, rawQuery: first?.rawQuery, form: first?.form, header },
      {
        method: 'POST',
        rawQuery: '',
        form: { x_auth_access_type: 'read' },
        header: {
          oauth_callback: callback,
          oauth_consumer_key: consumer.key,
          oauth_signature_method: 'HMAC-SHA1',
          oauth_timestamp: '1318622958',
          oauth_nonce: 'once',
          oauth_version: '1.0',
        },
      },
    );
    assert.equal(second?.body, '');
    assert.equal(second.headers['content-type'], undefined);
    assert.notEqual(authorizationOf(second)['oauth_signature'], signature, 'the form counts');
  });

  it('sends the verifier in the header, where X never misses it, and no body', async () => {
    const token = await requestToken();
    await accessTokenRequest(endpoints, consumer, token, 'the verifier', deps);
    const [sent] = x.requestsTo('POST /oauth/access_token');
    const { oauth_verifier, oauth_token } = authorizationOf(sent);
    assert.deepEqual({ oauth_verifier, oauth_token }, { oauth_verifier: 'the verifier', oauth_token: token.token });
    assert.equal(sent?.body, '');
    assert.equal(sent.rawQuery, '');
  });

  it('sends the form that it signed', async () => {
    const form = new URLSearchParams([
      ['a', 'x y'],
      ['a', '+&☃'],
      ['', ''],
    ]);
    await sendSigned({ method: 'POST', url: endpoints.requestToken, consumer, form }, deps);
    assert.equal(x.requests[0]?.body, 'a=x+y&a=%2B%26%E2%98%83&=');
    assert.match(x.requests[0].headers['content-type'] ?? '', /^application\/x-www-form-urlencoded\b/);
    assert.equal(x.requests[0].outcome.status, 400, 'the signature is right: only the callback is missing');
  });

  it('takes timestamp and nonce from the world', () => {
    assert.match(headerAt(999, 'n'), /oauth_timestamp="0", oauth_nonce="n"/);
    assert.match(headerAt(61_000, 'm'), /oauth_timestamp="61", oauth_nonce="m"/);
  });

  describe('the page to open', () => {
    it('carries the request token and what else was asked for', () => {
      const token = { token: 'a/b+c', secret: 's' };
      assert.equal(authorizationUrl(endpoints, token), `${endpoints.authorize}?oauth_token=a%2Fb%2Bc`);
      assert.equal(
        authorizationUrl(endpoints, token, { force_login: 'true' }),
        `${endpoints.authorize}?oauth_token=a%2Fb%2Bc&force_login=true`,
      );
    });
  });

  describe('the callback', () => {
    it('gives the verifier', () => {
      assert.equal(verifierIn({ oauth_token: requested.token, oauth_verifier: 'v' }), 'v');
    });

    it('is refused when it answers another request token', () => {
      assert.throws(() => verifierIn({ oauth_token: 'another', oauth_verifier: 'v' }), CallbackMismatchError);
      assert.throws(() => verifierIn({ oauth_verifier: 'v' }), CallbackMismatchError);
      assert.throws(() => verifierIn({ denied: 'another' }), CallbackMismatchError);
      assert.throws(() => verifierIn({}), CallbackMismatchError);
    });

    it('is refused when it has no verifier: that is OAuth 1.0 without the a', () => {
      assert.throws(() => verifierIn({ oauth_token: requested.token }), CallbackMismatchError);
      assert.throws(() => verifierIn({ oauth_token: requested.token, oauth_verifier: '' }), CallbackMismatchError);
    });

    it('tells that the person said no', async () => {
      const token = await requestToken();
      const back = await x.consent(authorizationUrl(endpoints, token), { as: 'ada', decision: 'cancel' });
      assert.throws(
        () => verifierOf(token, new URL(back).searchParams),
        (error) => error instanceof AuthorizationDeniedError && error.code === 'access_denied',
      );
    });

    it('quotes nothing of what came', () => {
      assert.throws(
        () => verifierIn({ oauth_token: 'T0KEN', oauth_verifier: 'VER1FIER' }),
        (error) => !/T0KEN|VER1FIER|request token/.test(String(error)),
      );
    });
  });

  describe('an answer that is not one', () => {
    const token = 'oauth_token=SECRET1&oauth_token_secret=SECRET2';
    const cases: readonly (readonly [what: string, fault: Fault])[] = [
      ['without oauth_callback_confirmed', formAnswer(token)],
      ['with oauth_callback_confirmed=false', formAnswer(`${token}&oauth_callback_confirmed=false`)],
      ['without a secret', formAnswer('oauth_token=SECRET1&oauth_callback_confirmed=true')],
      ['with an empty token', formAnswer('oauth_token=&oauth_token_secret=SECRET2&oauth_callback_confirmed=true')],
      [
        'that is a page, as of a hotel',
        formAnswer('<html><body><a href="/login?a=b&oauth_token=x">Log in</a></body></html>'),
      ],
      ['that is JSON', formAnswer('{"oauth_token":"SECRET1","oauth_token_secret":"SECRET2"}')],
      ['that is empty', formAnswer('')],
      ['201', answers(201, {}, `${token}&oauth_callback_confirmed=true`)],
      ['302', answers(302, { location: '/login' }, '')],
      ['503 with a page', faults.htmlUnavailable],
      ['429', faults.tooManyRequests],
      ['that breaks off', faults.brokenOff],
      ['that is a reset', faults.reset],
      ['that is endless', faults.hundredMegabytes],
    ];
    for (const [what, fault] of cases) {
      it(`is UnreachableError: one ${what}`, async () => {
        x.fail('/oauth/request_token', fault);
        const error: unknown = await requestToken().catch((reason: unknown) => reason);
        assert.ok(error instanceof UnreachableError, String(error));
        assert.doesNotMatch(inspect(error, { depth: 10 }), /SECRET/);
      });
    }

    it('is UnreachableError for access tokens too', async () => {
      assert.ok((await granted(formAnswer('oauth_token=SECRET1'))) instanceof UnreachableError);
      assert.ok((await granted(formAnswer('oauth_token=SECRET1&oauth_token_secret='))) instanceof UnreachableError);
      const error = await granted(formAnswer('oauth_token=SECRET1'));
      assert.ok(error instanceof UnreachableError && error.status === 200);
      assert.ok((await granted(faults.internalError)) instanceof UnreachableError);
      assert.deepEqual(await granted(formAnswer(`${token}&x=1`)), {
        token: { token: 'SECRET1', secret: 'SECRET2' },
        parameters: { x: '1' },
      });
    });

    it('says how long to wait, when X does', async () => {
      x.fail('/oauth/request_token', tooManyRequestsUntil(60_000));
      const response = await requestTokenRequest(endpoints, consumer, callback, {}, deps);
      await assert.rejects(
        requestTokenResponse(response, { now: () => 15_000 }),
        (error) => error instanceof UnreachableError && error.status === 429 && error.retryAfterMs === 45_000,
      );
    });

    it('knows whether the request can have arrived', async () => {
      x.fail('/oauth/request_token', faults.reset);
      await assert.rejects(requestToken(), (error) => error instanceof UnreachableError && error.maybeSent);
      await x.goOffline();
      await assert.rejects(requestToken(), (error) => error instanceof UnreachableError && !error.maybeSent);
    });
  });
});
