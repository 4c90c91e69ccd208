import assert from 'node:assert/strict';
import type { EditorWindow } from './editorWindow.ts';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

async function signIn(window: EditorWindow, person: 'ada' | 'grace', name: string): Promise<void> {
  const consent = await window.opensConsent(() => window.run('X: Sign In'));
  await consent.authorizeAs(person);
  await window.notification(`Signed in to X as ${name}.`).waitFor();
  await consent.page.close();
}

/** X has only dead tokens left. */
async function nothingIsLive(story: Awaited<ReturnType<typeof startStory>>): Promise<void> {
  const live = [...story.x.secrets].filter((secret) => story.x.grants.isLive(secret));
  assert.deepEqual(live, []);
}

describe('Accounts', () => {
  it('stay over a reload, several at once, and each is signed out alone, here and at X', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await signIn(window, 'ada', '@ada_l');
    await signIn(window, 'grace', '@grace_h');
    assert.deepEqual(
      (await window.openAccounts('@ada_l (X)')).filter((entry) => entry.startsWith('@')),
      ['@ada_l (X)', '@grace_h (X)'],
    );
    await screenshot(window.page, 'two-accounts');
    await window.closeMenu();

    const before = story.x.requests.length;
    await window.reload();
    assert.deepEqual(
      (await window.openAccounts('@ada_l (X)')).filter((entry) => entry.startsWith('@')),
      ['@ada_l (X)', '@grace_h (X)'],
    );
    assert.equal(story.x.requests.length, before, 'no network at start-up');
    await window.closeMenu();

    await window.chooseFromAccounts('@ada_l (X)', 'Sign Out');
    await window.answerDialog(/@ada_l/, /Sign Out/);
    await story.x.arrival('/2/oauth2/revoke', 2);
    assert.deepEqual(
      (await window.openAccounts()).filter((entry) => entry.startsWith('@')),
      ['@grace_h (X)'],
    );
    await window.closeMenu();

    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /@grace_h/);
    await window.notification('@grace_h is signed out of X.').waitFor();
    await nothingIsLive(story);
    await window.run('X: Sign Out');
    await window.notification('You are not signed in to X.').waitFor();
    await window.reload();
    assert.deepEqual(
      (await window.openAccounts()).filter((entry) => entry.startsWith('@')),
      [],
    );
  });

  it('are signed out here also when X can not be told, and the person hears of it', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    await signIn(window, 'ada', '@ada_l');
    await story.x.goOffline();
    await window.run('X: Sign Out');
    await window.pick('Sign out of X', /@ada_l/);
    await window.notification('but X could not be told').waitFor();
    await screenshot(window.page, 'not-revoked');
    assert.deepEqual(
      (await window.openAccounts()).filter((entry) => entry.startsWith('@')),
      [],
    );
  });

  it('that one window renews or signs out are renewed and signed out in the other, without a reload', async () => {
    const story = await startStory();
    story.x.switches.refreshKillsAccessToken = true;
    story.x.switches.reuseKillsFamily = true;
    const one = await story.openWindow();
    const consent = await one.opensConsent(() => one.chooseFromAccounts(/^Sign in with X to use Greeter/));
    await consent.authorizeAs('ada');
    await one.notification('Hello, Ada Lovelace!').waitFor();
    const other = await story.openWindow();
    await other.statusBarItem('Hello, Ada Lovelace').waitFor();

    for (const window of [one, other]) await window.tenMinutesPass();
    await one.run('X: Refresh Sessions Now');
    await one.notification('1 of 1 sign-ins to X are up to date.').waitFor();
    await other.run('Greeter: Say Hello');
    await other.notification('Hello, Ada Lovelace!').waitFor();
    for (const window of [one, other]) await window.tenMinutesPass();
    await other.run('X: Refresh Sessions Now');
    await other.notification('1 of 1 sign-ins to X are up to date.').waitFor();
    await one.run('Greeter: Who Am I on X?');
    await one.notification('You are Ada Lovelace').waitFor();

    const sent = story.x.requestsTo('/2/oauth2/token').map(({ form }) => form?.['grant_type']);
    assert.deepEqual(sent, ['authorization_code', 'refresh_token', 'refresh_token']);
    const refused = story.x.requests.filter(
      ({ outcome }) => outcome.state === 'answered' && (outcome.status ?? 0) >= 400,
    );
    assert.deepEqual(
      refused.map(({ path }) => path),
      [],
    );

    await other.run('X: Sign Out');
    await other.pick('Sign out of X', /@ada_l/);
    await other.notification('@ada_l is signed out of X.').waitFor();
    await one.statusBarItem('Greet me').waitFor();
    assert.deepEqual(
      (await one.openAccounts()).filter((entry) => entry.startsWith('@')),
      [],
    );
    assert.equal(story.x.requestsTo('/2/oauth2/revoke').length, 2);
    await nothingIsLive(story);
  });
});
