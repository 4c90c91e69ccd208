import assert from 'node:assert/strict';
import {
  AUTHORIZATION_ERRORS,
  AuthorizationDeniedError,
  MAX_CODE,
  plainWords,
  RefusedError,
  serverWords,
  UnreachableError,
  withoutSent,
} from '../../../src/oauth/errors.ts';

describe('The words of a server', () => {
  const sentences = [
    'Value passed for the token was invalid.',
    'Missing valid authorization header',
    'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
    'See https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code and https://api.x.com/2/oauth2/token.',
    'https://developer.x.com/en/support/x-api/error-troubleshooting',
    "Desktop applications only support the oauth_callback value 'oob'",
    'application/x-www-form-urlencoded is not multipart/form-data',
    'UND_ERR_CONNECT_TIMEOUT_EXCEEDED, invalid_request_parameter_value',
    'User 1234567890123456789 at 2026-01-02T03:04:05.678Z',
    'Unsupported-Authentication/OAuth2-User-Context',
  ];
  for (const words of sentences) {
    it(`stay as they are: ${words}`, () => assert.equal(serverWords(words, ['code', 'abcdefg']), words));
  }

  const credentials = [
    'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    'bGRqeFdzX2c0ZlNIOjE3MDAwMDAwMDA6MTowOnJ0OjE',
    'AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0%2BuSeid%2BULvsea4JtiGRiSDSJSI%3D',
    '1234567890-aBcDeFgHiJkLmNoPqRsTuVwXyZ',
    '3f2a91aa-0c1d-4e2f-8a3b-5c6d7e8f9a0b',
    'abcdefghijklmnopqrstuvwxyz',
    'tnnArxj06cWHq44gCs1OSKk/jLY=',
  ];
  for (const credential of credentials) {
    it(`lose what looks like a credential, though it was not sent: ${credential}`, () => {
      assert.equal(serverWords(`The token "${credential}" is bad.`, []), 'The token "…" is bad.');
      assert.equal(serverWords(`Token:${credential}, twice ${credential}`, []), 'Token:…, twice …');
    });
  }

  it('lose what was sent, percent-encoded or not', () => {
    const secret = 'ä+b/%2F$ "c';
    const forms = [secret, encodeURIComponent(secret), encodeURIComponent(encodeURIComponent(secret))];
    for (const form of [...forms, ...forms.map((text) => text.toLowerCase())]) {
      assert.equal(serverWords(`(${form})`, [secret]), '(…)');
    }
    assert.equal(serverWords('PIN 1234567 is wrong', ['1234567']), 'PIN … is wrong');
  });

  it('lose a secret that would be cut off in the middle', () => {
    const secret = 'short-secret';
    for (let length = 280; length <= 300; length++) {
      assert.doesNotMatch(serverWords(`${'a '.repeat(length / 2)}${secret}`, [secret]), /s/);
    }
  });

  it('are cut where they get long, and only their own characters count', () => {
    assert.equal(plainWords('a'.repeat(301)), 'a'.repeat(300));
    assert.equal(plainWords(` ${'a'.repeat(300)}`), 'a'.repeat(300));
    assert.equal(plainWords('ab c', 3), 'ab');
    assert.equal(withoutSent('a'.repeat(4_001), []).length, 4_000);
  });

  it('lose a secret of six characters and of four thousand, but no word of five', () => {
    assert.equal(withoutSent('secret', ['secret']), '…');
    assert.equal(withoutSent('words', ['words']), 'words');
    const long = 's'.repeat(4_000);
    assert.equal(withoutSent(long, [long]), '…');
  });

  it('lose a secret with a byte that is encoded as a zero and a digit, and nothing that is only like a secret', () => {
    assert.equal(withoutSent('(secret%0A)', ['secret\n']), '(…)');
    assert.equal(withoutSent('(secret%0D%0a)', ['secret\r\n']), '(…)');
    assert.equal(withoutSent('(secret%c%a4)', ['secretä']), '(secret%c%a4)');
  });

  it('are read in a moment, whatever they are', () => {
    const hostile = ['%25', '%', '](', 'a', 'aA1', '\u202e', '\u{1f600}', ' '].map((text) => text.repeat(250_000));
    for (const words of hostile) {
      const kept = serverWords(
        words,
        hostile.map((text) => text.slice(0, 4_000)),
      );
      assert.ok(kept.length <= 300, kept);
    }
  });

  it('are plain already when they are made plain again', () => {
    const words = `${'a'.repeat(299)} b [c](d)\n\u202ee`;
    assert.equal(plainWords(plainWords(words)), plainWords(words));
    assert.equal(plainWords('[a](command:b)\nc'), '[a] (command:b) c');
  });
});

describe('An error', () => {
  it('of a refusal has the code and the words, without what was sent', () => {
    const refused = new RefusedError(400, 'invalid secret', 'The secret is wrong.', ['secret']);
    assert.deepEqual([refused.status, refused.code, refused.description], [400, 'invalid …', 'The … is wrong.']);
    assert.equal(refused.message, 'The server refused: invalid … (The … is wrong.)');
    const silent = new RefusedError(401, 'a '.repeat(MAX_CODE), undefined, []);
    assert.deepEqual([silent.code.length, MAX_CODE, silent.description], [99, 100, undefined]);
    assert.equal(silent.message, `The server refused: ${silent.code}`);
  });

  it('of no answer may be about a request that was heard, unless it is certain that it was not', () => {
    const { status, retryAfterMs, maybeSent } = new UnreachableError('No answer.');
    assert.deepEqual([status, retryAfterMs, maybeSent], [undefined, undefined, true]);
    const paused = new UnreachableError('Later.', { status: 503, retryAfterMs: 7, maybeSent: false });
    assert.deepEqual([paused.message, paused.status, paused.retryAfterMs, paused.maybeSent], ['Later.', 503, 7, false]);
  });

  it('of a denial has the code and the words, without what was sent', () => {
    const denied = new AuthorizationDeniedError('denied secret', 'The secret is wrong.', ['secret']);
    assert.deepEqual([denied.code, denied.description], ['denied …', 'The … is wrong.']);
    assert.equal(denied.message, 'The authorization was not given: denied …');
    assert.equal(new AuthorizationDeniedError('access_denied').description, undefined);
  });

  it('of the authorization endpoint is one of RFC 6749 §4.1.2.1', () => {
    assert.deepEqual([...AUTHORIZATION_ERRORS].toSorted(), [
      'access_denied',
      'invalid_request',
      'invalid_scope',
      'server_error',
      'temporarily_unavailable',
      'unauthorized_client',
      'unsupported_response_type',
    ]);
  });
});
