import assert from 'node:assert/strict';
import { faults, NATIVE_APP, WEB_APP } from 'x-authentication-testing';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

describe('Signing in', () => {
  it('from the palette costs one request to the token endpoint and one to /2/users/me', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await window.notification('Sign in to X in your browser').waitFor();
    await screenshot(window.page, 'waiting');
    await consent.authorizeAs('grace');
    assert.match(await consent.page.innerText('main'), /You can close this tab/);
    assert.match(consent.page.url(), /\/callback\/[\w-]+$/, 'without code and state, behind the path of the proxy');
    assert.ok(consent.page.url().startsWith(story.server.callbackUrl(story.loopbackPort)));

    await window.notification('Signed in to X as @grace_h.').waitFor();
    await window.notification('Sign in to X in your browser').waitFor({ state: 'detached' });
    assert.ok((await window.openAccounts('@grace_h (X)')).includes('@grace_h (X)'));
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
    // The Greeter has not been allowed to use the account, so that one is ours.
    assert.equal(story.x.requestsTo('/2/users/me').length, 1);
  });

  it('tells at once when the person says no at X, and works the next time', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const refused = await window.opensConsent(() => window.run('X: Sign In'));
    await refused.cancel();
    assert.match(await refused.page.innerText('main'), /You are not signed in/);
    await screenshot(refused.page, 'callback-page-denied');
    await window.notification('Access to X was not given').waitFor();
    await screenshot(window.page, 'denied');

    const consent = await window.opensConsent(() =>
      window.clickInNotification('Access to X was not given', 'Sign In Again'),
    );
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
  });

  it('goes on when a page reports an error that X did not send', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    const other = await story.browser.newPage();
    await other.goto(`${story.server.callbackUrl(story.loopbackPort)}?error=access_denied`);
    assert.match(await other.innerText('main'), /You are not signed in/);
    await window.notification('X reports that access was not given').waitFor();
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
  });

  it('ends with one message when an extension asked and the person says no', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.chooseFromAccounts(/^Sign in with X to use Greeter/));
    await consent.cancel();
    await window.notification('Access to X was not given').first().waitFor();
    assert.equal(await window.notification('Access to X was not given').count(), 1);
    assert.ok(
      (await window.openAccounts('Sign in with X to use Greeter (1)')).includes('Sign in with X to use Greeter (1)'),
    );
  });

  it('can be cancelled, and begun again', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const abandoned = await window.opensConsent(() => window.run('X: Sign In'));
    await window.clickInNotification('Sign in to X in your browser', 'Cancel');
    await window.notification('Sign in to X in your browser').waitFor({ state: 'detached' });
    await abandoned.page.close();

    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('replaces a sign-in that waits', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const first = await window.opensConsent(() => window.run('X: Sign In'));
    const second = await window.opensConsent(() => window.run('X: Sign In'));
    await first.authorizeAs('grace');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 0);
    await second.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
  });

  it('for an extension gives way at once to one from the palette, though VS Code has calls to a provider wait', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const asked = await window.opensConsent(() => window.chooseFromAccounts(/^Sign in with X to use Greeter/));
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('grace');
    await window.notification('Signed in to X as @grace_h.').waitFor();
    await asked.authorizeAs('ada');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
    // VS Code takes its time to close it.
    await window.notification('Sign in to X in your browser').waitFor({ state: 'detached' });
    assert.deepEqual(await window.notifications(), ['Signed in to X as @grace_h.']);
  });

  it('is finished by pasting when the browser does not come back', async () => {
    const story = await startStory({ 'xAuthentication.signInMethod': 'paste' });
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await window.quickInput('Copy the whole address').waitFor();
    await screenshot(window.page, 'paste');
    await consent.authorizeAs('ada');
    await window.answerInput('Copy the whole address', consent.page.url());
    await window.notification('Signed in to X as @ada_l.').waitFor();
  });

  it('is finished in a browser on another machine, by copying the link and pasting the address', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await window.opensConsent(() => window.run('X: Sign In'));
    await window.clickInNotification('Sign in to X in your browser', 'copy the link');
    await window.statusBarItem('Copied the link').waitFor();
    const callbackUrl = await story.x.consent(await window.clipboard(), { as: 'grace', decision: 'authorize' });

    await window.clickInNotification('Sign in to X in your browser', 'paste the callback URL');
    await window.answerInput('Finish signing in to X', 'http://127.0.0.1/callback?state=other&code=of-another-sign-in');
    await window.quickInput('This address is from another sign-in').waitFor();
    await window.answerInput('Finish signing in to X', ` ${callbackUrl} `);
    await window.notification('Signed in to X as @grace_h.').waitFor();
  });

  it('says which app credentials to mend when the Client ID is wrong', async () => {
    const story = await startStory({ 'xAuthentication.clientId': 'bm9ib2R5S25vd3NUaGlzQXBwWFg6MTpjaQ' });
    const window = await story.openWindow();
    const page = await window.opens(() => window.run('X: Sign In'));
    await page.locator('#something-went-wrong').waitFor();
    await window.clickInNotification('Sign in to X in your browser', 'Cancel');

    await window.run('X: Set Up App Credentials');
    await window.answerInput('(1/2): Client ID', 'nativeApiKey0123456789abc');
    await window.quickInput('This looks like an API key').waitFor();
    await screenshot(window.page, 'set-up-api-key');
    await window.answerInput('(1/2): Client ID', NATIVE_APP.clientId);
    await window.answerInput('(2/2): Client Secret', '');
    await window.notification('The X app is set up.').waitFor();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
  });

  it('leads to setting up the app when there is none, and then goes on; a confidential app needs its secret', async () => {
    const story = await startStory({ 'xAuthentication.clientId': undefined });
    const window = await story.openWindow();
    await window.run('X: Sign In');
    await window.quickInput('(1/2): Client ID').waitFor();
    await screenshot(window.page, 'set-up-client-id');
    await window.answerInput('(1/2): Client ID', WEB_APP.clientId);
    await window.quickInput('(2/2): Client Secret').waitFor();
    await screenshot(window.page, 'set-up-client-secret');
    const consent = await window.opensConsent(() =>
      window.answerInput('(2/2): Client Secret', ` ${WEB_APP.clientSecret ?? ''} `),
    );
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
    assert.match(story.x.requestsTo('/2/oauth2/token')[0]?.headers['authorization'] ?? '', /^Basic /);
  });

  it('does not fail because X will not say who it is', async () => {
    const story = await startStory();
    const refusing = story.x.fail('/2/users/me', faults.creditsDepleted, { times: Infinity });
    const window = await story.openWindow();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as X account ').waitFor();
    assert.match((await window.openAccounts()).join('\n'), /^X account [0-9a-f]{6} \(X\)$/m);
    assert.equal(refusing.hits, 1);
  });

  it('copies what to register with X, for this very editor', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await window.run('X: Copy Callback URLs');
    await window.notification('Register with X').waitFor();
    assert.equal(await window.clipboard(), story.server.callbackUrl(story.loopbackPort));
  });
});
