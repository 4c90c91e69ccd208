import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { inLightAndDark, violations } from './accessibility.ts';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

/** What the person sees in light and dark, with nothing for axe to find. */
async function readsWell(page: Page, name: string): Promise<void> {
  await inLightAndDark(page, async (scheme) => {
    await screenshot(page, `callback-page-${name}-${scheme}`);
    assert.deepEqual(await violations(page), []);
  });
}

describe('The page after the callback', () => {
  it('says that X has answered, that the person said no, that X refused, and that a sign-in has ended', async () => {
    const story = await startStory();
    const window = await story.openWindow();
    const ended = await window.opensConsent(() => window.run('X: Sign In'));
    const denied = await window.opensConsent(() => window.run('X: Sign In'));
    await ended.authorizeAs('ada');
    assert.match(await ended.page.innerText('main'), /^This sign-in has ended\s+.*start again in the editor/);
    await readsWell(ended.page, 'ended');
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 0);

    await denied.cancel();
    assert.match(await denied.page.innerText('main'), /^You are not signed in\s+You did not give access at X/);
    await readsWell(denied.page, 'denied');

    const refused = await window.opensConsent(() => window.run('X: Sign In'));
    const answer = new URL(refused.page.url());
    const callback = new URL(answer.searchParams.get('redirect_uri') ?? '');
    callback.searchParams.set('error', 'invalid_scope');
    callback.searchParams.set('state', answer.searchParams.get('state') ?? '');
    await refused.page.goto(callback.href);
    assert.match(await refused.page.innerText('main'), /^You are not signed in\s+X did not accept the sign-in/);
    await readsWell(refused.page, 'refused');

    const answered = await window.opensConsent(() => window.run('X: Sign In'));
    await answered.authorizeAs('ada');
    assert.match(await answered.page.innerText('main'), /^X has answered\s+The editor finishes signing you in/);
    assert.equal(await answered.page.getByRole('link').count(), 0, 'an editor in a browser has no address');
    await readsWell(answered.page, 'answered');
    await window.notification('Signed in to X as @ada_l.').waitFor();

    // What a desktop editor puts there.
    await answered.page.evaluate(
      `document.querySelector('a.back').setAttribute('href', 'vscode://xauth.x-authentication/?windowId=1')`,
    );
    await answered.page.getByRole('link', { name: /^Back to / }).waitFor();
    await readsWell(answered.page, 'answered-on-desktop');
  });
});
