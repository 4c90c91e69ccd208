import assert from 'node:assert/strict';
import {
  type Parameter,
  percentEncode,
  readOAuthHeader,
  signature,
  signatureBase,
  writeOAuthHeader,
} from '../../src/fakeX/oauth1/signature.ts';
import vectors from '../../../../test/unit/vectors.json' with { type: 'json' };

interface Vector {
  readonly consumerKey: string;
  readonly nonce: string;
  readonly timestamp: string;
  readonly token?: string | undefined;
  readonly version: string | null;
  readonly oauth?: Readonly<Record<string, string | undefined>> | undefined;
}

describe('The fake X, signatures (RFC 5849)', () => {
  for (const { text, encoded } of vectors.percentEncoding) {
    it(`encodes “${text}”`, () => {
      assert.equal(percentEncode(text), encoded);
    });
  }

  it('encodes every reserved character, and no unreserved one', () => {
    assert.equal(percentEncode("!*'()/:?#[]@$&,;=+ "), '%21%2A%27%28%29%2F%3A%3F%23%5B%5D%40%24%26%2C%3B%3D%2B%20');
    assert.equal(percentEncode('aZ09-._~'), 'aZ09-._~');
  });

  for (const vector of vectors.oauth1BaseString) {
    it(`has the base string of ${vector.source}`, () => {
      const parameters = [...protocol(vector), ...new URLSearchParams(vector.body)];
      assert.equal(signatureBase({ method: vector.method, url: vector.url, parameters }), vector.baseString);
    });
  }

  for (const vector of vectors.oauth1Signature) {
    it(`signs as ${vector.source}`, () => {
      const parameters = [...protocol(vector), ...present(vector.body ?? {})];
      const signable = { method: vector.method, url: vector.url, parameters };
      assert.equal(signature(signable, vector.consumerSecret, vector.tokenSecret), vector.signature);
    });
  }

  it('sorts by encoded name and then value, bytewise', () => {
    const parameters: Parameter[] = [
      ['b', '1'],
      ['a', 'é'],
      ['a', 'z'],
      ['a', 'Z'],
      ['B', '1'],
      ['a-b', '1'],
      ['a!', '1'],
    ];
    const base = signatureBase({ method: 'get', url: 'HTTP://EXAMPLE.com:80/Path', parameters });
    const [method, url, normalized = ''] = base.split('&');
    assert.deepEqual([method, url], ['GET', 'http%3A%2F%2Fexample.com%2FPath']);
    assert.equal(decodeURIComponent(normalized), 'B=1&a=%C3%A9&a=Z&a=z&a%21=1&a-b=1&b=1');
  });

  it('reads what it writes, and the realm of others', () => {
    const parameters: Parameter[] = [
      ['oauth_callback', 'http://a/?b="c",d'],
      ['oauth_nonce', ''],
    ];
    const header = writeOAuthHeader(parameters);
    assert.deepEqual(readOAuthHeader(header), parameters);
    assert.deepEqual(readOAuthHeader(header.replace('OAuth ', 'oauth realm="Photos", ')), parameters);
    for (const bad of ['Basic abc', 'OAuth ', 'OAuth a', 'OAuth a=b', 'OAuth a="%"']) {
      assert.equal(readOAuthHeader(bad), undefined, bad);
    }
  });
});

function protocol({ consumerKey, nonce, timestamp, token, version, oauth }: Vector): Parameter[] {
  const parameters = {
    oauth_consumer_key: consumerKey,
    oauth_nonce: nonce,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: timestamp,
    oauth_token: token,
    oauth_version: version ?? undefined,
    ...oauth,
  };
  return present(parameters);
}

function present(values: Readonly<Record<string, string | undefined>>): Parameter[] {
  return Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
}
