import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import OAuth from 'oauth-1.0a';
import { formOf, sign, signatureBaseString, type Consumer } from '../../../src/oauth/oauth1Signature.ts';

const FORM = 'application/x-www-form-urlencoded';

const upperHex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
const lowerHex = (byte: number): string => byte.toString(16).padStart(2, '0');

function percent(character: string, hex: (byte: number) => string): string {
  return Array.from(Buffer.from(character, 'utf8'), (byte) => `%${hex(byte)}`).join('');
}

/** The character itself, unless that means something else (`+ % & = #`) or does not survive in a URL (controls). */
function plainly(character: string): string {
  if (character === ' ') return '+';
  return /^[\w\-.~!*'()?/:@,;$[\]]$|^[^\p{ASCII}]$/u.test(character) ? character : percent(character, upperHex);
}

const anyCharacter = fc.oneof(
  fc.constantFrom(...'abzABZ019-._~+% &=#?/\'()*!@:,;$[]"<>\\^`{|}'.split('')),
  fc.constantFrom('é', 'ß', '☃', '日', 'Ω', '🐦', '\u0301', '\u{10ffff}', '\uffff', '\0', '\n'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

/** A text, and one of the many ways to write it in a query or a form. */
const anyText = fc
  .array(fc.tuple(anyCharacter, fc.constantFrom('plain', 'upper', 'lower')), { maxLength: 6 })
  .map((characters) => ({
    text: characters.map(([character]) => character).join(''),
    written: characters
      .map(([character, how]) => {
        if (how === 'plain') return plainly(character);
        return percent(character, how === 'upper' ? upperHex : lowerHex);
      })
      .join(''),
  }));

/** Some from so few that they come up again. */
const anyName = fc.oneof(
  fc.constantFrom('a', 'b', 'a-b', 'A', 'user.fields').map((text) => ({ text, written: text })),
  anyText,
);

interface Pair {
  readonly name: string;
  readonly value: string;
  readonly written: string;
}

const anyPair: fc.Arbitrary<Pair> = fc
  .tuple(anyName, anyText, fc.boolean())
  .map(([name, value, bare]) => ({
    name: name.text,
    value: value.text,
    written: bare && value.text === '' && name.text !== '' ? name.written : `${name.written}=${value.written}`,
  }))
  // oauth-1.0a can't hold the one, and takes the others for its own parameters.
  .filter(({ name }) => name !== '__proto__' && !name.startsWith('oauth_'));

/** As it is written, and as RFC 5849 §3.4.1.2 wants it. */
const anyOrigin = fc.constantFrom(
  { written: 'https://api.x.com', normalized: 'https://api.x.com' },
  { written: 'HTTPS://API.X.COM:443', normalized: 'https://api.x.com' },
  { written: 'http://Api.X.com:80', normalized: 'http://api.x.com' },
  { written: 'http://127.0.0.1:41951', normalized: 'http://127.0.0.1:41951' },
  { written: 'Http://LocalHost:443', normalized: 'http://localhost:443' },
  { written: 'https://Example.COM:8443', normalized: 'https://example.com:8443' },
  { written: 'http://[::1]:8080', normalized: 'http://[::1]:8080' },
);

const anyPath = fc.constantFrom('', '/', '/2/users/me', '/r%20v/X', '/%7Euser/%c3%a9+');

const anyKey = fc.string({ unit: 'grapheme', maxLength: 40 });

const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'POST', 'put', 'Delete', 'patch'),
  origin: anyOrigin,
  path: anyPath,
  query: fc.array(anyPair, { maxLength: 6 }),
  fragment: fc.constantFrom('', '#', '#a=1'),
  form: fc.array(anyPair, { maxLength: 6 }),
  contentType: fc.constantFrom(
    null,
    FORM,
    `${FORM}; charset=utf-8`,
    'application/json',
    'multipart/form-data; boundary=x',
  ),
  consumer: fc.record({ key: anyKey, secret: anyKey }),
  token: fc.option(fc.record({ token: anyKey, secret: anyKey }), { nil: undefined }),
  timestamp: fc.nat(),
  nonce: anyKey,
});

type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer Value> ? Value : never;

/** What counts (RFC 5849 §3.4.1.3.1). */
function pairsOf({ query, form, contentType }: AnyRequest): readonly Pair[] {
  return contentType?.startsWith(FORM) === true ? [...query, ...form] : query;
}

/** Signs with our code, from the URL and the body as they are sent. */
function ours(request: AnyRequest): Readonly<Record<string, unknown>> {
  const { origin, path, query, fragment, form, contentType } = request;
  const search = query.length === 0 ? '' : `?${query.map((pair) => pair.written).join('&')}`;
  // Whatever its type says, the body is that of a form: only the type can tell that it does not count.
  const body = form.map((pair) => pair.written).join('&');
  const header = sign({
    ...request,
    url: `${origin.written}${path}${search}${fragment}`,
    form: formOf(body, contentType),
  });
  const parameters = Array.from(header.matchAll(/(\w+)="([^"]*)"/g));
  return Object.fromEntries(parameters.map(([, name, value]) => [name, decodeURIComponent(value ?? '')]));
}

/** Signs with oauth-1.0a, from what was meant: it gets names and values, and no query or form to read (see below). */
function theirs(request: AnyRequest): Readonly<Record<string, unknown>> {
  const { method, origin, path, consumer, token, timestamp, nonce } = request;
  const data: Record<string, string[]> = {};
  for (const { name, value } of pairsOf(request))
    data[name] = [...(Object.hasOwn(data, name) ? (data[name] ?? []) : []), value];
  const oauth = library(consumer);
  oauth.getNonce = () => nonce;
  oauth.getTimeStamp = () => timestamp;
  const signed = oauth.authorize(
    { method, url: `${origin.normalized}${path === '' ? '/' : path}`, data },
    token && { key: token.token, secret: token.secret },
  );
  // It adds the request's own parameters to what it returns, and keeps those out of the header as is done here.
  const header = Object.entries(signed).filter(([name]) => name.startsWith('oauth_'));
  return { ...Object.fromEntries(header), oauth_timestamp: String(signed.oauth_timestamp) };
}

function library(consumer: Consumer): OAuth {
  return new OAuth({
    consumer,
    signature_method: 'HMAC-SHA1',
    hash_function: (baseString, key) => createHmac('sha1', key).update(baseString).digest('base64'),
  });
}

describe('OAuth 1.0a signatures, next to those of oauth-1.0a', () => {
  it('are the same for thousands of random requests', function () {
    this.timeout(60_000);
    const seen = { repeated: 0, empty: 0, space: 0, plus: 0, percent: 0, unicode: 0, port: 0, form: 0, otherBody: 0 };
    fc.assert(
      fc.property(anyRequest, (request) => {
        assert.deepEqual(ours(request), theirs(request));

        const pairs = pairsOf(request);
        const texts = pairs.flatMap(({ name, value }) => [name, value]).join('');
        if (new Set(pairs.map(({ name }) => name)).size < pairs.length) seen.repeated++;
        if (pairs.some(({ value }) => value === '')) seen.empty++;
        if (texts.includes(' ')) seen.space++;
        if (texts.includes('+')) seen.plus++;
        if (texts.includes('%')) seen.percent++;
        if (/[^\p{ASCII}]/u.test(texts)) seen.unicode++;
        if (/:\d+$/.test(request.origin.written)) seen.port++;
        if (pairs.length > request.query.length) seen.form++;
        if (request.form.length > 0 && pairs.length === request.query.length) seen.otherBody++;
      }),
      { numRuns: 5000 },
    );
    for (const [what, times] of Object.entries(seen)) assert.ok(times > 400, `${what}: only ${times} of 5000 requests`);
  });

  /** Where the two differ when oauth-1.0a reads the URL itself. The base strings are written by hand, from the RFC. */
  const differences: readonly {
    readonly what: string;
    readonly section: string;
    readonly url: string;
    readonly form?: string;
    readonly uri: string;
    readonly parameters: string;
  }[] = [
    { what: '+ is a space', section: '3.4.1.3.1', url: 'http://h/?q=a+b', uri: 'http://h/', parameters: 'q=a%20b' },
    { what: 'names are decoded', section: '3.4.1.3.1', url: 'http://h/?c%40=', uri: 'http://h/', parameters: 'c%40=' },
    {
      what: 'a value has its =',
      section: '3.4.1.3.1',
      url: 'http://h/?a=b=c',
      uri: 'http://h/',
      parameters: 'a=b%3Dc',
    },
    {
      what: 'a value has its ?',
      section: '3.4.1.3.1',
      url: 'http://h/?a=b?c',
      uri: 'http://h/',
      parameters: 'a=b%3Fc',
    },
    { what: 'no pair, no parameter', section: '3.4.1.3.1', url: 'http://h/?', uri: 'http://h/', parameters: '' },
    { what: 'a fragment is not sent', section: '3.4.1.2', url: 'http://h/?a=1#b', uri: 'http://h/', parameters: 'a=1' },
    { what: 'no path is /', section: '3.4.1.2', url: 'http://h?a=1', uri: 'http://h/', parameters: 'a=1' },
    { what: 'hosts have one case', section: '3.4.1.2', url: 'http://EX.COM/', uri: 'http://ex.com/', parameters: '' },
    { what: 'default ports are left out', section: '3.4.1.2', url: 'http://h:80/', uri: 'http://h/', parameters: '' },
    {
      what: 'an empty value counts when its name is repeated',
      section: '3.4.1.3.2',
      url: 'http://h/?a=&a=1',
      uri: 'http://h/',
      parameters: 'a=&a=1',
    },
    {
      what: 'a name in the query and in the form counts twice',
      section: '3.4.1.3.1',
      url: 'http://h/?a3=a',
      form: 'a3=2+q',
      uri: 'http://h/',
      parameters: 'a3=2%20q&a3=a',
    },
    {
      what: 'a name of the protocol in the query does not replace the one in the header',
      section: '3.4.1.3.1',
      url: 'http://h/?oauth_nonce=other',
      uri: 'http://h/',
      parameters: 'oauth_nonce=other',
    },
  ];
  for (const { what, section, url, form = '', uri, parameters } of differences) {
    it(`differ because ${what} (RFC 5849 §${section})`, () => {
      const expected = `POST&${encodeURIComponent(uri)}&${encodeURIComponent(parameters)}`;
      const decoded = new URLSearchParams(form);
      assert.equal(signatureBaseString('POST', url, decoded), expected);

      // The library's base string is never without the protocol's parameters, so ours gets them here as well.
      const oauth = {
        oauth_consumer_key: 'key',
        oauth_nonce: 'nonce',
        oauth_signature_method: 'HMAC-SHA1',
        oauth_timestamp: 1,
        oauth_version: '1.0',
      };
      const withOAuth = [...decoded, ...Object.entries(oauth).map(([name, value]) => [name, String(value)] as const)];
      const theirBaseString = library({ key: 'key', secret: 'secret' }).getBaseString(
        { method: 'POST', url, data: Object.fromEntries(decoded) },
        { ...oauth },
      );
      assert.notEqual(theirBaseString, signatureBaseString('POST', url, withOAuth));
    });
  }
});
