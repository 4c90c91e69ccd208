import assert from 'node:assert/strict';
import { startStandIn } from '../../x/standIn.ts';
import { startEditor } from './editor.ts';

describe('The words for scopes', () => {
  for (const scope of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    it(`show "${scope}" as a scope that is not explained, and do not hide it`, async () => {
      const { scopesInWords, scopeWords } = await import('../../../src/vscode/scopeWords.ts');
      const [first, ...others] = scopesInWords([scope, 'tweet.read']).split(' · ');
      assert.deepEqual([first, ...others], ['See posts that you can see', scope]);
      assert.equal(scopeWords(scope), scopeWords('unknown.scope'));
    });
  }
});

describe('The diagnostics', () => {
  const addresses: readonly (readonly [what: string, uri: string, shown: string])[] = [
    ['a host in capitals', 'https://Relay.Ada-Lovelace.Example/x', 'https://…/…'],
    ['a host with other letters than ASCII', 'https://bücher-ada.example/x', 'https://…/…'],
    ['a host in Punycode', 'https://xn--bcher-ada-65a.example/callback', 'https://…/callback'],
    ['a user name in the path', 'https://hub.example/user/ada.lovelace/proxy/41951/callback', 'https://…/callback'],
    ['a user name at the end of the path', 'https://hub.example/~ada.lovelace', 'https://…/…'],
    ['a user name before a slash', 'https://hub.example/~ada.lovelace/', 'https://…/'],
    ['a port', 'https://ada.example:8443/callback', 'https://…/callback'],
    ['a user and a password', 'https://ada:lovelace@ada.example/callback', 'https://…/callback'],
    ['a user at this machine', 'http://ada:lovelace@127.0.0.1:41951/callback', 'http://127.0.0.1:41951/callback'],
    ['a query and a fragment', 'https://ada.example/callback?ada=1#lovelace', 'https://…/callback'],
    ['a host that is also the scheme', 'https://https/callback', 'https://…/callback'],
    ['a name below this machine’s', 'http://ada.localhost:41951/callback', 'http://…/callback'],
    ['a path of this machine', 'http://localhost:8080/user/ada/callback', 'http://…/callback'],
    ['the address of this machine', 'http://127.0.0.1:41951/callback', 'http://127.0.0.1:41951/callback'],
    ['its name', 'http://localhost:41951/callback', 'http://localhost:41951/callback'],
    ["the editor's own address", 'vscode://xauth.x-authentication/callback?windowId=2', 'vscode://…/callback'],
    ["Microsoft's relay", 'https://vscode.dev/redirect', 'https://…/redirect'],
    ["a tunnel at Microsoft's", 'https://vscode.dev/tunnel/ada-laptop/callback', 'https://…/callback'],
  ];
  for (const [what, uri, shown] of addresses) {
    it(`have nothing of the person's in an address with ${what}`, async () => {
      const { redacted } = await import('../../../src/vscode/diagnostics.ts');
      assert.equal(redacted(uri), shown);
    });
  }

  it('name no host of the person, however the setting spells it', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    for (const relayUrl of [
      'https://Relay.Ada-Lovelace.Example/x',
      'https://bücher-ada.example/x',
      'https://hub.example/user/ada.lovelace/callback',
      'https://hub.example/~ada',
    ]) {
      editor.set('xAuthentication.relayUrl', relayUrl);
      await editor.run('xAuthentication.copyDiagnostics');
      assert.match(editor.clipboard, /\| relay \| good \| a relay of your own is set \| https:/);
      assert.doesNotMatch(editor.clipboard, /ada|lovelace|bücher|hub\.example/i);
    }
  });
});
