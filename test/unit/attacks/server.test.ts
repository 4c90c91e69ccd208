import assert from 'node:assert/strict';
import { NATIVE_APP, type FakeX, startFakeX, WEB_APP } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from './editor.ts';

const SCOPES = ['tweet.read', 'users.read'];

/** Points the editor at a server, as any extension can. */
function moveTo(editor: Editor, { apiBaseUrl }: FakeX): void {
  editor.set('xAuthentication.apiBaseUrl', apiBaseUrl);
}

/** Whatever of this was sent to a server. */
function leaked(server: FakeX, secrets: Iterable<string>): string[] {
  const sent = server.requests.map(({ path, query, headers, body }) => JSON.stringify([path, query, headers, body]));
  const basics = (secret: string): string[] => [secret, encodeURIComponent(secret)];
  return [...secrets].filter((secret) => sent.some((text) => basics(secret).some((form) => text.includes(form))));
}

describe('An extension that moves the API base URL', () => {
  it('gets nothing of a sign-in that was made before, and ends nothing', async () => {
    await using x = await startFakeX();
    await using other = await startFakeX();
    await using editor = await startEditor(x);
    const before = await signedIn(editor, 'good.extension', SCOPES);
    const evil = editor.extension('evil.extension');

    moveTo(editor, other);
    assert.deepEqual(await evil.getAccounts('x'), []);
    await editor.run('xAuthentication.refresh');
    await assert.rejects(editor.api.getApi(1).fetch(before, '/2/users/me'), { name: 'SessionEnded' });
    assert.deepEqual(leaked(other, x.secrets), []);
    assert.equal(x.requestsTo('/2/oauth2/revoke').length, 0);

    moveTo(editor, x);
    const after = await editor.extension('good.extension').getSession('x', SCOPES, { silent: true });
    assert.deepEqual([after?.id, after?.accessToken], [before.id, before.accessToken]);
    assert.equal((await editor.api.getApi(1).fetch(before, '/2/users/me')).status, 200);
    assert.deepEqual(
      editor.messages.filter(({ severity }) => severity !== 'information'),
      [],
    );
  });

  it('gets neither code nor verifier of a sign-in that waits', async () => {
    await using x = await startFakeX();
    await using other = await startFakeX();
    await using editor = await startEditor(x);
    editor.browse = async (url) => {
      moveTo(editor, other);
      await editor.consent(url);
    };
    await editor.extension('good.extension').getSession('x', SCOPES, { createIfNone: true });
    assert.equal(x.requestsTo('/2/oauth2/token').length, 1);
    assert.deepEqual(other.requests, []);

    moveTo(editor, x);
    assert.equal((await editor.extension('good.extension').getAccounts('x')).length, 1);
  });

  it('gets no client secret', async () => {
    await using x = await startFakeX();
    await using other = await startFakeX();
    await using editor = await startEditor(x, { clientId: WEB_APP.clientId });
    editor.type = (title) => (title.includes('Client ID') ? WEB_APP.clientId : WEB_APP.clientSecret);
    await editor.run('xAuthentication.setUpApp');
    await signedIn(editor, 'good.extension', SCOPES);

    moveTo(editor, other);
    editor.registerAt(other);
    editor.set('xAuthentication.authorizationBaseUrl', other.authorizationBaseUrl);
    editor.type = () => undefined;
    editor.browse = (url) => consentAt(editor, other, url);
    await assert.rejects(editor.extension('evil.extension').getSession('x', SCOPES, { createIfNone: true }));
    const basic = Buffer.from(`${WEB_APP.clientId}:${WEB_APP.clientSecret}`).toString('base64');
    assert.ok(other.requestsTo('/2/oauth2/token').length > 0, 'it was tried');
    assert.deepEqual(leaked(other, [WEB_APP.clientSecret ?? '', basic, ...x.secrets]), []);
  });

  it('gets neither the API key nor OAuth 1.0a tokens, and has nothing revoked', async () => {
    await using x = await startFakeX();
    await using other = await startFakeX();
    await using editor = await startEditor(x);
    editor.choose = () => 'Sign in with the browser';
    editor.type = (title) => (title.endsWith('Secret') ? NATIVE_APP.apiSecret : NATIVE_APP.apiKey);
    const before = await editor.extension('good.extension').getSession('x-oauth1', [], { createIfNone: true });
    assert.ok(before);

    moveTo(editor, other);
    editor.type = () => undefined;
    await assert.rejects(editor.extension('evil.extension').getSession('x-oauth1', [], { createIfNone: true }));
    await editor.signOut('x-oauth1', before.account.label);
    assert.deepEqual(leaked(other, [...x.secrets, NATIVE_APP.apiKey]), []);

    moveTo(editor, x);
    const after = await editor.extension('good.extension').getSession('x-oauth1', [], { createIfNone: true });
    assert.equal(after?.accessToken, before.accessToken);
  });
});

describe('OAuth 1.0a tokens that another sign-in takes the place of', () => {
  it('are revoked at X, since nobody could sign out of them any more', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.choose = () => 'Sign in with the browser';
    editor.type = (title) => (title.endsWith('Secret') ? NATIVE_APP.apiSecret : NATIVE_APP.apiKey);
    await editor.extension('good.extension').getSession('x-oauth1', [], { createIfNone: true });

    editor.type = (title) => (title.endsWith('Secret') ? WEB_APP.apiSecret : WEB_APP.apiKey);
    let asked = 0;
    editor.choose = () => (asked++ === 0 ? 'Use Another API Key' : 'Sign in with the browser');
    await editor.run('xAuthentication.signInOAuth1');
    assert.equal(x.requestsTo('/1.1/oauth/invalidate_token.json').length, 1);
    assert.equal((await editor.extension('good.extension').getAccounts('x-oauth1')).length, 1);
  });
});

/** Goes through the consent page of a server that is not the editor's first. */
async function consentAt(editor: Editor, server: FakeX, url: string): Promise<void> {
  const location = await server.consent(url, { as: 'ada', decision: 'authorize' });
  await editor.follow(location);
}
