import assert from 'node:assert/strict';
import { bounded } from '../../src/oauth/http.ts';
import { newNonce } from '../../src/oauth/oauth1Signature.ts';
import { fingerprint } from '../../src/sessions/staticSessions.ts';
import type { UserFacingError, ErrorName, Remedy } from '../../src/vscode/userFacingError.ts';
import { toUserFacingError } from '../../src/vscode/ui/messages/errors.ts';
import { appOnlyBearer, bearerOwner } from '../../src/x/appOnly.ts';
import { accessToken, requestToken, whoseToken } from '../../src/x/oauth1.ts';
import { whoAmI } from '../../src/x/users.ts';
import { answers, type Fault, faults, NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';

const consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };
const token = { token: '1-token', secret: 'XO1AS-its secret' };

/** The ways in which X writes an error of OAuth 1.0a or of an app, whatever the Content-Type says. */
const WRITTEN: Readonly<Record<string, (code: number, words: string) => string>> = {
  JSON: (code, words) => JSON.stringify({ errors: [{ code, message: words }] }),
  XML: (code, words) => `<?xml version="1.0"?><errors><error code="${code}">${words}</error></errors>`,
  text: (_, words) => words,
};

const KEY = 'X did not accept the API Key and its secret: enter them again.';
const ONE_WAY =
  'X allows this app only one way to sign in: choose the PIN if you signed in with the browser, and the browser if you used a PIN.';

/** What X says, what people are told, and what they are offered. */
const REFUSALS: readonly (readonly [
  code: number,
  status: number,
  words: string,
  told: string,
  name: ErrorName,
  remedies: readonly Remedy[],
])[] = [
  [32, 401, 'Could not authenticate you.', KEY, 'Misconfigured', ['enter-api-key']],
  [
    64,
    403,
    'Your account is suspended and is not permitted to access this feature.',
    'X has suspended this account: sign in with another, or appeal at X.',
    'Refused',
    ['sign-in-again'],
  ],
  [
    89,
    401,
    'Invalid or expired token.',
    'X does not know this token any more: sign in again.',
    'Refused',
    ['sign-in-again'],
  ],
  [99, 403, 'Unable to verify your credentials', KEY, 'Misconfigured', ['enter-api-key']],
  [
    135,
    401,
    'Timestamp out of bounds.',
    "X says that this machine's clock is wrong: set it and try again.",
    'Misconfigured',
    ['sign-in-again'],
  ],
  [215, 400, 'Bad Authentication data.', KEY, 'Misconfigured', ['enter-api-key']],
  [
    326,
    403,
    'To protect our users from spam and other malicious activity, this account is temporarily locked.',
    'X has locked this account for now: unlock it at x.com and sign in again.',
    'Refused',
    ['sign-in-again'],
  ],
  [
    415,
    403,
    'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
    "X does not know this editor's callback URL: register it with the app at X to the letter, or sign in with a PIN.",
    'Misconfigured',
    ['copy-callback-urls', 'sign-in-again'],
  ],
  [
    416,
    401,
    'Invalid / suspended application',
    "X has suspended the app: look at its page in X's console, or set up another app.",
    'Misconfigured',
    ['enter-api-key'],
  ],
  [
    417,
    401,
    "Desktop applications only support the oauth_callback value 'oob'",
    ONE_WAY,
    'Misconfigured',
    ['sign-in-again'],
  ],
  [
    417,
    401,
    'The oauth_callback value "oob" is not allowed for this client application.',
    ONE_WAY,
    'Misconfigured',
    ['sign-in-again'],
  ],
];

/** The same of API v2, which has words instead of numbers. */
const PROBLEMS: readonly (readonly [fault: Fault, told: string, name: ErrorName])[] = [
  [
    faults.clientNotEnrolled,
    "The app has no access to X's API: in X's console, move it to the Pay-per-use package and to Production.",
    'Misconfigured',
  ],
  [faults.creditsDepleted, "The app has used up its credits at X: add some in X's console.", 'Misconfigured'],
  [
    answers(402, {}, '{"title":"CreditsDepleted","type":"about:blank","status":402}'),
    "The app has used up its credits at X: add some in X's console.",
    'Misconfigured',
  ],
  [faults.userSuspended, 'X has suspended this account: sign in with another, or appeal at X.', 'Refused'],
];

describe('What X refuses becomes a sentence that says what to do', () => {
  let x: FakeX;
  const world = { fetch: bounded((url, init) => fetch(url, init), 5000), now: Date.now, nonce: newNonce };

  /** Every request of OAuth 1.0a and app-only sign-ins, by the endpoint that it goes to. */
  const requests: Readonly<Record<string, () => Promise<unknown>>> = {
    '/oauth/request_token': () => requestToken(x.apiBaseUrl, consumer, 'oob', {}, world),
    '/oauth/access_token': () => accessToken(x.apiBaseUrl, consumer, token, '1234567', world),
    '/2/users/me': () => whoseToken(x.apiBaseUrl, consumer, token, world),
    '/oauth2/token': () => appOnlyBearer(x.apiBaseUrl, consumer, world),
  };

  before(async () => {
    x = await startFakeX();
  });
  after(() => x.stop());

  async function failureOf(endpoint: string, fault: Fault, request = requests[endpoint]): Promise<UserFacingError> {
    x.fail(endpoint, fault);
    try {
      await request?.();
    } catch (error) {
      return toUserFacingError(error);
    }
    throw new Error(`${endpoint} did not fail.`);
  }

  for (const endpoint of Object.keys(requests)) {
    for (const [form, write] of Object.entries(WRITTEN)) {
      it(`at ${endpoint}, in ${form}`, async () => {
        for (const [code, status, words, told, name, remedies] of REFUSALS) {
          const failure = await failureOf(endpoint, answers(status, {}, write(code, words)));
          // The key and secret gave the request token a moment ago.
          const isVerifier = endpoint === '/oauth/access_token' && code === 32;
          const expected = isVerifier
            ? [
                'Refused',
                'X did not accept the PIN: sign in again and type the one that X shows then.',
                ['sign-in-again'],
              ]
            : [name, told, remedies];
          assert.deepEqual([failure.name, failure.message, failure.remedies], expected, words);
        }
      });
    }

    it(`at ${endpoint}, as a problem of API v2`, async () => {
      for (const [fault, told, name] of PROBLEMS) {
        const failure = await failureOf(endpoint, fault);
        assert.deepEqual([failure.name, failure.message], [name, told]);
      }
    });

    it(`at ${endpoint}, in words that nobody knows yet, which are repeated`, async () => {
      const failure = await failureOf(
        endpoint,
        answers(403, {}, WRITTEN['JSON']?.(999, 'Something [new](command:x)') ?? ''),
      );
      assert.equal(failure.name, 'Refused');
      assert.equal(failure.message, 'X refused the sign-in (Something [new] (command:x)): try again.');
    });

    it(`at ${endpoint}, when it is not X that answers, or it has no time`, async () => {
      const silent = await failureOf(endpoint, faults.reset);
      assert.equal(silent.name, 'Unreachable');
      assert.match(silent.message, /^X could not be reached: check the connection and try again\. \(.+\)$/);
      for (const fault of [faults.bareForbidden, faults.htmlUnavailable, faults.tooManyRequests]) {
        const failure = await failureOf(endpoint, fault);
        assert.equal(failure.name, 'Unreachable');
        assert.match(failure.message, /^X did not answer as it should: try again in a few minutes\. \(.+\)$/);
      }
    });
  }

  it('at /2/users/me, to a bearer', async () => {
    const bearer = `AAAA${fingerprint('bearer')}%2F`;
    for (const [fault, told, name] of PROBLEMS) {
      for (const ask of [
        () => bearerOwner(x.apiBaseUrl, bearer, world),
        () => whoAmI(x.apiBaseUrl, `Bearer ${bearer}`, world),
      ]) {
        const failure = await failureOf('/2/users/me', fault, ask);
        assert.deepEqual([failure.name, failure.message], [name, told]);
      }
    }
  });

  it('never has a secret in it', async () => {
    for (const endpoint of Object.keys(requests)) {
      const failure = await failureOf(endpoint, answers(401, {}, WRITTEN['JSON']?.(32, 'No.') ?? ''));
      for (const secret of [consumer.secret, token.secret]) assert.ok(!failure.message.includes(secret));
    }
  });
});
