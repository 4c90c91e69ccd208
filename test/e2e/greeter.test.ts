import assert from 'node:assert/strict';
import { findSecrets } from './findSecrets.ts';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

describe('The Greeter', () => {
  it('greets a person who signs in through the Accounts menu by their name on X', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    assert.ok(
      (await window.openAccounts('Sign in with X to use Greeter (1)')).includes('Sign in with X to use Greeter (1)'),
    );
    await screenshot(window.page, 'accounts-menu-before');
    await window.closeMenu();

    const consent = await window.opensConsent(() => window.chooseFromAccounts('Sign in with X to use Greeter (1)'));
    assert.deepEqual((await consent.scopes()).toSorted(), ['offline.access', 'tweet.read', 'users.read']);
    await screenshot(consent.page, 'consent-page');
    await consent.authorizeAs('ada');
    await screenshot(consent.page, 'callback-page');

    await window.notification('Hello, Ada Lovelace!').waitFor();
    await window.statusBarItem('Hello, Ada Lovelace').waitFor();
    await screenshot(window.page, 'greeting');
    assert.ok((await window.openAccounts('@ada_l (X)')).includes('@ada_l (X)'));
    await screenshot(window.page, 'accounts-menu');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
    assert.deepEqual(await findSecrets(story, story.x.secrets), []);
    assert.notDeepEqual(await findSecrets(story, ['Sign-in: by loopback']), [], 'the log files are searched');
  });

  it('is used by whoever signed in, which a message says, with a way to undo it', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.chooseFromAccounts('Sign in with X to use Greeter (1)'));
    await consent.authorizeAs('grace');
    await window.notification('Signed in to X as @grace_h.').waitFor();
    await screenshot(window.page, 'signed-in-for-an-extension');
    await window.clickInNotification('Signed in to X as @grace_h.', 'Sign Out');
    await window.notification('@grace_h is signed out of X.').waitFor();
    assert.deepEqual(
      (await window.openAccounts()).filter((entry) => entry.startsWith('@')),
      [],
    );
    assert.equal(story.x.requestsTo('/2/oauth2/revoke').length, 2);
  });

  it('asks before it uses an account that somebody else signed in to', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('grace');
    await window.notification('@grace_h').waitFor();

    await window.run('Greeter: Say Hello');
    await window.dialog("'Greeter' wants to sign in using X").waitFor();
    await screenshot(window.page, 'access-dialog');
    await window.answerDialog("'Greeter' wants to sign in using X", 'Allow');
    await window.pick("'Greeter' wants to access", '@grace_h');
    await window.notification('Hello, Grace Hopper!').waitFor();
  });
});
