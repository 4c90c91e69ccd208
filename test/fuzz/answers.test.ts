import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Client } from '../../src/oauth/clientAuthentication.ts';
import { checkCallback, exchangeCode, refresh, revoke, type TokenAnswer } from '../../src/oauth/authorizationCode.ts';
import { RefusedError, UnreachableError } from '../../src/oauth/errors.ts';
import { bounded, retryAfterMs } from '../../src/oauth/http.ts';
import { newNonce, type Consumer, type Token } from '../../src/oauth/oauth1Signature.ts';
import { appOnlyBearer, bearerOwner } from '../../src/x/appOnly.ts';
import { compareClocks } from '../../src/x/clock.ts';
import { tokenEndpoints } from '../../src/x/endpoints.ts';
import { accessToken, invalidateToken, requestToken, whoseToken, type SignedIn } from '../../src/x/oauth1.ts';
import { rateLimitOf } from '../../src/x/rateLimit.ts';
import { refusalCause } from '../../src/x/errors.ts';
import { whoAmI, type User } from '../../src/x/users.ts';
import { answer, answering, type Answer, type Sent } from './answers.ts';
import { isDead } from './deadToken.ts';
import { holds } from './fuzz.ts';
import { anyJson, assertDocumented, assertFit, assertSentence, assertTellsNone, phrase, secret } from './words.ts';

const NOW = Date.UTC(2026, 6, 1);
const TIMEOUT_MS = 60_000;

/** What the requests of a case are made with. */
interface Secrets {
  readonly client: Client;
  readonly consumer: Consumer;
  readonly token: Token;
  /** Also a verifier, a refresh token or a bearer. */
  readonly code: string;
}

const anySecret = fc.oneof(secret, phrase);

const secrets: fc.Arbitrary<Secrets> = fc
  .record({
    clientSecret: fc.option(anySecret, { nil: undefined }),
    key: secret,
    secret: anySecret,
    token: anySecret,
    code: anySecret,
  })
  .map(({ clientSecret, key, secret: consumerSecret, token, code }) => ({
    client: { clientId: 'Q2xpZW50OjE6Y2k', clientSecret },
    consumer: { key, secret: consumerSecret },
    token: { token, secret: `${consumerSecret}-of-the-token` },
    code,
  }));

const apiBaseUrl = fc.constantFrom(
  'https://api.x.com',
  'https://gateway.example:8443/x/api',
  'http://127.0.0.1:4000',
  'http://[::1]:8080/a',
);

function allOf({ client, consumer, token, code }: Secrets): readonly string[] {
  const pair = client.clientSecret === undefined ? [] : [client.clientSecret];
  return [...pair, consumer.key, consumer.secret, token.token, token.secret, code];
}

interface AnswerDeps {
  readonly fetch: ReturnType<typeof bounded>;
  readonly now: () => number;
  readonly nonce: () => string;
}

/** A request to X, what it may throw, and what has to be true of what it resolves with. */
interface Operation<Result> {
  readonly title: string;
  readonly ask: (apiBaseUrl: string, secrets: Secrets, deps: AnswerDeps) => Promise<Result>;
  readonly throws: readonly (typeof RefusedError | typeof UnreachableError)[];
  readonly check: (result: Result, sent: Sent) => void;
}

/** Whatever X answers to a request: it is understood, or it is an error that is documented and tells nothing. */
function survives<Result>({ title, ask, throws, check }: Operation<Result>, share = 1): void {
  const property = fc.asyncProperty(apiBaseUrl, secrets, answer, async (base, given, answered) => {
    const sent: Sent[] = [];
    const deps = {
      fetch: bounded(
        answering(() => answered, sent),
        TIMEOUT_MS,
      ),
      now: () => NOW,
      nonce: newNonce,
    };
    try {
      const result = await ask(base, given, deps);
      const [request] = sent;
      if (request !== undefined) check(result, request);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assertDocumented(error, throws, allOf(given));
      await assertSentence(error, allOf(given));
      checkRefusal(error, sent[0]);
      checkWish(error);
    }
    checkSent(base, sent, allOf(given));
  });
  holds(title, property, share);
}

/** Only X, in OAuth's words, can say that a token is dead. */
function checkRefusal(error: unknown, sent: Sent | undefined): void {
  if (!(error instanceof RefusedError) || refusalCause(error) !== 'token' || sent?.url.includes('/2/oauth2/') !== true)
    return;
  assert.ok(sent.answered !== undefined, 'nothing came that could be read');
  assert.ok(isDead(sent.answered), sent.answered.text);
}

function checkWish(error: unknown): void {
  if (!(error instanceof UnreachableError) || error.retryAfterMs === undefined) return;
  assert.ok(Number.isFinite(error.retryAfterMs) && error.retryAfterMs >= 0, String(error.retryAfterMs));
}

/** One request at most, to the server that was meant, which can't send it on, and with no secret in the address. */
function checkSent(base: string, sent: readonly Sent[], all: readonly string[]): void {
  assert.ok(sent.length <= 1);
  for (const { url, redirect } of sent) {
    assert.ok(url.startsWith(`${base}/`), url);
    assert.equal(redirect, 'manual');
    assertTellsNone(url, all);
  }
}

function checkTokens({ accessToken: token, refreshToken, scopes, expiresInMs }: TokenAnswer, sent: Sent): void {
  assert.equal(sent.answered?.status, 200);
  for (const given of [token, ...(refreshToken === undefined ? [] : [refreshToken])]) assert.match(given, /^[!-~]+$/);
  for (const scope of scopes ?? []) assertFit(scope, []);
  if (expiresInMs !== undefined) assert.ok(expiresInMs >= 1000 && Number.isFinite(expiresInMs), String(expiresInMs));
}

function checkUser(user: User | undefined): void {
  if (user === undefined) return;
  assert.match(user.id, /^\d{1,20}$/);
  assertFit(user.username, []);
  if (user.imageUrl !== undefined) assert.equal(new URL(user.imageUrl).protocol, 'https:');
}

/** Fit for a header: nothing that `fetch` would refuse, and quote. */
function checkHeader(text: string): void {
  assert.ok(text !== '');
  assert.equal(new Headers({ authorization: `Bearer ${text}` }).get('authorization'), `Bearer ${text}`);
}

const OAUTH = [RefusedError, UnreachableError] as const;

describe('Any answer of X', () => {
  survives<TokenAnswer>(
    {
      title: 'to a refresh gives tokens, or a documented error that tells nothing',
      ask: (base, { client, code }, deps) => refresh(tokenEndpoints(base), client, code, deps),
      throws: OAUTH,
      check: checkTokens,
    },
    8,
  );

  survives<TokenAnswer>(
    {
      title: 'to an authorization code gives tokens, or a documented error that tells nothing',
      ask: async (base, { client, code, token }, deps) => {
        const request = { redirectUri: 'http://127.0.0.1/callback', scopes: [], state: 's', verifier: token.token };
        const endpoints = tokenEndpoints(base);
        const checked = checkCallback(endpoints, client, request, new URLSearchParams({ code, state: 's' }));
        return exchangeCode(endpoints, client, request, checked, deps);
      },
      throws: OAUTH,
      check: checkTokens,
    },
    4,
  );

  survives<void>(
    {
      title: 'to a revocation is a success or a documented error that tells nothing',
      ask: (base, { client, code }, deps) => revoke(tokenEndpoints(base), client, code, 'refresh_token', deps),
      throws: OAUTH,
      check: (_, sent) => assert.ok(sent.answered === undefined || sent.answered.status === 200),
    },
    4,
  );

  survives<User>(
    {
      title: 'to the question who it is names somebody, or is a documented error that tells nothing',
      ask: (base, { code }, deps) => whoAmI(base, `Bearer ${code}`, deps),
      throws: [RefusedError, UnreachableError],
      check: checkUser,
    },
    4,
  );

  survives<Token>(
    {
      title: 'to the wish for a request token gives one, or a documented error that tells nothing',
      ask: (base, { consumer }, deps) => requestToken(base, consumer, 'oob', {}, deps),
      throws: OAUTH,
      check: ({ token, secret: other }, sent) => {
        assert.ok(token !== '' && other !== '');
        assert.equal(new URLSearchParams(sent.answered?.text).get('oauth_callback_confirmed'), 'true');
      },
    },
    3,
  );

  survives<SignedIn>(
    {
      title: 'to a verifier gives tokens and perhaps a name, or a documented error that tells nothing',
      ask: (base, { consumer, token, code }, deps) => accessToken(base, consumer, token, code, deps),
      throws: OAUTH,
      check: ({ token, user }) => {
        assert.ok(token.token !== '' && token.secret !== '');
        checkUser(user);
      },
    },
    3,
  );

  survives<User>(
    {
      title: 'to a signed question names somebody, or is a documented error that tells nothing',
      ask: (base, { consumer, token }, deps) => whoseToken(base, consumer, token, deps),
      throws: OAUTH,
      check: checkUser,
    },
    3,
  );

  survives<void>(
    {
      title: 'to the invalidation of a token is a success or a documented error that tells nothing',
      ask: (base, { consumer, token }, deps) => invalidateToken(base, consumer, token, deps),
      throws: OAUTH,
      check: () => undefined,
    },
    3,
  );

  survives<string>(
    {
      title: 'to an API key gives a bearer that can be sent, or a documented error that tells nothing',
      ask: (base, { consumer }, deps) => appOnlyBearer(base, consumer, deps),
      throws: OAUTH,
      check: checkHeader,
    },
    3,
  );

  survives<string>(
    {
      title: 'to a bearer that was pasted says whose it is, or is a documented error that tells nothing',
      ask: (base, { code }, deps) => bearerOwner(base, code, deps),
      throws: [RefusedError, UnreachableError],
      check: () => undefined,
    },
    2,
  );

  survives<{ readonly aheadMs: number }>({
    title: 'has a date that can be compared, or is a documented error',
    ask: (base, _, deps) => compareClocks(base, deps),
    throws: [UnreachableError],
    check: ({ aheadMs }) => assert.ok(Number.isFinite(aheadMs)),
  });

  const good = fc.record({
    access_token: secret,
    token_type: fc.constantFrom('bearer', 'Bearer', 'BEARER'),
    refresh_token: secret,
    expires_in: fc.constant(7200),
  });
  const besides = fc.dictionary(fc.constantFrom('scope', 'id_token', 'error', 'data', '__proto__', 'token'), anyJson);
  const odd = fc.record({ expires_in: anyJson, refresh_token: anyJson, scope: anyJson }, { requiredKeys: [] });

  holds(
    'with good tokens in it keeps them, whatever else is in it',
    fc.asyncProperty(good, besides, odd, answer, async (tokens, more, spoilt, around) => {
      const value = { ...tokens, ...more, ...spoilt };
      const answered: Answer = {
        ...around,
        fails: undefined,
        status: 200,
        body: { kind: 'json', value, cutAt: 0 },
      };
      const deps = {
        fetch: bounded(
          answering(() => answered, []),
          TIMEOUT_MS,
        ),
        now: () => NOW,
      };
      const client = { clientId: 'Q2xpZW50OjE6Y2k' };
      const read = await refresh(tokenEndpoints('https://api.x.com'), client, 'spent-refresh-token', deps);
      assert.equal(read.accessToken, tokens.access_token);
      if (!('refresh_token' in spoilt)) assert.equal(read.refreshToken, tokens.refresh_token);
    }),
    3,
  );

  holds(
    'asks for a time that can be waited for, and tells a limit in whole numbers, or neither',
    fc.asyncProperty(answer, fc.integer(), async ({ headers }, now) => {
      const readable = Object.entries(headers).map(([name, text]): [string, string] => [
        name,
        Buffer.from(text).toString('latin1'),
      ]);
      const received = new Headers(readable);
      const wishMs = retryAfterMs(received, now);
      assert.ok(wishMs === undefined || (Number.isFinite(wishMs) && wishMs >= 0), String(wishMs));
      for (const part of Object.values(rateLimitOf(received) ?? {}))
        assert.ok(Number.isSafeInteger(part), String(part));
    }),
  );
});
