import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { NATIVE_APP } from 'x-authentication-testing';
import { callbackPage, hostRelay, type Relay } from './relay.ts';
import { FOLLOW_THE_SYSTEM, inEachTheme, screenshot } from './screenshot.ts';
import { sharedEditor } from './sharedEditor.ts';
import { startStory, type Story } from './story.ts';
import type { EditorWindow } from './editorWindow.ts';

const WAITING = 'Sign in to X in your browser';
/** It changes its words after half a minute. */
const WHAT_HELPS = /see what (else )?helps/;
const APP_URI = 'code-oss://xauth.x-authentication/callback';

/** Begins a sign-in and returns the link that a person would follow, to be followed in another browser. */
async function linkOf(window: EditorWindow, command = 'X: Sign In'): Promise<string> {
  await window.opens(() => window.run(command));
  return copyLink(window);
}

/** Clicks again if a click missed: a notification can move while others come and go. */
async function copyLink(window: EditorWindow): Promise<string> {
  for (let tries = 1; ; tries++) {
    await window.clickInNotification(WAITING, 'copy the link');
    const told = window.statusBarItem('Copied the link').waitFor({ timeout: 10_000 });
    const isCopied = await told.then(
      () => true,
      () => false,
    );
    if (isCopied) return window.clipboard();
    if (tries === 3) throw new Error('Nothing says that the link was copied.');
  }
}

/** Opens an address of the editor in a window, as the operating system would. VS Code asks whether that is meant. */
async function openAddress(window: EditorWindow, address: string): Promise<void> {
  await window.run('Developer: Open URL');
  await window.answerInput('', address);
  await window.answerDialog("Allow 'X Authentication' extension to open this URI?", 'Open');
}

async function signedIn(window: EditorWindow, label: string): Promise<void> {
  await window.notification(`Signed in to X as ${label}.`).waitFor();
  await window.notification(WAITING).waitFor({ state: 'detached' });
}

describe("Coming back by the editor's own address", () => {
  const byUri = (): Promise<Story> => startStory({ 'xAuthentication.signInMethod': 'uri' }, [APP_URI]);

  it('signs in, in the window that waits', async () => {
    const story = await byUri();
    const window = await story.openWindow();
    const callback = await story.x.consent(await linkOf(window), { as: 'ada', decision: 'authorize' });
    assert.ok(callback.startsWith(APP_URI));
    await openAddress(window, callback);
    await signedIn(window, '@ada_l');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('hands the callback to the window that waits when another one gets it, once', async () => {
    const story = await byUri();
    const waiting = await story.openWindow();
    const other = await story.openWindow();
    await waiting.page.bringToFront();
    const callback = await story.x.consent(await linkOf(waiting), { as: 'grace', decision: 'authorize' });
    await other.page.bringToFront();
    await openAddress(other, callback);
    await signedIn(waiting, '@grace_h');
    assert.deepEqual(await other.notifications(), []);

    await openAddress(other, callback);
    await other.notification('No sign-in to X is waiting').waitFor();
    await screenshot(other.page, 'stray-callback');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('tells a denial at once, and one without a state as well, which ends nothing', async () => {
    const story = await byUri();
    const window = await story.openWindow();
    const denied = await story.x.consent(await linkOf(window), { as: 'ada', decision: 'cancel' });
    await openAddress(window, denied);
    await window.notification('Access to X was not given').waitFor();

    const again = await linkOf(window);
    assert.ok(again.startsWith(story.x.authorizationBaseUrl));
    await openAddress(window, `${APP_URI}?error=access_denied`);
    await window.notification('X reports that access was not given').waitFor();
    await screenshot(window.page, 'unproven-error');
    assert.equal(await window.notification(WAITING).count(), 1);
    await window.clickInNotification('X reports that access was not given', 'Cancel');
    await window.notification(WAITING).waitFor({ state: 'detached' });
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 0);
  });

  it('takes nothing but a callback with a live state', async () => {
    const story = await byUri();
    const window = await story.openWindow();
    const link = await linkOf(window);
    await openAddress(window, `${APP_URI}?code=stolen&state=guessed`);
    await window.notification('No sign-in to X is waiting').waitFor();
    await openAddress(window, 'code-oss://xauth.x-authentication/elsewhere?code=stolen');
    await openAddress(window, await story.x.consent(link, { as: 'ada', decision: 'authorize' }));
    await signedIn(window, '@ada_l');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('signs in with OAuth 1.0a, too', async () => {
    const story = await byUri();
    const window = await story.openWindow();
    await window.run('X: Sign In with OAuth 1.0a');
    await window.pick('Sign in to X with OAuth 1.0a', /with the browser/);
    await window.answerInput('(1/2): API Key', NATIVE_APP.apiKey);
    await window.opens(() => window.answerInput('(2/2): API Key Secret', NATIVE_APP.apiSecret));
    const link = await copyLink(window);
    await openAddress(window, await story.x.consent(link, { as: 'ada', decision: 'authorize' }));
    await signedIn(window, '@ada_l');
  });
});

describe('Coming back by a relay of one’s own', () => {
  let relay: Relay;
  before(async () => {
    relay = await hostRelay(await callbackPage(new URL((await sharedEditor()).server.url).origin));
  });
  after(() => relay.stop());

  it('signs in, in the window that waits, and tells a denial', async () => {
    const story = await startStory({ 'xAuthentication.signInMethod': 'relay', 'xAuthentication.relayUrl': relay.url }, [
      relay.url,
    ]);
    await story.openWindow();
    const window = await story.openWindow();
    const refused = await window.opensConsent(() => window.run('X: Sign In'));
    const asked = new URL(refused.page.url()).searchParams;
    assert.equal(asked.get('redirect_uri'), relay.url);
    assert.ok((asked.get('state') ?? '').length <= 500);
    await refused.cancel();
    await window.page.bringToFront();
    await window.notification('Access to X was not given').waitFor();
    // The notifications move up when that of the attempt that ended goes, and the button with them.
    await window.notification(WAITING).waitFor({ state: 'detached' });

    const consent = await window.opensConsent(() =>
      window.clickInNotification('Access to X was not given', 'Sign In Again'),
    );
    await consent.authorizeAs('katherine');
    await window.page.bringToFront();
    await signedIn(window, '@katherine_j');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('is finished by pasting the address of the relay, when that goes nowhere', async () => {
    const story = await startStory(
      { 'xAuthentication.signInMethod': 'relay', 'xAuthentication.relayUrl': 'http://127.0.0.1:9/elsewhere' },
      ['http://127.0.0.1:9/elsewhere'],
    );
    const window = await story.openWindow();
    const callback = await story.x.consent(await linkOf(window), { as: 'ada', decision: 'authorize' });
    await window.clickInNotification(WAITING, 'paste the callback URL');
    await window.answerInput('Finish signing in to X', callback);
    await signedIn(window, '@ada_l');
  });

  it('is not tried where the relay does not forward to this editor', async () => {
    const story = await startStory({ 'xAuthentication.signInMethod': 'relay' });
    const window = await story.openWindow();
    await window.run('X: Sign In');
    await window.notification('The relay https://vscode.dev/redirect does not forward to this editor').waitFor();
    await screenshot(window.page, 'relay-ruled-out');
    await window.clickInNotification('does not forward to this editor', 'Sign In Another Way');
    const consent = await window.opensConsent(() =>
      window.pick('How shall the browser come back from X?', /^Come Back by the Loopback Port/),
    );
    await consent.authorizeAs('ada');
    await signedIn(window, '@ada_l');
  });
});

describe('When the browser does not come back', () => {
  it('a person finds what else helps: paste, what to check, another way, cancel', async () => {
    const story = await startStory(FOLLOW_THE_SYSTEM, [APP_URI]);
    const window = await story.openWindow();
    await window.opensConsent(() => window.run('X: Sign In'));
    const helps = async (row: RegExp): Promise<void> => {
      await window.clickInNotification(WAITING, WHAT_HELPS);
      await window.pick('The browser does not come back from X', row);
    };

    await window.clickInNotification(WAITING, WHAT_HELPS);
    await window.quickInput('The browser does not come back from X').waitFor();
    await inEachTheme(window.page, 'sign-in-help', window.quickInput());
    await window.page.keyboard.press('Escape');

    await helps(/^See What to Check/);
    await window.dialog('If X says that something went wrong').waitFor();
    await inEachTheme(window.page, 'sign-in-checklist', window.dialog(''));
    await window.answerDialog('If X says that something went wrong', 'Copy the Callback URL');
    await window.statusBarItem('Copied the callback URL').waitFor();
    assert.equal(await window.clipboard(), story.server.callbackUrl(story.loopbackPort));

    await window.opens(() => helps(/^Come Back by the Editor's Own Address/));
    await window.clickInNotification(WAITING, 'copy the link');
    await window.statusBarItem('Copied the link').waitFor();
    const link = await window.clipboard();
    assert.equal(new URL(link).searchParams.get('redirect_uri'), APP_URI);

    await helps(/^Paste the Callback URL/);
    const callback = await story.x.consent(link, { as: 'ada', decision: 'authorize' });
    await window.answerInput('Finish signing in to X', new URL(callback).search);
    await signedIn(window, '@ada_l');

    await window.opensConsent(() => window.run('X: Sign In'));
    await helps(/^Cancel the Sign-In/);
    await window.notification(WAITING).waitFor({ state: 'detached' });
  });

  it('reminds after a while that X may show an error page, and the code alone is enough to finish', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const link = await linkOf(window);
    await window.notification('still waiting').waitFor({ timeout: 60_000 });
    await screenshot(window.page, 'still-waiting');
    const callback = await story.x.consent(link, { as: 'ada', decision: 'authorize' });
    await window.clickInNotification(WAITING, 'paste the callback URL');
    await window.answerInput('Finish signing in to X', new URL(callback).searchParams.get('code') ?? '');
    await signedIn(window, '@ada_l');
  });

  it('because another program has the port, asks at once for the address', async () => {
    const story = await startStory(FOLLOW_THE_SYSTEM);
    const occupant = createServer((_request, response) => response.end('Something else')).listen(
      story.loopbackPort,
      '127.0.0.1',
    );
    try {
      const window = await story.openWindow();
      const consent = await window.opensConsent(() => window.run('X: Sign In'));
      await window.quickInput(`Port ${story.loopbackPort} is in use`).waitFor();
      await inEachTheme(window.page, 'port-in-use', window.quickInput());
      await consent.authorizeAs('ada');
      await window.answerInput('Finish signing in to X', consent.page.url());
      await signedIn(window, '@ada_l');
    } finally {
      occupant.closeAllConnections();
      occupant.close();
    }
  });

  it('because another window has the port, gets its callback from that window', async () => {
    const story = await startStory();
    const first = await story.openWindow();
    const consentInFirst = await first.opensConsent(() => first.run('X: Sign In'));
    const second = await story.openWindow();
    await second.page.bringToFront();
    const consentInSecond = await second.opensConsent(() => second.run('X: Sign In'));
    await consentInSecond.authorizeAs('grace');
    assert.match(await consentInSecond.page.innerText('main'), /You can close this tab/);
    await signedIn(second, '@grace_h');
    await first.page.bringToFront();
    await consentInFirst.authorizeAs('ada');
    await signedIn(first, '@ada_l');
  });
});
