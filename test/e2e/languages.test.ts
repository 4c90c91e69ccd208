import assert from 'node:assert/strict';
import { LANGUAGES, readBundle, textOf } from '../host/l10n.ts';
import { screenshot } from './screenshot.ts';
import { startStory } from './story.ts';

describe('In another language', () => {
  for (const language of LANGUAGES) {
    it(`everything that is read on the way to being signed in is in it: ${language}`, async () => {
      const texts = readBundle(`l10n/bundle.l10n.${language}.json`);
      const titles = readBundle(`package.nls.${language}.json`);
      const say = (english: string): string => textOf(texts, english);

      const story = await startStory();
      await story.browser.addCookies([{ name: 'vscode.nls.locale', value: language, url: story.server.url }]);
      const window = await story.openWindow();
      const consent = await window.opensConsent(() => window.run(`X: ${textOf(titles, 'command.signIn')}`));
      await window.notification(say('Sign in to X in your browser')).waitFor();
      await screenshot(window.page, `waiting-${language}`);
      await consent.authorizeAs('ada');
      assert.equal(await consent.page.getAttribute('html', 'lang'), language);
      assert.equal(await consent.page.title(), say('X has answered'));
      const page = await consent.page.innerText('main');
      assert.ok(page.includes(say('The editor finishes signing you in. You can close this tab.')));
      await screenshot(consent.page, `callback-page-${language}`);
      await window.notification(say('Signed in to X as {0}.').replace('{0}', '@ada_l')).waitFor();
      await screenshot(window.page, `signed-in-${language}`);
    });
  }
});
