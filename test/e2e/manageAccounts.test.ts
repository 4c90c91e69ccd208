import assert from 'node:assert/strict';
import { ADA, NATIVE_APP } from 'x-authentication-testing';
import type { EditorWindow } from './editorWindow.ts';
import { Keyboard } from './keyboard.ts';
import { FOLLOW_THE_SYSTEM, inEachTheme, screenshot } from './screenshot.ts';
import { startStory, type Story } from './story.ts';

const LIST = 'Accounts of X';
const ACTIONS = '@ada_l (X)';

async function signedIn(): Promise<{ readonly story: Story; readonly window: EditorWindow }> {
  const story = await startStory(FOLLOW_THE_SYSTEM);
  const window = await story.openWindow();
  const consent = await window.opensConsent(() => window.run('X: Sign In'));
  await consent.authorizeAs('ada');
  await window.notification('Signed in to X as @ada_l.').waitFor();
  await consent.page.close();
  return { story, window };
}

/** Opens what can be done with an account. */
async function open(window: EditorWindow, label: RegExp): Promise<void> {
  await window.run('X: Manage Accounts');
  await window.pick(LIST, label);
}

describe('Manage Accounts', () => {
  it('lists who is signed in, by what, until when and what for, and says so to screen readers', async () => {
    const { window } = await signedIn();
    await window.run('X: Add App-Only Bearer Token');
    await window.pick('Add an app-only bearer token of X', /From the API Key/);
    await window.answerInput('(1/2): API Key', NATIVE_APP.apiKey);
    await window.answerInput('(2/2): API Key Secret', NATIVE_APP.apiSecret);
    await window.notification(/Signed in to X as App with API Key/).waitFor();

    await window.run('X: Manage Accounts');
    await window.quickInput(LIST).waitFor();
    await window.option(/^@ada_l, X · renews in 1 hour, See posts that you can see · See profiles/).waitFor();
    await window.option(/^App with API Key .*, X \(app-only\) · does not expire, Acts as the app/).waitFor();
    await inEachTheme(window.page, 'accounts', window.quickInput());

    await window.pick(LIST, /^@ada_l/);
    await window.quickInput(ACTIONS).waitFor();
    await inEachTheme(window.page, 'account-actions', window.quickInput());
    await window.pick(ACTIONS, /^Show Scopes/);
    await window.option(/^Stay signed in: .*, offline\.access/).waitFor();
    await inEachTheme(window.page, 'account-scopes', window.quickInput());
    await window.pick('What the sign-in of @ada_l allows', /^Back/);
    await window.quickInput(ACTIONS).waitFor();
  });

  it('renews, adds scopes and signs out with the keyboard alone', async () => {
    const { story, window } = await signedIn();
    const keys = new Keyboard(window.page);
    const choose = async (title: string, row: string): Promise<void> => {
      await window.quickInput(title).waitFor();
      await keys.type(row);
      await window.quickInput().locator('.monaco-list-row.focused').filter({ hasText: row }).waitFor();
      await keys.press('Enter');
    };
    const act = async (row: string): Promise<void> => {
      await keys.run('X: Manage Accounts');
      await choose(LIST, '@ada_l');
      await choose(ACTIONS, row);
    };
    await window.tenMinutesPass();
    await act('Renew Now');
    await window.notification('The sign-in of @ada_l to X is up to date.').waitFor();

    await act('Add Scopes');
    await window.quickInput('Add scopes to the sign-in of @ada_l').waitFor();
    await inEachTheme(window.page, 'add-scopes', window.quickInput());
    await keys.type('like.read');
    await window.quickInput('See posts that you like').waitFor();
    await keys.press('ArrowDown', 'Space');
    await window.quickInput('1 Selected').waitFor();
    await keys.press('End', 'Space');
    await window.quickInput('2 Selected').waitFor();
    await keys.press('Enter');
    await window.quickInput('Type the names of scopes').waitFor();
    await keys.type('list.read mute.read');
    const consent = await window.opensConsent(() => keys.press('Enter'));
    const asked = ['like.read', 'list.read', 'mute.read', 'offline.access', 'tweet.read', 'users.read'];
    assert.deepEqual((await consent.scopes()).toSorted(), asked);
    await consent.authorizeAs('ada');
    await consent.page.close();
    await window.notification('Signed in to X as @ada_l.').first().waitFor();

    await act('Sign Out');
    await window.notification('@ada_l is signed out of X.').waitFor();
    const grants = story.x.requestsTo('/2/oauth2/token').map(({ form }) => form?.['grant_type']);
    assert.deepEqual(grants, ['authorization_code', 'refresh_token', 'authorization_code']);
    assert.equal(story.x.requestsTo('/2/oauth2/revoke').length, 2);
    await keys.run('X: Manage Accounts');
    await window
      .quickInput('You are not signed in to X')
      .or(window.option(/^Sign In to X/))
      .first()
      .waitFor();
    assert.equal(await window.option(/^@ada_l/).count(), 0);
  });

  it('copies the access token after two questions, and not after one', async () => {
    const { story, window } = await signedIn();
    await window.page.evaluate("navigator.clipboard.writeText('before')");
    await open(window, /^@ada_l/);
    await window.pick(ACTIONS, /^Copy the Access Token/);
    await window.dialog('Copy the access token of @ada_l?').waitFor();
    await inEachTheme(window.page, 'copy-token', window.dialog('Copy the access token'));
    await window.answerDialog('Copy the access token of @ada_l?', 'Go On');
    await window.answerDialog('Put a secret into the clipboard?', 'Cancel');
    await window.dialog('Put a secret').waitFor({ state: 'detached' });
    assert.equal(await window.clipboard(), 'before');

    await open(window, /^@ada_l/);
    await window.pick(ACTIONS, /^Copy the Access Token/);
    await window.answerDialog('Copy the access token of @ada_l?', 'Go On');
    await window.answerDialog('Put a secret into the clipboard?', 'Copy the Access Token');
    await window.statusBarItem('Copied the access token of @ada_l.').waitFor();
    assert.ok(story.x.grants.isLive(await window.clipboard()));
  });

  it('leaves the pictures of people to VS Code, which shows them if it is set to', async () => {
    const story = await startStory();
    const picture =
      '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><rect width="48" height="48" fill="teal"/></svg>';
    await story.browser.route('https://pbs.example.com/**', (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: picture }),
    );
    const window = await story.openWindow();
    const avatar = window.page.locator('img.accounts-avatar');
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('ada');
    await avatar.and(window.page.locator(`[src="${ADA.profileImageUrl}"]`)).waitFor();
    await screenshot(window.page.locator('.activitybar'), 'avatar');
    assert.equal(story.x.requestsTo('/2/users/me').length, 1);
    await window.reload();
    await avatar.and(window.page.locator(`[src="${ADA.profileImageUrl}"]`)).waitFor();
    assert.equal(story.x.requestsTo('/2/users/me').length, 1);
  });

  it('asks before direct messages join an account that extensions use', async () => {
    const { story, window } = await signedIn();
    const addDirectMessages = async (): Promise<void> => {
      await open(window, /^@ada_l/);
      await window.pick(ACTIONS, /^Add Scopes/);
      await window.quickInput('Add scopes to the sign-in of @ada_l').waitFor();
      await window.page.keyboard.type('dm.read');
      await window.quickInput('See your direct messages').waitFor();
      await window.page.keyboard.press('ArrowDown');
      await window.page.keyboard.press('Space');
      await window.quickInput('1 Selected').waitFor();
      await window.page.keyboard.press('Enter');
      await window.dialog('Allow every extension that uses @ada_l to do this, too?').waitFor();
    };
    const { length } = story.x.requestsTo('/i/oauth2/authorize');
    await addDirectMessages();
    await inEachTheme(window.page, 'direct-messages', window.dialog('Allow every extension'));
    await window.answerDialog('Allow every extension', 'Cancel');
    await window.notification('dm.read was not added to @ada_l').waitFor();
    assert.equal(story.x.requestsTo('/i/oauth2/authorize').length, length, 'the browser was not opened again');

    await addDirectMessages();
    await window.answerDialog('Allow every extension', 'See Which Use @ada_l');
    await window.quickInput('Manage Trusted Extensions').waitFor();
    await window.page.keyboard.press('Escape');
    const consent = await window.opensConsent(() =>
      window.clickInNotification('Allow every extension that uses @ada_l', 'Allow for All of Them'),
    );
    assert.ok((await consent.scopes()).includes('dm.read'));
    await consent.authorizeAs('ada');
    await consent.page.close();
    await window.notification('Signed in to X as @ada_l.').first().waitFor();
  });

  it('says what is wrong and what to do, and leads to the extensions that may use an account', async () => {
    const { story, window } = await signedIn();
    await window.tenMinutesPass();
    await story.x.goOffline();
    await open(window, /^@ada_l/);
    await window.pick(ACTIONS, /^Renew Now/);
    await window.quickInput(ACTIONS).getByPlaceholder('X could not be reached: you stay signed in.').waitFor();
    await window.page.keyboard.press('Escape');
    await window.run('X: Manage Accounts');
    await window.option(/^@ada_l, .* X could not be reached: you stay signed in\./).waitFor();
    await inEachTheme(window.page, 'accounts-trouble', window.quickInput());
    await window.pick(LIST, /^@ada_l/);
    await window.pick(ACTIONS, /^Extensions That Use It/);
    await window.quickInput('Manage Trusted Extensions').waitFor();
  });
});
