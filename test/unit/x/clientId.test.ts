import assert from 'node:assert/strict';
import { notAClientId, type NotAClientId } from '../../../src/x/clientId.ts';
import { NATIVE_APP, WEB_APP } from 'x-authentication-testing';

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('A Client ID', () => {
  const plausible: readonly (readonly [what: string, text: string])[] = [
    ['of a Native App', NATIVE_APP.clientId],
    ['of a Web App', WEB_APP.clientId],
    ['of X’s documentation', 'M1M5R3BMVy13QmpScXkzTUt5OE46MTpjaQ'],
    ['with a - and a _ in it', encoded('>>>???>>>???:1:ci')],
    ['with padding', Buffer.from('a:1:ci').toString('base64')],
    ['one character shorter than an API key', encoded('ABCDEFGHIJKLM:1:ci')],
    ['one character longer than an API key', encoded('ABCDEFGHIJKLMN:1:ci')],
    ['in a form that X has not used yet', 'x-client-0001'],
    ['that begins as an access token does', '370773112-GmHx_MAg'],
    ['that ends as an access token does', 'x370773112-GmHxMAg'],
    ['that begins as the number of an app does', '27483921x'],
  ];
  for (const [what, text] of plausible) {
    it(`may be one ${what}`, () => {
      assert.equal(notAClientId(text), undefined);
    });
  }

  it('may be one of any app', () => {
    for (let index = 0; index < 1000; index++) {
      const name = Buffer.from(String(index * 7919).padStart(20, 'x'))
        .toString('base64')
        .slice(0, 20);
      assert.equal(notAClientId(encoded(`${name}:1:ci`)), undefined);
    }
  });

  const implausible: readonly (readonly [problem: NotAClientId, what: string, text: string])[] = [
    ['empty', 'nothing', ''],
    ['characters', 'white space', ' '],
    ['characters', 'white space before it', ` ${NATIVE_APP.clientId}`],
    ['characters', 'a newline after it', `${NATIVE_APP.clientId}\n`],
    ['characters', 'quotes around it', `"${NATIVE_APP.clientId}"`],
    ['characters', 'its decoded form', 'NativeApp:1:ci'],
    ['characters', 'other letters', 'Clïent'],
    ['characters', 'a URL', 'https://console.x.com/apps'],
    ['bearer-token', 'a bearer token', `${'A'.repeat(20)}MLheAAAAAAA0%2BuSeid%2BULvsea4JtiGRiSDSJSI%3DEUifiRBkKG5E2`],
    ['bearer-token', 'a bearer token without percent signs', `${'A'.repeat(20)}MLheAAAAAAA0BuSeid`],
    ['user-token', 'an access token of OAuth 1.0a', '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb'],
    ['app-id', 'the number of an app', '27483921'],
    ['api-key', 'an API key', 'cChZNFj6T5R0TigYB9yd1wAbC'],
    ['api-key', 'an API key that happens to decode to something with colons', `${encoded('ABCDEFGHIJKLM:1:ci')}x`],
  ];
  for (const [problem, what, text] of implausible) {
    it(`is not ${what} (${problem})`, () => {
      assert.equal(notAClientId(text), problem);
    });
  }
});
