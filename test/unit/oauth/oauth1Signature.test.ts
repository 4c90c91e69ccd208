import assert from 'node:assert/strict';
import { formOf, newNonce, percentEncode, sign, signatureBaseString } from '../../../src/oauth/oauth1Signature.ts';
import vectors from '../vectors.json' with { type: 'json' };

const consumer = { key: 'key', secret: 'secret' };
const fixed = { timestamp: 1, nonce: 'n' };

/** The parameters of an Authorization header, decoded. */
function parametersOf(header: string): Record<string, string> {
  assert.match(header, /^OAuth oauth_\w+="[^"]*"(?:, oauth_\w+="[^"]*")*$/);
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decodeURIComponent(value ?? '')]));
}

/** The third part of the base string, decoded once: `name=value&…`, still encoded as RFC 5849 §3.4.1.3.2 leaves it. */
function normalized(url: string, parameters: Iterable<readonly [string, string]> = []): string {
  return decodeURIComponent(signatureBaseString('GET', url, parameters).split('&')[2] ?? '');
}

/** The second part, decoded. */
function baseUri(url: string): string {
  return decodeURIComponent(signatureBaseString('GET', url, []).split('&')[1] ?? '');
}

describe('OAuth 1.0a signatures', () => {
  describe('published vectors', () => {
    for (const { text, encoded } of vectors.percentEncoding) {
      it(`encodes ${text}`, () => {
        assert.equal(percentEncode(text), encoded);
      });
    }

    for (const vector of vectors.oauth1BaseString) {
      it(`builds the base string of ${vector.source}`, () => {
        const oauth = {
          oauth_consumer_key: vector.consumerKey,
          oauth_token: vector.token,
          oauth_signature_method: 'HMAC-SHA1',
          oauth_timestamp: vector.timestamp,
          oauth_nonce: vector.nonce,
        };
        const form = formOf(vector.body, 'application/x-www-form-urlencoded') ?? [];
        assert.equal(
          signatureBaseString(vector.method, vector.url, [...Object.entries(oauth), ...form]),
          vector.baseString,
        );
      });
    }

    for (const vector of vectors.oauth1Signature) {
      it(`signs as ${vector.source}`, () => {
        const header = sign({
          method: vector.method,
          url: vector.url,
          form: 'body' in vector ? new URLSearchParams(Object.entries(vector.body ?? {})) : undefined,
          consumer: { key: vector.consumerKey, secret: vector.consumerSecret },
          token: vector.token === undefined ? undefined : { token: vector.token, secret: vector.tokenSecret },
          oauth: Object.fromEntries(Object.entries(vector.oauth ?? {})),
          timestamp: Number(vector.timestamp),
          nonce: vector.nonce,
          version: vector.version === null ? null : '1.0',
        });
        assert.deepEqual(parametersOf(header), {
          ...vector.oauth,
          oauth_consumer_key: vector.consumerKey,
          ...(vector.token !== undefined && { oauth_token: vector.token }),
          oauth_signature_method: 'HMAC-SHA1',
          oauth_timestamp: vector.timestamp,
          oauth_nonce: vector.nonce,
          ...(vector.version !== null && { oauth_version: vector.version }),
          oauth_signature: vector.signature,
        });
      });
    }
  });

  describe('the base string URI (RFC 5849 §3.4.1.2)', () => {
    const cases = [
      ['HTTP://EXAMPLE.COM:80/r%20v/X?id=123', 'http://example.com/r%20v/X'],
      ['https://www.example.net:8080/?q=1', 'https://www.example.net:8080/'],
      ['https://example.com:443/a', 'https://example.com/a'],
      ['http://example.com:443/a', 'http://example.com:443/a'],
      ['https://example.com', 'https://example.com/'],
      ['https://example.com?q', 'https://example.com/'],
      ['https://example.com/A/b%2fC#there', 'https://example.com/A/b%2fC'],
      ['http://127.0.0.1:41951/2/users/me', 'http://127.0.0.1:41951/2/users/me'],
      ['http://[::1]:80/', 'http://[::1]/'],
    ] as const;
    for (const [url, expected] of cases) {
      it(`of ${url} is ${expected}`, () => {
        assert.equal(baseUri(url), expected);
      });
    }
  });

  describe('the parameters (RFC 5849 §3.4.1.3)', () => {
    const cases = [
      ['no query', 'http://h/', ''],
      ['an empty query', 'http://h/?', ''],
      ['an empty value, with and without =', 'http://h/?b=&a', 'a=&b='],
      ['an empty name', 'http://h/?=v', '=v'],
      ['empty pairs', 'http://h/?&&a=1&&', 'a=1'],
      ['+ for a space', 'http://h/?q=a+b', 'q=a%20b'],
      ['%2B for a plus', 'http://h/?q=a%2Bb', 'q=a%2Bb'],
      ['a percent sign', 'http://h/?q=100%25', 'q=100%25'],
      ['a percent sign that nobody encoded', 'http://h/?q=100%', 'q=100%25'],
      ['what looks encoded once decoded', 'http://h/?q=%2520', 'q=%2520'],
      ['lower-case hex', 'http://h/?q=%c3%a9', 'q=%C3%A9'],
      ['needless encoding', 'http://h/?%61=%7E', 'a=~'],
      ['an encoded name', 'http://h/?user%2Efields%5B%5D=x', 'user.fields%5B%5D=x'],
      ['= in a value', 'http://h/?a=b=c', 'a=b%3Dc'],
      ['? in a value', 'http://h/?a=b?c', 'a=b%3Fc'],
      ['? at the beginning of a name', 'http://h/??a=b', '%3Fa=b'],
      ['a fragment', 'http://h/?a=1#b=2', 'a=1'],
      ["!'()*", "http://h/?a=!'()*", 'a=%21%27%28%29%2A'],
      ['unicode', 'http://h/?☃=é', '%E2%98%83=%C3%A9'],
      ['beyond the basic plane', 'http://h/?a=🐦', 'a=%F0%9F%90%A6'],
      ['repeated names, by value', 'http://h/?a=b&a=a&a=', 'a=&a=a&a=b'],
      ['a repeated pair, kept twice', 'http://h/?a=1&a=1', 'a=1&a=1'],
      ['names, not pairs, decide', 'http://h/?a-b=1&a=2&a%21=0', 'a=2&a%21=0&a-b=1'],
      ['bytes, not letters, decide', 'http://h/?b=1&B=1&a=1&_=1&%C3%A9=1&~=1&z=1', '%C3%A9=1&B=1&_=1&a=1&b=1&z=1&~=1'],
      ['digits sort as text', 'http://h/?a10=1&a9=1', 'a10=1&a9=1'],
      ['a name that objects have', 'http://h/?__proto__=1&constructor=2', '__proto__=1&constructor=2'],
      ['oauth_signature, which never counts', 'http://h/?oauth_signature=x&oauth_token=t', 'oauth_token=t'],
    ] as const;
    for (const [what, url, expected] of cases) {
      it(`reads ${what}`, () => {
        assert.equal(normalized(url), expected);
      });
    }

    it('counts a name in the query, in the form and in the header, each for itself', () => {
      assert.equal(
        normalized('http://h/?a=query', [
          ['a', 'form'],
          ['a', 'header'],
        ]),
        'a=form&a=header&a=query',
      );
    });

    it('upper-cases the method', () => {
      assert.equal(signatureBaseString('patch', 'http://h/', []), 'PATCH&http%3A%2F%2Fh%2F&');
    });
  });

  describe('the bodies that count (RFC 5849 §3.4.1.3.1)', () => {
    const FORM = 'application/x-www-form-urlencoded';

    it('reads a form, sent as text or as URLSearchParams, whatever else its type says', () => {
      const pairs: [string, string][] = [
        ['?a', 'b c'],
        ['d', '+'],
        ['', ''],
      ];
      assert.deepEqual([...(formOf('?a=b+c&d=%2B&=', FORM) ?? [])], pairs);
      assert.deepEqual(
        [...(formOf('?a=b+c&d=%2B&=', 'Application/X-WWW-Form-URLEncoded ; charset=utf-8') ?? [])],
        pairs,
      );
      assert.deepEqual([...(formOf(new URLSearchParams(pairs), FORM) ?? [])], pairs);
      assert.deepEqual([...(formOf(new URLSearchParams(pairs), null) ?? [])], pairs);
    });

    it('leaves JSON, multipart, text and bytes alone', () => {
      assert.equal(formOf('{"text":"a=b"}', 'application/json'), undefined);
      assert.equal(formOf(new FormData(), null), undefined);
      assert.equal(formOf('a=b', 'multipart/form-data; boundary=x'), undefined);
      assert.equal(formOf('a=b', null), undefined, 'fetch sends text/plain');
      assert.equal(formOf(new URLSearchParams('a=b'), 'text/plain'), undefined);
      assert.equal(formOf(Buffer.from('a=b'), null), undefined);
      assert.equal(formOf(undefined, FORM), undefined);
      assert.equal(formOf(null, FORM), undefined);
    });

    it('refuses to sign a form that it cannot read', () => {
      assert.throws(() => formOf(new Blob(['a=b']), FORM), TypeError);
      assert.throws(() => formOf(new Blob(['a=b'], { type: FORM }), null), TypeError);
      assert.throws(() => formOf(Buffer.from('a=b'), FORM), TypeError);
      assert.equal(formOf(new Blob(['{}'], { type: 'application/json' }), null), undefined);
    });

    it('signs a query together with a JSON body as if there were no body, which XDK does not', () => {
      const url = 'https://api.x.com/2/tweets?dry_run=true';
      const json = { ...fixed, method: 'POST', url, consumer, form: formOf('{"text":"hi"}', 'application/json') };
      assert.equal(sign(json), sign({ ...fixed, method: 'POST', url, consumer }));
    });
  });

  describe('the Authorization header (RFC 5849 §3.5.1)', () => {
    it('carries the protocol parameters and none of the query or the form', () => {
      const header = sign({
        ...fixed,
        method: 'POST',
        url: 'http://h/?a=1&oauth_b=2',
        form: new URLSearchParams('c=3'),
        consumer,
        token: { token: 'token', secret: 'token secret' },
        oauth: { oauth_verifier: 'v' },
      });
      assert.deepEqual(Object.keys(parametersOf(header)), [
        'oauth_verifier',
        'oauth_consumer_key',
        'oauth_token',
        'oauth_signature_method',
        'oauth_timestamp',
        'oauth_nonce',
        'oauth_version',
        'oauth_signature',
      ]);
    });

    it('encodes values so that none can end its quotes or the header', () => {
      const header = sign({ ...fixed, method: 'GET', url: 'http://h/', consumer: { key: 'a"b,\r\nc é', secret: '' } });
      assert.match(header, /oauth_consumer_key="a%22b%2C%0D%0Ac%20%C3%A9"/);
    });

    // Worked out with openssl: printf %s 'GET&http%3A%2F%2Fh%2F&oauth_consumer_key%3Dkey%26oauth_nonce%3Dn%26
    // oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1%26oauth_version%3D1.0' (without the line break)
    // | openssl dgst -sha1 -hmac 'a%26b%2Fc%20%C3%A9&' -binary | base64
    it('encodes the secrets in the key, and ends it with & when there is no token', () => {
      const header = sign({ ...fixed, method: 'GET', url: 'http://h/', consumer: { key: 'key', secret: 'a&b/c é' } });
      assert.equal(parametersOf(header)['oauth_signature'], 'm5Mbr83+YJMcA1+9PRorZ9gO3Po=');
    });

    it('never repeats a nonce', () => {
      const nonces = new Set(Array.from({ length: 1000 }, newNonce));
      assert.equal(nonces.size, 1000);
      for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/);
    });
  });
});
