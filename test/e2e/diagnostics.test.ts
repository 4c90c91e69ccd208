import assert from 'node:assert/strict';
import { NATIVE_APP } from 'x-authentication-testing';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

describe('Diagnostics', () => {
  it('say where this runs, which way back is taken and why, what was tried, and nothing about the person', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const refused = await window.opensConsent(() => window.run('X: Sign In'));
    await refused.cancel();
    const consent = await window.opensConsent(() =>
      window.clickInNotification('Access to X was not given', 'Sign In Again'),
    );
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();

    await window.run('X: Copy Diagnostics');
    await window.notification('Copied, without secrets and names').waitFor();
    const text = await window.clipboard();
    for (const line of [
      /Extension \d+\.\d+\.\d+, on the workspace's side/,
      /code-server 1\.\d+\.\d+, server-distro, browser, code-oss:/,
      /Remote: a server/,
      /clientId: set, \d+ characters/,
      /apiBaseUrl: changed/,
      /Tried first: loopback, because the setting is auto/,
      /\| relay \| none \| Microsoft's relay forwards to Microsoft's editors only \|/,
      /\| uri \| poor \| no operating system hands code-oss: addresses/,
      /Z, by loopback: came back from X\n.*Z, by loopback: came back from X/,
      /- x: \d scopes, access token ends in 7\d\d\d s/,
      /X's clock is -?[012] s ahead/,
      /SecretStorage: (?=.*\b1 × oauth2\b)(?=.*\b1 × store-key\b).*; 0 can't be read/,
      // A folder for each key: earlier stories had browsers, and so keys, of their own.
      /grants: can be written, [1-9]\d* entries/,
      /manifest: can be written/,
      /notes: can be written/,
      /locks: can be written/,
      /labels: can be written/,
    ]) {
      assert.match(text, line);
    }
    assert.doesNotMatch(text, /ada|Failed|undefined|NaN/i);
    assert.ok(!text.includes(NATIVE_APP.clientId));
    assert.ok(!text.includes(story.server.home));

    await window.clickInNotification('Copied, without secrets and names', 'Show');
    await window.page.locator('.view-lines', { hasText: 'diagnostics' }).waitFor();
    await screenshot(window.page, 'diagnostics');
    // VS Code would keep what is not saved for the next window.
    await window.run('View: Revert and Close Editor');
    await window.page.locator('.view-lines', { hasText: 'diagnostics' }).waitFor({ state: 'detached' });
  });
});
