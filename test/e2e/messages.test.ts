import assert from 'node:assert/strict';
import { answersJson, faults, NATIVE_APP, WEB_APP } from 'x-authentication-testing';
import type { EditorWindow } from './editorWindow.ts';
import { FOLLOW_THE_SYSTEM, inEachTheme } from './screenshot.ts';
import { startStory, type Story } from './story.ts';

const TOKEN = '/2/oauth2/token';

/** Waits for a message, takes pictures of it, and closes it. */
async function picture(window: EditorWindow, name: string, text: string | RegExp): Promise<void> {
  const message = window.notification(text).first();
  await message.waitFor();
  await inEachTheme(window.page, `message-${name}`, message);
  await window.run('Notifications: Clear All Notifications');
  await window.page.locator('.notification-toast').first().waitFor({ state: 'detached' });
}

async function signIn(window: EditorWindow, person: 'ada' | 'grace' = 'ada'): Promise<void> {
  const consent = await window.opensConsent(() => window.run('X: Sign In'));
  await consent.authorizeAs(person);
  await consent.page.close();
}

/** Whatever X says then is told by one message, and not by another one that counts. */
async function refuseToRefresh(window: EditorWindow): Promise<void> {
  await window.tenMinutesPass();
  await window.run('X: Refresh Sessions Now');
  await window.notification('@ada_l').filter({ hasNotText: 'Signed in' }).waitFor();
  await window.notification('Renewing the sign-ins').waitFor({ state: 'detached' });
  assert.equal(await window.notification('sign-ins to X are up to date').count(), 0);
}

const refused = (error: string, description: string): ReturnType<typeof answersJson> =>
  answersJson(400, { error, error_description: description });

describe('Each message is one that can be read in every theme', () => {
  async function begin(settings: Readonly<Record<string, unknown>> = {}): Promise<[Story, EditorWindow]> {
    const story = await startStory({ ...FOLLOW_THE_SYSTEM, ...settings });
    return [story, await story.openWindow()];
  }

  it('while and after somebody signs in', async () => {
    const [story, window] = await begin();
    await window.run('X: Copy Callback URLs');
    await picture(window, 'callback-urls', 'Copied. Register with X');

    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await inEachTheme(window.page, 'message-waiting', window.notification('Sign in to X in your browser'));
    await consent.cancel();
    await consent.page.close();
    await picture(window, 'denied', 'Access to X was not given');

    const answers = [
      ['unreachable', faults.reset, 'X could not be reached'],
      ['not-x', faults.htmlUnavailable, 'X did not answer as it should'],
      [
        'unknown-client',
        refused('invalid_client', 'Value passed for the client id was invalid.'),
        'does not know this',
      ],
      ['refused', refused('invalid_scope', 'Something new.'), 'X refused the sign-in'],
    ] as const;
    for (const [name, fault, text] of answers) {
      story.x.fail(TOKEN, fault);
      await signIn(window);
      await picture(window, name, text);
    }
    await signIn(window);
    await picture(window, 'signed-in', 'Signed in to X as @ada_l.');

    await window.tenMinutesPass();
    await window.run('X: Refresh Sessions Now');
    await picture(window, 'refreshed', '1 of 1 sign-ins to X are up to date.');
    story.x.fail(TOKEN, faults.reset);
    await window.tenMinutesPass();
    await window.run('X: Refresh Sessions Now');
    await picture(window, 'partly-refreshed', '0 of 1 sign-ins to X are up to date');
    story.x.fail(TOKEN, answersJson(401, { error: 'unauthorized_client' }));
    await refuseToRefresh(window);
    await picture(window, 'client-secret', 'has a secret that is not known here');

    await story.x.goOffline();
    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /@ada_l/);
    await picture(window, 'not-revoked', 'but X could not be told');
  });

  it('when X ends a sign-in, and when an app shares its bearer', async () => {
    const [story, window] = await begin();
    await signIn(window);
    await window.notification('Signed in to X').waitFor();
    story.x.fail(TOKEN, refused('invalid_request', 'Value passed for the token was invalid.'));
    await refuseToRefresh(window);
    await picture(window, 'rejected', 'X has ended the sign-in of @ada_l');

    await window.run('X: Add App-Only Bearer Token');
    await window.pick('Add an app-only bearer token of X', /From the API Key/);
    await window.answerInput('(1/2): API Key', NATIVE_APP.apiKey);
    await window.answerInput('(2/2): API Key Secret', WEB_APP.apiSecret);
    await picture(window, 'api-key', 'X did not accept the API Key');
    await window.run('X: Add App-Only Bearer Token');
    await window.pick('Add an app-only bearer token of X', /From the API Key/);
    await window.answerInput('(1/2): API Key', NATIVE_APP.apiKey);
    await window.answerInput('(2/2): API Key Secret', NATIVE_APP.apiSecret);
    await picture(window, 'signed-in-app', /Signed in to X as App with API Key/);
    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /App with API Key/);
    await picture(window, 'shared-bearer', 'X keeps the app');
    await window.run('X: Sign Out');
    await picture(window, 'nobody', 'You are not signed in to X.');
  });

  it('when a setting can not be used', async () => {
    const [, window] = await begin({ 'xAuthentication.apiBaseUrl': 'http://api.example.com' });
    await window.run('X: Sign In');
    await picture(window, 'setting', "can't be used");
  });
});
