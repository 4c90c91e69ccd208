import assert from 'node:assert/strict';
import { startFakeX } from 'x-authentication-testing';
import { type Editor, startEditor } from '../../../attacks/editor.ts';

const RELAY = 'https://relay.example.com/x/';

/** An editor whose ports are forwarded by Microsoft under other names, so that the loopback is not tried first. */
function inCodespace(editor: Editor, windowQuery: string): void {
  editor.externalUri = (uri) =>
    uri.startsWith('http:') ? 'https://space-41951.app.github.dev/callback' : `${uri}&${windowQuery}`;
}

describe('A sign-in with OAuth 2.0 whose flow needs the address of the window in the state', () => {
  it('is by that flow as long as X carries the address', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { relayUrl: RELAY, signInMethod: 'auto' });
    inCodespace(editor, 'windowId=1');
    editor.browse = async () => undefined;
    const signingIn = editor.run('xAuthentication.signIn');
    await editor.until(() => editor.opened.length === 1, 'the browser opens');
    const { searchParams } = new URL(editor.opened[0] ?? '');
    assert.equal(searchParams.get('redirect_uri'), RELAY);
    assert.match(searchParams.get('state') ?? '', /^vscode:.*windowId=1$/);
    editor.progress.at(-1)?.cancel();
    await signingIn;
  });

  it('is by the next flow where the address is too long for X', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { relayUrl: RELAY, signInMethod: 'auto' });
    inCodespace(editor, 'x'.repeat(500));
    editor.browse = async () => undefined;
    const signingIn = editor.run('xAuthentication.signIn');
    await editor.until(() => editor.opened.length === 1, 'the browser opens');
    const { searchParams } = new URL(editor.opened[0] ?? '');
    assert.equal(searchParams.get('redirect_uri'), 'vscode://xauth.x-authentication/callback');
    assert.ok((searchParams.get('state') ?? '').length < 100);
    editor.progress.at(-1)?.cancel();
    await signingIn;
  });

  it('says so where no other may be tried', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, {
      relayUrl: RELAY,
      signInMethod: 'relay',
    });
    inCodespace(editor, 'x'.repeat(500));
    await editor.run('xAuthentication.signIn');
    assert.deepEqual(editor.opened, []);
    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ['The address of this window is too long for X: sign in another way.'],
    );
  });
});

describe('A sign-in with the scopes of the settings', () => {
  it('does not fail because X leaves out offline.access, which they name', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { defaultScopes: ['tweet.read', 'offline.access'] });
    editor.browse = (url) => editor.consent(url.replace('%20offline.access', ''));
    await editor.run('xAuthentication.signIn');
    await editor.until(() => editor.messages.length > 0, 'the person is told how it ended');
    assert.match(editor.messages.at(-1)?.text ?? '', /^Signed in to X as @ada_l/);
  });
});

describe('A person whose stored sign-in is damaged', () => {
  it('is told so though the setting for the scopes is wrong', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.secrets.set(`oauth2:${x.apiBaseUrl} app 1`, '{"version":1}');
    editor.set('xAuthentication.defaultScopes', ['not a scope']);
    await editor.reload();
    await editor.extension('good.extension').getAccounts('x');
    await editor.until(() => editor.messages.length > 0, 'a message');
    assert.match(editor.messages[0]?.text ?? '', /can't be read and was set aside/);
  });
});
