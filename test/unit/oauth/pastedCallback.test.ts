import assert from 'node:assert/strict';
import { CallbackMismatchError } from '../../../src/oauth/errors.ts';
import { readPastedCallback } from '../../../src/oauth/pastedCallback.ts';

const CODE = 'VGNibzFWSWREZm01bjN1N3dicWlNUG1oa2xRRVNNdmVHelJGY2hPWGxNd2dxOjE2MjIxNjA4MjU4MjU6MToxOmFjOjE';
const STATE = 'Zm9yIHRoaXMgc2lnbi1pbg';
const QUERY = `state=${STATE}&code=${CODE}`;
const LOOPBACK = `http://127.0.0.1:41951/callback?${QUERY}`;

describe('A pasted callback', () => {
  const whole: readonly (readonly [what: string, pasted: string])[] = [
    ['of the loopback address', LOOPBACK],
    ['of an editor’s own scheme', `vscode://xauth.x-authentication/callback?${QUERY}`],
    ['of a page that relays', `https://vscode.dev/redirect?${QUERY}`],
    ['of a proxy path', `https://code.example.com:8443/user/proxy/41951/callback?${QUERY}`],
    ['without a scheme, as some browsers show it', `127.0.0.1:41951/callback?${QUERY}`],
    ['with its parameters in the other order', `http://127.0.0.1:41951/callback?code=${CODE}&state=${STATE}`],
    ['that is only a query', `?${QUERY}`],
    ['that is a query without its mark', QUERY],
    ['with white space around it', ` \t${LOOPBACK}\r\n`],
    ['with a no-break and a zero-width space around it', `\u00a0\u200b${LOOPBACK}\ufeff\u200b`],
    ['in quotes', `"${LOOPBACK}"`],
    ['in single quotes', `'${LOOPBACK}'`],
    ['in typographic quotes', `“${LOOPBACK}”`],
    ['in backticks', `\`${LOOPBACK}\``],
    ['in angle brackets', `<${LOOPBACK}>`],
    ['in parentheses', `(${LOOPBACK})`],
    ['in quotes and white space', `\n " ${LOOPBACK} " \n`],
    ['in lines', LOOPBACK.replace('&', '\r\n  &').replace('callback', 'callback\n')],
    ['with a fragment', `${LOOPBACK}#_=_`],
    ['with an empty fragment', `${LOOPBACK}#`],
    ['that is only a query, with a fragment', `${QUERY}#?code=other`],
  ];
  for (const [what, pasted] of whole) {
    it(`is read ${what}`, () => {
      assert.deepEqual(Object.fromEntries(readPastedCallback(pasted, STATE)), { state: STATE, code: CODE });
    });
  }

  it('keeps every parameter, for the check of what came back', () => {
    const read = readPastedCallback('http://127.0.0.1:41951/callback?code=a%2Bb&code=c&state=other?&x=', STATE);
    assert.deepEqual(
      [...read],
      [
        ['code', 'a+b'],
        ['code', 'c'],
        ['state', 'other?'],
        ['x', ''],
      ],
    );
  });

  it('keeps quotes and brackets that are not around it', () => {
    assert.equal(readPastedCallback(`?code=a"b<c(d)e&state=${STATE}`, STATE).get('code'), 'a"b<c(d)e');
  });

  it('keeps its own state, and gets none where it has none', () => {
    assert.equal(readPastedCallback(`?code=${CODE}&state=other`, STATE).get('state'), 'other');
    assert.equal(readPastedCallback(`?code=${CODE}`, STATE).get('state'), null);
  });

  for (const around of ['', ' ', '\n', '"']) {
    it(`is read when it is only the code${around === '' ? '' : ` in ${JSON.stringify(around)}`}`, () => {
      const read = readPastedCallback(`${around}${CODE}${around}`, STATE);
      assert.deepEqual(Object.fromEntries(read), { code: CODE, state: STATE });
    });
  }

  it('may be a denial', () => {
    const denial = 'http://127.0.0.1:41951/callback?error=access_denied';
    for (const pasted of [`${denial}&state=${STATE}`, denial, `${denial}&error_description=Call+0900`]) {
      assert.deepEqual(Object.fromEntries(readPastedCallback(pasted, STATE)), { error: 'access_denied', state: STATE });
    }
  });

  it('may be an error in words of anybody, which proves nothing', () => {
    assert.deepEqual(Object.fromEntries(readPastedCallback('?error=Call+0900', STATE)), { error: 'Call 0900' });
  });

  const rubbish: readonly (readonly [what: string, pasted: string])[] = [
    ['nothing', ''],
    ['white space', ' \n'],
    ['a word', 'hello'],
    ['a code and more', `${CODE} and more`],
    ['a sentence', 'I have clicked on Authorize app, what now'],
    ['a sentence on a code', 'what is my code=? I do not have any'],
    ['a URL without a query', 'http://127.0.0.1:41951/callback'],
    ['a URL without a query or a scheme', '127.0.0.1:41951/callback'],
    ['a URL with an empty query', 'http://127.0.0.1:41951/callback?'],
    ['another page', 'https://x.com/home?lang=en&barcode=12345'],
    [
      'the page that asks for consent',
      `https://x.com/i/oauth2/authorize?response_type=code&state=${STATE}&code_challenge=x`,
    ],
    ['only the state', `state=${STATE}`],
    ['an endless text, at once', `a${' '.repeat(1_000_000)}a`],
    ['a code in an endless text', `${' '.repeat(10_000)}?code=${CODE}`],
    ['a code in a fragment', `http://127.0.0.1:41951/callback#code=${CODE}`],
  ];
  for (const [what, pasted] of rubbish) {
    it(`is not ${what}`, () => {
      assert.throws(
        () => readPastedCallback(pasted, STATE),
        (error) => error instanceof CallbackMismatchError && !error.message.includes('41951'),
      );
    });
  }
});
