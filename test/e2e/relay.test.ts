import assert from 'node:assert/strict';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { inLightAndDark, violations } from './accessibility.ts';
import { callbackPage, hostRelay, type Relay } from './relay.ts';
import { screenshot } from './screenshot.ts';
import { sharedEditor } from './sharedEditor.ts';

const DESKTOP = 'vscode://xauth.x-authentication/callback?nonce=the-nonce&windowId=2';
const SECRET = 'the-code-that-nobody-may-see';

describe('The relay page, in a browser', () => {
  let relay: Relay;
  /** Of an editor in a browser, whose callback page the host of the relay has put on the list. */
  let editor: string;
  let context: BrowserContext;

  before(async () => {
    const stage = await sharedEditor();
    editor = new URL(stage.server.url).origin;
    relay = await hostRelay(await callbackPage(editor));
  });

  after(() => relay.stop());
  afterEach(() => context.close());

  async function open(
    parameters: Readonly<Record<string, string>>,
    options: BrowserContextOptions = {},
    host: Relay = relay,
  ): Promise<{ page: Page; went: string[]; complaints: string[] }> {
    const { browser } = await sharedEditor();
    context = await browser.newContext({ viewport: { width: 900, height: 600 }, ...options });
    const page = await context.newPage();
    const went: string[] = [];
    const complaints: string[] = [];
    const devTools = await context.newCDPSession(page);
    await devTools.send('Page.enable');
    devTools.on('Page.frameRequestedNavigation', ({ url }) => went.push(url));
    page.on('console', (message) => {
      // Chromium wants a click before it opens another program: that is what the button is for.
      if (!message.text().includes('a user gesture is required')) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    // Not until it has loaded: it goes on before that.
    await page.goto(`${host.url}?${new URLSearchParams(parameters).toString()}`, { waitUntil: 'commit' });
    return { page, went, complaints };
  }

  it('goes to a desktop editor, shows which, and never shows the code', async () => {
    const { page, went, complaints } = await open({ code: SECRET, state: DESKTOP });
    const link = page.getByRole('link', { name: 'Open the editor' });
    await link.waitFor();
    const href = `${DESKTOP}&code=${SECRET}&state=${encodeURIComponent(DESKTOP)}`;
    assert.equal(await link.getAttribute('href'), href);
    assert.match(await page.innerText('main'), /goes on in your editor: vscode:\/\//);
    assert.doesNotMatch(await page.innerText('body'), new RegExp(SECRET));
    assert.deepEqual([went, complaints], [[href], []]);
  });

  it('gives VS Code in a browser the code, under the URI that it waits for', async () => {
    const state = await callbackUri(editor);
    const { page } = await open({ code: SECRET, state });
    await page.getByText('You can close this page now.').waitFor();
    assert.equal(new URL(page.url()).origin, editor);
    assert.equal(await page.evaluate('document.referrer'), '');
    const stored: unknown = await page.evaluate("JSON.parse(localStorage.getItem('vscode-web.url-callbacks[7]'))");
    // VS Code's own parameters last.
    const query = new URLSearchParams([
      ['code', SECRET],
      ['state', state],
      ['nonce', 'the-nonce'],
    ]);
    assert.deepEqual(stored, {
      scheme: 'code-oss',
      authority: 'xauth.x-authentication',
      path: '/callback',
      query: query.toString(),
    });
  });

  for (const [what, parameters, words] of [
    ['nothing', {}, /nothing for it to do/],
    ['denied', { error: 'access_denied' }, /did not give access/],
    ['no-state', { error: 'invalid_request' }, /did not accept/],
    ['not-allowed', { code: SECRET, state: 'https://evil.example/callback' }, /does not know the editor/],
    ['forward', { code: SECRET, state: DESKTOP }, /goes on in your editor/],
  ] as const) {
    it(`reads well in light and dark, and for axe: ${what}`, async () => {
      const { page, went, complaints } = await open(parameters);
      await page.getByText(words).waitFor();
      await inLightAndDark(page, async (scheme) => {
        await screenshot(page, `relay-${what}-${scheme}`);
        assert.deepEqual(await violations(page), []);
      });
      assert.equal(went.length, what === 'forward' ? 1 : 0);
      assert.deepEqual(complaints, []);
      assert.doesNotMatch(await page.innerText('body'), new RegExp(`${SECRET}|evil`));
    });
  }

  it('says what to do where there are no scripts', async () => {
    const { page } = await open({ code: SECRET, state: DESKTOP }, { javaScriptEnabled: false });
    assert.match(await page.innerText('main'), /^Back from X\s+This page needs scripts.*paste it in the editor/s);
    assert.doesNotMatch(await page.innerText('main'), /Open the editor/);
    await screenshot(page, 'relay-no-scripts');
  });

  it('goes nowhere and says why when its list names a whole origin', async () => {
    const wrong = await hostRelay(editor);
    try {
      const { page, went, complaints } = await open({ code: SECRET, state: DESKTOP }, {}, wrong);
      await page.getByText(`"${editor}" is not the whole address`).waitFor();
      assert.deepEqual(went, []);
      assert.notDeepEqual(complaints, []);
      assert.doesNotMatch(await page.innerText('body'), new RegExp(SECRET));
      await screenshot(page, 'relay-wrong-list');
    } finally {
      wrong.stop();
    }
  });

  it('goes nowhere from inside a frame', async () => {
    await open({});
    const page = await context.newPage();
    await page.setContent(
      `<iframe src="${relay.url}?${new URLSearchParams({ code: SECRET, state: DESKTOP }).toString()}"></iframe>`,
    );
    await page.frameLocator('iframe').getByText('does not know the editor').waitFor();
  });
});

describe('The check for accessibility', () => {
  for (const [what, html, rule] of [
    ['low contrast', '<html lang="en"><title>t</title><main><h1 style="color:#ccc">Title</h1>', 'color-contrast'],
    ['a page without a language', '<html><title>t</title><main><h1>Title</h1>', 'html-has-lang'],
    ['a page without a title', '<html lang="en"><main><h1>Title</h1>', 'document-title'],
    ['a link without a name', '<html lang="en"><title>t</title><main><h1>T</h1><a href="/x"></a>', 'link-name'],
  ] as const) {
    it(`finds ${what}`, async () => {
      const { browser } = await sharedEditor();
      const page = await browser.newPage();
      try {
        await page.setContent(`<!doctype html>${html}`);
        assert.ok((await violations(page)).some((violation) => violation.startsWith(`${rule}:`)));
      } finally {
        await page.close();
      }
    });
  }
});

/** What `asExternalUri` makes of our callback URI: the address of VS Code's page for callbacks. */
async function callbackUri(origin: string): Promise<string> {
  const query =
    'vscode-reqid=7&vscode-scheme=code-oss&vscode-authority=xauth.x-authentication&vscode-path=%2Fcallback&vscode-query=nonce%3Dthe-nonce';
  return `${await callbackPage(origin)}?${query}`;
}
