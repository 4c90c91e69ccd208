import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { authorizationUrl } from '../../src/oauth/authorizationCode.ts';
import { oauth2Endpoints } from '../../src/x/endpoints.ts';
import { type FakeX, startFakeX } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from '../unit/attacks/editor.ts';
import { holds } from './fuzz.ts';
import { anyJson, anyText, assertFit, assertSentence, assertTellsNone } from './words.ts';
import { readBaseUrl, UnsafeBaseUrlError } from '../../src/x/baseUrls.ts';

const SECTION = 'xAuthentication';
const NAMES = [
  'clientId',
  'signInMethod',
  'loopbackPort',
  'relayUrl',
  'defaultScopes',
  'apiBaseUrl',
  'authorizationBaseUrl',
] as const;

const piece = fc.oneof(
  fc.constantFrom(
    'https://',
    'http://',
    'ftp://',
    'javascript:',
    'file://',
    'https:',
    'api.x.com',
    'evil.example',
    'localhost',
    'x.localhost',
    '127.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '2130706433',
    '@',
    'user:pass@',
    ':8080',
    ':99999',
    '/',
    '//',
    '/../',
    '\\',
    '%2e%2e',
    '?',
    '#',
    '?a=b',
    '.',
  ),
  anyText,
);
const urlish = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const anyUrl = fc.oneof(
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('/', ' ', '%', '.'), fc.nat({ max: 60_000 }))
      .map(([unit, times]) => `https://a${unit.repeat(times)}x`),
  },
  { weight: 4, arbitrary: urlish },
  { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'https://api.x.com',
          'http://127.0.0.1:4000',
          'https://user:word@api.x.com',
          'https://api.x.com?',
        ),
        urlish,
      )
      .map((all) => all.join('')),
  },
);

const value = fc.oneof(
  anyUrl,
  anyJson,
  fc.integer({ min: -10, max: 70_000 }),
  fc.constantFrom('auto', 'loopback', 'relay', 'uri', 'paste', ['tweet.read'], ['dm.read', 7], ['a b'], [' ']),
);
const written = fc.record(Object.fromEntries(NAMES.map((name) => [name, value])), { requiredKeys: [] });

describe('Settings, whatever a file says,', () => {
  let x: FakeX;
  let editor: Editor;
  const realFetch = globalThis.fetch;

  before(async () => {
    x = await startFakeX();
    editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['tweet.read', 'users.read']);
  });

  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await x.stop();
  });

  holds(
    'name a server by https, or this machine, and nothing beside it; or are refused',
    fc.asyncProperty(anyUrl, fc.constantFrom('secrets' as const, 'pages' as const), async (text, traffic) => {
      let base: string;
      try {
        base = readBaseUrl(text, traffic);
      } catch (error) {
        assert.ok(error instanceof UnsafeBaseUrlError, String(error));
        assertFit(error.message, []);
        return;
      }
      const meant = new URL(text.trim());
      const endpoints = oauth2Endpoints({ api: base, authorization: base });
      const request = { redirectUri: 'http://127.0.0.1/callback', scopes: ['a'], state: 's', verifier: 'v'.repeat(43) };
      const page = await authorizationUrl(endpoints, { clientId: 'mine' }, request);
      for (const address of [endpoints.token, endpoints.revocation, page]) {
        const { protocol, hostname, host, username, password, pathname, hash } = new URL(address);
        const isHere = /^(localhost|\[::1\]|127(\.\d+){3})$/.test(hostname);
        const isBelow = traffic === 'pages' && hostname.endsWith('.localhost');
        assert.ok(protocol === 'https:' || (protocol === 'http:' && (isHere || isBelow)), address);
        assert.equal(host, meant.host);
        assert.equal(username + password + hash, '');
        assert.ok(pathname.startsWith(meant.pathname.replace(/\/*$/, '/')), `${pathname} ${meant.pathname}`);
        assert.match(pathname, /\/oauth2\/(token|revoke|authorize)$/);
      }
      assert.equal(readBaseUrl(base, traffic), base, 'what is stored is found again');
    }),
    4,
  );

  holds(
    'are read, or what is wrong with them is told in a sentence; nothing is lost, and nothing goes elsewhere',
    fc.asyncProperty(written, async (given) => {
      const { settings } = await import('../../src/vscode/settings.ts');
      const before = new Map(editor.settings);
      const secrets = new Map(editor.secrets);
      const sent: { readonly url: string; readonly authorization: string | null }[] = [];
      globalThis.fetch = async (input, init) => {
        const { url, headers } = new Request(input instanceof Request ? input : String(input), init);
        sent.push({ url, authorization: headers.get('authorization') });
        return new Response('{}', { status: 503 });
      };
      const messages = editor.messages.length;
      const logged = editor.log.length;
      try {
        for (const [name, json] of Object.entries(given)) editor.set(`${SECTION}.${name}`, json);
        await orSentence(() => settings.clientId());
        await orSentence(() => settings.signInMethod());
        await orSentence(() => settings.loopbackPort());
        await orSentence(() => settings.relayUrl());
        await orSentence(() => settings.baseUrls());
        await orSentence(() => settings.defaultScopes());
        assertHere(settings.shownBaseUrl());
        assert.equal(typeof settings.clientIdAsWritten(), 'string');
        await orSentence(() => editor.api.getApi(1).apiBaseUrl);
        const extension = editor.extension('good.extension');
        await extension.getAccounts('x');
        await orSentence(async () => extension.getSession('x', ['tweet.read'], { silent: true }));
        for (const command of ['copyCallbackUrls', 'copyDiagnostics', 'refresh']) {
          editor.clipboard = '';
          await editor.run(`${SECTION}.${command}`);
          assertTellsNone(editor.clipboard, x.secrets);
        }
        for (const line of editor.log.slice(logged)) assertFit(line, x.secrets);
        for (const { text } of editor.messages.slice(messages)) assertFit(text.replaceAll('\n', ' '), x.secrets);
        // The clock alone is compared, at the server that is set, and without credentials.
        for (const { url, authorization } of sent) {
          assert.equal(authorization, null);
          assert.ok(url.startsWith(`${settings.apiBaseUrl()}/`), url);
        }
      } finally {
        for (const name of NAMES) editor.settings.delete(`${SECTION}.${name}`);
        for (const [name, json] of before) editor.settings.set(name, json);
        editor.set(`${SECTION}.clientId`, before.get(`${SECTION}.clientId`));
      }
      assert.deepEqual(editor.secrets, secrets);
      assert.equal((await editor.extension('good.extension').getAccounts('x')).length, 1);
    }),
    1,
  );
});

async function orSentence(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'Misconfigured', String(error));
    await assertSentence(error, []);
  }
}

function assertHere(url: string): void {
  assert.match(url, /^https:\/\/|^http:\/\/(localhost|\[::1\]|127(\.\d+){3})(?=[:/]|$)/);
}
