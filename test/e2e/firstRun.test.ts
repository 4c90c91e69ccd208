import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NATIVE_APP } from 'x-authentication-testing';
import type { ConsentPage } from './consentPage.ts';
import type { EditorWindow } from './editorWindow.ts';
import { Keyboard } from './keyboard.ts';
import { FOLLOW_THE_SYSTEM, inEachTheme } from './screenshot.ts';
import { startStory } from './story.ts';

const STEPS = ['app', 'callback', 'clientId', 'signIn', 'use'] as const;

const NOTHING_SET_UP = {
  'xAuthentication.clientId': undefined,
  // With motion, the walkthrough moves the focus a while after it was told to.
  'workbench.reduceMotion': 'on',
  ...FOLLOW_THE_SYSTEM,
};

/** The walkthrough, as far as it is open in a window. */
class Walkthrough {
  readonly #window: EditorWindow;

  constructor(window: EditorWindow) {
    this.#window = window;
  }

  step(id: (typeof STEPS)[number]): Locator {
    return this.#window.page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
  }

  button(text: string): Locator {
    return this.#window.page.locator('.getting-started-step.expanded .monaco-button', { hasText: text });
  }

  done(id: (typeof STEPS)[number]): Locator {
    return this.step(id).locator('.codicon-getting-started-step-checked');
  }
}

describe('The first run', () => {
  it('goes from nothing to a greeting with the keyboard alone, and each step is checked when it is done', async () => {
    const story = await startStory(NOTHING_SET_UP);
    const window = await story.openWindow();
    const keys = new Keyboard(window.page);
    const walkthrough = new Walkthrough(window);
    await keys.run('X: Get Started');
    await walkthrough.button("Open X's Developer Console").waitFor();

    await keys.activate(walkthrough.step('callback'));
    await keys.activate(walkthrough.button('Copy the Callback URLs'));
    await walkthrough.done('callback').waitFor();
    await window.notification('Copied. Register with X').waitFor();
    assert.equal(await window.clipboard(), story.server.callbackUrl(story.loopbackPort));
    assert.equal(await walkthrough.done('clientId').count(), 0);

    await keys.activate(walkthrough.step('clientId'));
    await keys.activate(walkthrough.button('Paste the Client ID'));
    await window.quickInput('(1/2): Client ID').waitFor();
    await keys.type(NATIVE_APP.apiKey);
    await keys.press('Enter');
    await window.quickInput('This looks like an API key').waitFor();
    await keys.press('ControlOrMeta+A');
    await keys.type(NATIVE_APP.clientId);
    await keys.press('Enter');
    await window.quickInput('(2/2): Client Secret').waitFor();
    await keys.press('Enter');
    await window.notification('The X app is set up.').waitFor();
    await walkthrough.done('clientId').waitFor();
    await walkthrough.done('app').waitFor();
    assert.equal(await walkthrough.done('signIn').count(), 0);

    await keys.activate(walkthrough.step('signIn'));
    const consent = await window.opensConsent(() => keys.activate(walkthrough.button('Sign In to X')));
    await authorize(consent);
    await window.notification('Signed in to X as @ada_l.').waitFor();
    await window.page.bringToFront();
    await walkthrough.done('signIn').waitFor();
    assert.equal(await walkthrough.done('use').count(), 0);

    await keys.run('Greeter: Say Hello');
    await window.dialog("'Greeter' wants to sign in using X").waitFor();
    await keys.activate(window.dialog('Greeter').getByRole('button', { name: 'Allow' }));
    await window.quickInput("'Greeter' wants to access").waitFor();
    await keys.press('Enter');
    await window.notification('Hello, Ada Lovelace!').waitFor();

    await keys.activate(walkthrough.step('use'));
    await keys.activate(walkthrough.button('See Your Accounts'));
    await window.quickInput('Accounts of X').waitFor();
    await window.option(/^@ada_l/).waitFor();
    await keys.press('Escape');
    for (const step of STEPS) await walkthrough.done(step).waitFor();
    assert.equal(story.x.requestsTo('/2/oauth2/token').length, 1);
  });

  it('is shown by a sign-in that lacks the Client ID, which waits for it meanwhile', async () => {
    const story = await startStory(NOTHING_SET_UP);
    const window = await story.openWindow();
    const walkthrough = new Walkthrough(window);
    await window.run('X: Sign In');
    await window.quickInput('(1/2): Client ID').getByRole('button', { name: 'Show Me How' }).click();
    await walkthrough.button("Open X's Developer Console").waitFor();
    await window.answerInput('(1/2): Client ID', NATIVE_APP.clientId);
    const consent = await window.opensConsent(() => window.answerInput('(2/2): Client Secret', ''));
    await consent.authorizeAs('ada');
    await window.notification('Signed in to X as @ada_l.').waitFor();
    await walkthrough.done('signIn').waitFor();
  });

  it('has a picture for each step, in every theme', async () => {
    const story = await startStory(NOTHING_SET_UP);
    const window = await story.openWindow();
    const keys = new Keyboard(window.page);
    const walkthrough = new Walkthrough(window);
    await keys.run('View: Toggle Primary Side Bar Visibility');
    await keys.run('X: Get Started');
    for (const step of STEPS) {
      await keys.activate(walkthrough.step(step));
      const picture = window.page.frameLocator('iframe.webview:visible').frameLocator('#active-frame').locator('svg');
      await picture.waitFor();
      await inEachTheme(window.page, `walkthrough-${step}`, window.page.locator('.gettingStartedContainer'));
    }
    await keys.run('X: Set Up App Credentials');
    await window.quickInput('(1/2): Client ID').waitFor();
    await inEachTheme(window.page, 'set-up-app', window.quickInput());
  });
});

async function authorize({ page }: ConsentPage): Promise<void> {
  const keys = new Keyboard(page);
  await keys.tabTo(page.locator('input[name="person"]:checked'));
  await keys.tabTo(page.locator('#person-ada'), 'ArrowDown');
  await keys.activate(page.locator('#authorize'));
  await page.waitForURL((url) => !url.pathname.endsWith('/oauth2/authorize'));
}
