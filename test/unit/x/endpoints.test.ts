import assert from 'node:assert/strict';
import { CONNECTED_APPS, DEVELOPER_CONSOLE, oauth2Endpoints, X_API } from '../../../src/x/endpoints.ts';
import { readBaseUrl, UnsafeBaseUrlError } from '../../../src/x/baseUrls.ts';

describe('Base URLs', () => {
  const accepted: readonly (readonly [text: string, read: string])[] = [
    ['https://api.x.com', 'https://api.x.com'],
    ['https://api.x.com/', 'https://api.x.com'],
    ['https://x.com/i', 'https://x.com/i'],
    ['https://x.com/i///', 'https://x.com/i'],
    [' https://x.com/i/\n', 'https://x.com/i'],
    ['HTTPS://API.X.COM:443', 'https://api.x.com'],
    ['https://gateway.example.com:8443/x/api', 'https://gateway.example.com:8443/x/api'],
    ['http://localhost:4000', 'http://localhost:4000'],
    ['http://LOCALHOST', 'http://localhost'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://127.5.0.1', 'http://127.5.0.1'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
    ['http://[0:0:0:0:0:0:0:1]', 'http://[::1]'],
  ];
  for (const [text, read] of accepted) {
    it(`take ${JSON.stringify(text)} as ${read}`, () => {
      assert.equal(readBaseUrl(text), read);
    });
  }

  const refused: readonly (readonly [text: string, reason: string])[] = [
    ['', 'it is not a URL'],
    ['api.x.com', 'it is not a URL'],
    ['//api.x.com', 'it is not a URL'],
    ['https://', 'it is not a URL'],
    ...[
      'http://api.x.com',
      'http://api.localhost',
      'http://api.localhost:4000/x',
      'http://API.LocalHost',
      'http://a.b.localhost',
      'http://localhost.localhost',
      'http://127.0.0.1.localhost',
      'http://%6c%6f%63%61%6c.localhost',
      'http://api.localhost.',
      'http://localhost.',
      'http://.localhost',
      'http://\uFF41.localhost',
      'http://localhost.evil.com',
      'http://evil-localhost',
      'http://notlocalhost',
      'http://127.0.0.1.evil.com',
      'http://127.evil.com',
      'http://128.0.0.1',
      'http://evil.127.0.0.1.com',
      'http://0.0.0.0',
      'http://192.168.0.1',
      'http://[::2]',
      'http://[::ffff:127.0.0.1]',
      'http://127.0.0.1@evil.com',
      'http://localhost:80@evil.com',
      'ftp://127.0.0.1',
      'ws://127.0.0.1',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/plain,x',
      'vscode://127.0.0.1',
      'localhost:4000',
    ].map((text): [string, string] => [text, 'it must begin with https:']),
    ['https://user@api.x.com', 'it must not carry a user name or password'],
    ['https://:password@api.x.com', 'it must not carry a user name or password'],
    ['https://api.x.com@evil.com', 'it must not carry a user name or password'],
    ['http://user:password@127.0.0.1', 'it must not carry a user name or password'],
    ['https://api.x.com?a=b', 'it must not have a query or a fragment'],
    ['https://api.x.com?', 'it must not have a query or a fragment'],
    ['https://evil.com/?x=', 'it must not have a query or a fragment'],
    ['https://api.x.com#a', 'it must not have a query or a fragment'],
    ['https://api.x.com/#', 'it must not have a query or a fragment'],
  ];
  for (const [text, reason] of refused) {
    it(`refuse ${JSON.stringify(text)}: ${reason}`, () => {
      assert.throws(
        () => readBaseUrl(text),
        (error) => {
          assert.ok(error instanceof UnsafeBaseUrlError, String(error));
          assert.equal(error.message, reason);
          return true;
        },
      );
    });
  }

  it('refuse what is longer than any address, at once', () => {
    for (const path of [`${'/'.repeat(1_000_000)}x`, `/${' '.repeat(1_000)}x`]) {
      const expected = { name: 'UnsafeBaseUrlError', message: 'it is too long' };
      assert.throws(() => readBaseUrl(`https://a${path}`), expected);
    }
  });

  for (const text of ['http://x.localhost:4000/i/', 'http://X.LOCALHOST:4000/i']) {
    it(`take ${JSON.stringify(text)} for pages alone, which only a browser opens`, () => {
      assert.equal(readBaseUrl(text, 'pages'), 'http://x.localhost:4000/i');
      assert.throws(() => readBaseUrl(text), UnsafeBaseUrlError);
    });
  }

  for (const [text, reason] of refused.filter(([url]) => !/\.localhost(:|\/|$)/i.test(url))) {
    it(`refuse ${JSON.stringify(text)} for pages as well: ${reason}`, () => {
      assert.throws(() => readBaseUrl(text, 'pages'), { name: 'UnsafeBaseUrlError', message: reason });
    });
  }
});

describe('X’s addresses', () => {
  it('are those that it tells people', () => {
    assert.equal(X_API, 'https://api.x.com');
    assert.equal(CONNECTED_APPS, 'https://x.com/settings/connected_apps');
    assert.equal(DEVELOPER_CONSOLE, 'https://console.x.com');
  });
});

describe('X’s OAuth 2.0 endpoints', () => {
  it('are those of its documentation', () => {
    assert.deepEqual(oauth2Endpoints({ api: 'https://api.x.com', authorization: 'https://x.com/i' }), {
      authorization: 'https://x.com/i/oauth2/authorize',
      token: 'https://api.x.com/2/oauth2/token',
      revocation: 'https://api.x.com/2/oauth2/revoke',
    });
  });
});
