import assert from 'node:assert/strict';
import { authentication, commands, extensions } from 'vscode';
import { ADA, type FakeX } from 'x-authentication-testing';
import { startFakeXForEditor } from './fakeX.ts';

describe('an extension that asks for a session', () => {
  let x: FakeX;
  before(async () => {
    x = await startFakeXForEditor();
  });
  after(() => x.stop());

  it('gets none, and the Accounts menu gets a way to sign in, which opens a browser and comes back', async () => {
    assert.equal(await authentication.getSession('x', ['users.read']), undefined);
    await commands.executeCommand('x:tests.caller:signIn0');

    const session = await authentication.getSession('x', ['users.read']);
    assert.equal(session?.account.label, '@ada_l');
    assert.deepEqual(session.scopes, ['users.read']);
    // Proposed API, which VS Code hands on all the same.
    assert.equal('icon' in session.account && String(session.account.icon), ADA.profileImageUrl);

    assert.ok(x.grants.isLive(session.accessToken));
    assert.equal(x.requestsTo('/2/oauth2/token').length, 1);
    assert.equal(x.requestsTo('/2/users/me').length, 1);
  });

  it('gets nothing of what another extension was allowed', async () => {
    const otherExtension = await extensions
      .getExtension<{ authentication: typeof authentication }>('tests.other-extension')
      ?.activate();
    assert.equal(await otherExtension?.authentication.getSession('x', ['users.read'], { silent: true }), undefined);
  });
});
