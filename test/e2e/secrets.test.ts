import assert from 'node:assert/strict';
import { faults, WEB_APP } from 'x-authentication-testing';
import { findSecrets } from './findSecrets.ts';
import { startStory } from './story.ts';

describe('Secrets', () => {
  it('are in no file and in no message after a run in which much goes wrong', async () => {
    const story = await startStory({ 'xAuthentication.clientId': WEB_APP.clientId });
    const secret = WEB_APP.clientSecret ?? '';
    const said: string[] = [];
    const window = await story.openWindow();
    const listen = async (text: string): Promise<void> => {
      await window.notification(text).first().waitFor();
      said.push(...(await window.notifications()));
    };

    const denied = await window.opensConsent(() => window.run('X: Sign In'));
    await denied.cancel();
    await listen('Access to X was not given');

    story.x.fail('/2/oauth2/token', faults.truncatedJson);
    const cutOff = await window.opensConsent(() => window.run('X: Sign In'));
    await cutOff.authorizeAs('ada');
    await listen('X did not answer as it should');

    await window.run('X: Set Up App Credentials');
    await window.answerInput('(1/2): Client ID', WEB_APP.clientId);
    await window.answerInput('(2/2): Client Secret', secret);
    await window.notification('The X app is set up.').waitFor();
    const consent = await window.opensConsent(() => window.run('X: Sign In'));
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();

    story.x.fail('/2/oauth2/token', faults.htmlUnavailable);
    await window.tenMinutesPass();
    await window.run('X: Refresh Sessions Now');
    await listen('0 of 1 sign-ins to X are up to date');
    await window.tenMinutesPass();
    await window.run('X: Refresh Sessions Now');
    await listen('1 of 1 sign-ins to X are up to date');
    story.x.disconnect('ada');
    await window.tenMinutesPass();
    await window.run('X: Refresh Sessions Now');
    await listen('X has ended the sign-in of @ada_l');

    const secrets = [...story.x.secrets, secret];
    for (const kind of ['XCODE-', 'XAT-', 'XRT-']) assert.ok(secrets.some((one) => one.startsWith(kind)));
    assert.deepEqual(await findSecrets(story, secrets), []);
    assert.deepEqual(
      said.filter((text) => secrets.some((one) => text.includes(one))),
      [],
    );
    assert.ok((await findSecrets(story, ['not refreshed'])).length > 0, 'the log files are searched');
  });
});
