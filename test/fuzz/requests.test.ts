import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { UnreachableError } from '../../src/oauth/errors.ts';
import { authorizationFor } from '../../src/oauth/oauth1Flow.ts';
import { newNonce } from '../../src/oauth/oauth1Signature.ts';
import { ApiRequests, UnknownSessionError, SessionEndedError } from '../../src/api/apiRequests.ts';
import type { OAuth2Grant } from '../../src/sessions/grant.ts';
import { type SessionClaim, IssuedSessions } from '../../src/api/issuedSessions.ts';
import { readOAuth1Credentials, writeOAuth1Credentials } from '../../src/sessions/store/oauth1Credentials.ts';
import { ForbiddenDestinationError } from '../../src/x/apiHosts.ts';
import { answer, answering } from './answers.ts';
import { holds } from './fuzz.ts';
import { anyJson, anyText, assertDocumented, assertSentence, assertTellsNone } from './words.ts';

const NOW = Date.UTC(2026, 6, 1);
const X = 'https://api.x.com';
const GATEWAY = 'https://gateway.example/x/api';
const HERE = 'http://127.0.0.1:4000';

const X_HOSTS = /^https:\/\/(api|upload|ads-api)\.(x|twitter)\.com$/;
const OAUTH1 = writeOAuth1Credentials(
  { key: 'consumer-key-0123456789', secret: 'consumer-secret-0123456789' },
  { token: '1-oauth1-token-0123456789', secret: 'oauth1-token-secret-0123456789' },
);

function grantAt(apiBaseUrl: string, id: string, accessToken: string): OAuth2Grant {
  return {
    kind: 'oauth2',
    id,
    apiBaseUrl,
    clientId: 'client',
    account: { id: '1', label: '@ada_l' },
    scopes: [],
    accessToken,
    refreshToken: undefined,
    obtainedAt: NOW,
    expiresAt: NOW + 7_200_000,
    signInId: 'sign-in',
    signInNumber: 1,
    generation: 1,
  };
}

const piece = fc.oneof(
  fc.constantFrom(
    X,
    GATEWAY,
    HERE,
    'https://evil.example',
    'https://upload.x.com',
    'https://api.x.com.evil.example',
    'https://api.x.com@evil.example',
    'http://api.x.com',
    '//evil.example',
    '\\\\evil.example',
    '/2/users/me',
    '/../',
    '/%2e%2e/',
    '/..%2f',
    '/..%252f',
    '/..%5c',
    '/..;/',
    '/.%2e;a/',
    '%00',
    ':443',
    ':8443',
    '@',
    '?a=b',
    '#c',
    'javascript:',
    'data:,',
    '\t',
    '%25'.repeat(20_000),
  ),
  anyText,
);
const address = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));

const header = fc.tuple(
  fc.constantFrom('authorization', 'Host', 'cookie', 'content-type', 'x', 'a b', ''),
  fc.oneof(anyText, fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'Bearer evil')),
);
const init = fc.record(
  {
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'put', 'DELETE', 'TRACE', 'CONNECT', 'G T'), anyText),
    headers: fc.array(header, { maxLength: 3 }),
    body: fc.oneof(anyText, fc.uint8Array({ maxLength: 20 })),
    redirect: fc.constantFrom('follow' as const, 'error' as const),
  },
  { requiredKeys: [] },
);

/** Sessions as they were handed out, and what somebody may make up. */
const claim = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('x', 'oauth1').map((id) => ({ id })) },
  { weight: 1, arbitrary: fc.record({ id: anyJson, accessToken: anyJson }) },
  { weight: 1, arbitrary: fc.record({ id: fc.constantFrom('x', 'oauth1'), accessToken: anyText }) },
  { weight: 1, arbitrary: fc.record({ id: anyText }) },
);

describe('Requests of other extensions, whatever they are,', () => {
  holds(
    'take credentials to the API of their session and nowhere else, or fail with a documented error',
    fc.asyncProperty(
      fc.constantFrom(X, GATEWAY, HERE),
      fc.constantFrom(X, GATEWAY, HERE),
      claim,
      address,
      init,
      answer,
      async (base, shown, made, url, options, answered) => {
        const bearer = 'x-bearer-0123456789-abcdefghij';
        const grants = new Map([
          ['x', grantAt(base, 'x', bearer)],
          ['oauth1', grantAt(base, 'oauth1', OAUTH1)],
        ]);
        const credentials = [bearer, 'consumer-secret-0123456789', 'oauth1-token-secret-0123456789'];
        const sent: Request[] = [];
        const deps = { now: () => NOW, nonce: newNonce };
        const find = (id: string) => async (asked: string) => (asked === id ? grants.get(id) : undefined);
        const requests = new ApiRequests({
          authorizers: [
            { grants: { find: find('x') }, authorize: (token) => `Bearer ${token}` },
            {
              grants: { find: find('oauth1') },
              authorize: (token, line) => authorizationFor({ ...line, ...readOAuth1Credentials(token) }, deps),
            },
          ],
          issued: new IssuedSessions(() => NOW),
          fetch: async (input, how) => {
            assert.ok(input instanceof Request);
            sent.push(input);
            assert.equal(how?.redirect, 'manual');
            const authorization = input.headers.get('authorization') ?? '';
            return answering(() => answered, [])(input.url, { headers: { authorization } });
          },
          apiBaseUrl: () => shown,
        });
        const known = typeof made.id === 'string' ? grants.get(made.id)?.accessToken : undefined;
        const genuine = { accessToken: known, ...made };
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- extensions are not all written in TypeScript
        const session = genuine as SessionClaim;

        await documented(() => requests.fetch(session, url, options), credentials);
        for (const request of sent) {
          assertBelow(request.url, base);
          assertTellsNone(request.url, credentials);
          const authorization = request.headers.get('authorization') ?? '';
          assert.match(
            authorization,
            made.id === 'x' ? new RegExp(`^Bearer ${bearer}$`) : /^OAuth oauth_consumer_key=/,
          );
        }

        const { method = 'GET' } = options;
        const line = { method: /^\w+$/.test(method) ? method : 'GET', url, form: undefined };
        const signed = await documented(() => requests.authorization(session, line), credentials);
        if (signed !== undefined) assertBelow(new URL(url.startsWith('/') ? shown + url : url).href, base);
      },
    ),
    6,
  );
});

async function documented<T>(action: () => Promise<T>, secrets: readonly string[]): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    // What `Request` and `URL` do not take is the caller's own mistake, and told as it is.
    if (error instanceof TypeError) {
      assertTellsNone(error.message, secrets);
      return undefined;
    }
    assertDocumented(
      error,
      [UnknownSessionError, SessionEndedError, ForbiddenDestinationError, UnreachableError],
      secrets,
    );
    await assertSentence(error, secrets);
    return undefined;
  }
}

/** Below the base URL, however often a server decodes the path, and whether or not it drops parameters of segments. */
function assertBelow(url: string, base: string): void {
  const { origin, pathname } = new URL(url);
  if (base === X) {
    assert.match(origin, X_HOSTS);
    return;
  }
  const { origin: expected, pathname: folder } = new URL(base);
  assert.equal(origin, expected);
  let path = pathname;
  for (let times = 0; times < 6; times++) {
    for (const form of [path, path.replace(/;[^/\\]*/g, '')]) {
      const resolved = new URL(`${expected}${form.replace(/[?#]/g, '_')}`).pathname;
      assert.ok(`${resolved}/`.startsWith(folder.endsWith('/') ? folder : `${folder}/`), `${url} is ${resolved}`);
    }
    path = path.replace(/%(?=[0-7])[0-9a-f]{2}/gi, decodeURIComponent);
  }
}
