import assert from 'node:assert/strict';
import { NATIVE_APP } from 'x-authentication-testing';
import { ConsentPage } from './consentPage.ts';
import type { EditorWindow } from './editorWindow.ts';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

const ACCOUNTS_OF_X = /\((X|X \(.+\))\)$/;

async function accounts(window: EditorWindow): Promise<string[]> {
  const entries = await window.openAccounts();
  await window.closeMenu();
  return entries.filter((entry) => ACCOUNTS_OF_X.test(entry));
}

async function enterApiKey(window: EditorWindow, secret = NATIVE_APP.apiSecret): Promise<void> {
  await window.answerInput('(1/2): API Key', NATIVE_APP.apiKey);
  await window.answerInput('(2/2): API Key Secret', secret);
}

describe('The other kinds of credentials', () => {
  it('OAuth 1.0a: a wrong key is told, a PIN signs in, tokens are invalidated at X by signing out', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await window.run('X: Sign In with OAuth 1.0a');
    await window.quickInput('Sign in to X with OAuth 1.0a').waitFor();
    await screenshot(window.page, 'oauth1-ways');
    await window.pick('Sign in to X with OAuth 1.0a', /with a PIN/);
    await enterApiKey(window, 'wrong');
    await window.clickInNotification('X did not accept the API Key', 'Enter the API Key Again');
    await enterApiKey(window);

    const page = await window.opens(() => window.pick('Sign in to X with OAuth 1.0a', /with a PIN/));
    await new ConsentPage(page).page.check('#person-grace');
    await page.click('#authorize');
    const pin = await page.innerText('#pin');
    await window.answerInput('Finish signing in to X', 'not a PIN');
    await window.quickInput('A PIN has only digits').waitFor();
    await window.answerInput('Finish signing in to X', ` ${pin} `);
    await window.notification('Signed in to X as @grace_h.').waitFor();
    assert.deepEqual(await accounts(window), ['@grace_h (X (OAuth 1.0a))']);

    await window.reload();
    assert.deepEqual(await accounts(window), ['@grace_h (X (OAuth 1.0a))']);
    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /@grace_h/);
    await window.notification('@grace_h is signed out of X.').waitFor();
    assert.equal(story.x.requestsTo('/1.1/oauth/invalidate_token.json').length, 1);
    assert.deepEqual(await accounts(window), []);
  });

  it('OAuth 1.0a: the browser comes back by itself, and a denial is told at once', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await window.run('X: Sign In with OAuth 1.0a');
    await window.pick('Sign in to X with OAuth 1.0a', /with the browser/);
    const denied = await window.opens(() => enterApiKey(window));
    await denied.click('#cancel');
    await window.clickInNotification('Access to X was not given', 'Sign In Again');

    const page = await window.opens(() => window.pick('Sign in to X with OAuth 1.0a', /with the browser/));
    await page.check('#person-ada');
    await page.click('#authorize');
    await window.notification('Signed in to X as @ada_l.').waitFor();
    assert.deepEqual(await accounts(window), ['@ada_l (X (OAuth 1.0a))']);
  });

  it('app-only: the bearer comes from the API key, and signing out leaves it alone at X', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await window.run('X: Add App-Only Bearer Token');
    await window.pick('Add an app-only bearer token of X', /From the API Key/);
    await enterApiKey(window);
    await window.notification(/Signed in to X as App with API Key/).waitFor();
    assert.equal((await accounts(window)).length, 1);

    const before = story.x.requests.length;
    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /App with API Key/);
    await window.notification('X keeps the app').waitFor();
    await screenshot(window.page, 'shared-bearer');
    assert.deepEqual(await accounts(window), []);
    assert.equal(story.x.requests.length, before);
  });
});
