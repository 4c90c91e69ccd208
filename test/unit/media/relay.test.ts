import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { destinationOf, readAllowList, type AllowList, type Destination } from '../../../media/relay/destination.js';
import { ROOT } from '../../host/project.ts';

const ALLOWED: AllowList = {
  schemes: ['vscode', 'code-oss'],
  callbacks: [
    'https://editor.example.com/oss-123/callback',
    'http://127.0.0.1:8080/callback',
    'http://plain.example.com/callback',
  ],
};
const DESKTOP = 'vscode://xauth.x-authentication/callback?nonce=n-1_n&windowId=2';
const WEB_QUERY =
  'vscode-reqid=3&vscode-scheme=code-oss&vscode-authority=xauth.x-authentication&vscode-path=%2Fcallback';
const WEB = `https://editor.example.com/oss-123/callback?${WEB_QUERY}&vscode-query=nonce%3Dn-1_n`;

function relay(parameters: Readonly<Record<string, string>>, allowed = ALLOWED): Destination {
  return destinationOf(`?${new URLSearchParams(parameters).toString()}`, allowed);
}

function hrefOf(destination: Destination): string {
  assert.ok(destination.kind === 'forward', destination.kind);
  return destination.href;
}

describe('The relay page', () => {
  it('takes a code to a desktop editor, behind what its callback URI has already', () => {
    assert.deepEqual(relay({ state: DESKTOP, code: 'c/+=&?' }), {
      kind: 'forward',
      href: `${DESKTOP}&code=c%2F%2B%3D%26%3F&state=${encodeURIComponent(DESKTOP)}`,
      to: 'vscode',
      inBrowser: false,
    });
  });

  it('takes a code to an editor in a browser, as parameters beside those of VS Code', () => {
    assert.deepEqual(relay({ code: 'c', state: WEB }), {
      kind: 'forward',
      href: `${WEB}&code=c&state=${encodeURIComponent(WEB)}`,
      to: 'https://editor.example.com',
      inBrowser: true,
    });
  });

  it('takes an error with its description, and nothing else', () => {
    const href = hrefOf(relay({ error: 'access_denied', error_description: 'No & no', state: DESKTOP, windowId: '7' }));
    assert.deepEqual(
      [...new URL(href).searchParams],
      [
        ['nonce', 'n-1_n'],
        ['windowId', '2'],
        ['state', DESKTOP],
        ['error', 'access_denied'],
        ['error_description', 'No & no'],
      ],
    );
  });

  it('takes an answer to a callback URI without a query', () => {
    const state = 'code-oss://xauth.x-authentication/callback';
    assert.equal(hrefOf(relay({ state, code: 'c' })), `${state}?code=c&state=${encodeURIComponent(state)}`);
  });

  it('goes to this machine by http', () => {
    const state = `http://127.0.0.1:8080/callback?${WEB_QUERY}`;
    assert.ok(hrefOf(relay({ state, code: 'c' })).startsWith(`${state}&code=c&`));
  });

  it('knows no editor in a browser until its callback page is on the list', () => {
    assert.equal(relay({ state: WEB, code: 'c' }, { ...ALLOWED, callbacks: [] }).kind, 'not-allowed');
  });

  const stateless: readonly (readonly [query: string, kind: Destination['kind']])[] = [
    ['', 'nothing'],
    ['?', 'nothing'],
    [`?state=${encodeURIComponent(DESKTOP)}`, 'nothing'],
    ['?error=access_denied', 'denied'],
    ['?error=invalid_request&error_description=x', 'no-state'],
    ['?code=c', 'not-allowed'],
  ];
  for (const [query, kind] of stateless) {
    it(`stays where it is, knowing ${kind}, after "${query.slice(0, 20)}"`, () => {
      assert.deepEqual(destinationOf(query, ALLOWED), { kind });
    });
  }

  describe('goes nowhere for', () => {
    const page = 'editor.example.com/oss-123/callback';
    const web = (query: string): string => `https://${page}?${query}`;
    const attacks: readonly (readonly [what: string, state: string])[] = [
      ['an empty state', ''],
      ['text', 'n-1_n'],
      ['a path', '/callback'],
      ['a script', 'javascript:alert(1)//xauth.x-authentication/callback'],
      ['a script that looks like a host', 'javascript://xauth.x-authentication/callback?%0aalert(1)'],
      ['data', 'data:text/html,<script>alert(1)</script>'],
      ['a blob', 'blob:https://editor.example.com/callback'],
      ['a view of the source', 'view-source:https://editor.example.com/callback'],
      ['a file', 'file:///etc/passwd'],
      ['an intent', 'intent://xauth.x-authentication/callback#Intent;scheme=vscode;end'],
      ['a scheme that is not on the list', 'cursor://xauth.x-authentication/callback'],
      ['a scheme that begins like one', 'vscode-evil://xauth.x-authentication/callback'],
      ['a scheme in capitals', 'VSCODE://xauth.x-authentication/callback'],
      ['a scheme without slashes', 'vscode:xauth.x-authentication/callback'],
      ['a scheme with one slash', 'vscode:/xauth.x-authentication/callback'],
      ['a scheme with three slashes', 'vscode:///xauth.x-authentication/callback'],
      ['a space before it', ` ${DESKTOP}`],
      ['a space behind it', `${DESKTOP} `],
      ['a tab in it', DESKTOP.replace('vscode', 'vs\tcode')],
      ['a line feed in it', DESKTOP.replace('callback', 'call\nback')],
      ['a null byte behind it', `${DESKTOP}\0`],
      ['another extension', 'vscode://evil.extension/callback?nonce=n'],
      ['an extension that begins like this one', 'vscode://xauth.x-authentication.evil/callback'],
      ['an extension that ends like this one', 'vscode://evil.xauth.x-authentication/callback'],
      ['this extension in capitals', 'vscode://XAUTH.x-authentication/callback'],
      ['this extension with an encoded letter', 'vscode://%78auth.x-authentication/callback'],
      ['this extension with a port', 'vscode://xauth.x-authentication:80/callback'],
      ['this extension as a user', 'vscode://xauth.x-authentication@evil.extension/callback'],
      ['a user at this extension', 'vscode://evil@xauth.x-authentication/callback'],
      ['a password at this extension', 'vscode://a:b@xauth.x-authentication/callback'],
      ['a backslash', 'vscode://evil.extension\\@xauth.x-authentication/callback'],
      ['no path', 'vscode://xauth.x-authentication?nonce=n'],
      ['another path', 'vscode://xauth.x-authentication/install?nonce=n'],
      ['a longer path', 'vscode://xauth.x-authentication/callback/x'],
      ['a path with a slash behind it', 'vscode://xauth.x-authentication/callback/'],
      ['a path with two slashes', 'vscode://xauth.x-authentication//callback'],
      ['a path with an encoded letter', 'vscode://xauth.x-authentication/%63allback'],
      ['a path with an encoded slash', 'vscode://xauth.x-authentication/%2Fcallback'],
      ['a path by detours', 'vscode://xauth.x-authentication/x/../callback'],
      ['a path in capitals', 'vscode://xauth.x-authentication/Callback'],
      ['a fragment', `${DESKTOP}#code=evil`],
      ['an empty fragment', `${DESKTOP}#`],
      ['a code of its own', `${DESKTOP}&code=evil`],
      ['a code of its own, encoded', `${DESKTOP}&%63ode=evil`],
      ['a state of its own', `${DESKTOP}&state=evil`],
      ['an error of its own', `${DESKTOP}&error=evil`],
      ['two nonces', `${DESKTOP}&nonce=evil`],
      ['more than X takes', `${DESKTOP}&x=${'x'.repeat(500)}`],
      ['another host', `https://evil.example/oss-123/callback?${WEB_QUERY}`],
      ['a host below the one on the list', `https://x.${page}?${WEB_QUERY}`],
      [
        'a host that begins like the one on the list',
        `https://editor.example.com.evil.example/oss-123/callback?${WEB_QUERY}`,
      ],
      ['a host that ends like the one on the list', `https://evil${page}?${WEB_QUERY}`],
      ['the host as a user', `https://editor.example.com@evil.example/oss-123/callback?${WEB_QUERY}`],
      ['a user at the host', `https://evil@${page}?${WEB_QUERY}`],
      ['the host with a backslash', `https://evil.example\\@${page}?${WEB_QUERY}`],
      ['the host with a dot behind it', `https://editor.example.com./oss-123/callback?${WEB_QUERY}`],
      ['the host in capitals', `https://Editor.example.com/oss-123/callback?${WEB_QUERY}`],
      ['the host with an encoded letter', `https://%65ditor.example.com/oss-123/callback?${WEB_QUERY}`],
      ['the host with a letter that is folded', `https://ｅditor.example.com/oss-123/callback?${WEB_QUERY}`],
      ['the host with another port', `https://editor.example.com:8443/oss-123/callback?${WEB_QUERY}`],
      ['the host with its port written out', `https://editor.example.com:443/oss-123/callback?${WEB_QUERY}`],
      ['the host without slashes', `https:${page}?${WEB_QUERY}`],
      ['the host by http', `http://${page}?${WEB_QUERY}`],
      ['a host by http, though it is on the list', `http://plain.example.com/callback?${WEB_QUERY}`],
      ['this machine at another port', `http://127.0.0.1:9090/callback?${WEB_QUERY}`],
      ['this machine as a number', `http://2130706433:8080/callback?${WEB_QUERY}`],
      ['another page of the host', `https://editor.example.com/logout?${WEB_QUERY}`],
      ['the callback page of another version', `https://editor.example.com/oss-124/callback?${WEB_QUERY}`],
      ['a callback page at the root of the host', `https://editor.example.com/callback?${WEB_QUERY}`],
      [
        'a callback page of somebody else at the host',
        `https://editor.example.com/user/mallory/proxy/9000/callback?${WEB_QUERY}`,
      ],
      ['a callback page below the one on the list', `https://${page}/callback?${WEB_QUERY}`],
      ['the callback page by detours', `https://editor.example.com/x/../oss-123/callback?${WEB_QUERY}`],
      ['the callback page with two slashes', `https://editor.example.com//oss-123/callback?${WEB_QUERY}`],
      ['the callback page with an encoded slash', `https://editor.example.com/oss-123%2Fcallback?${WEB_QUERY}`],
      ['the callback page in capitals', `https://editor.example.com/OSS-123/callback?${WEB_QUERY}`],
      ['the callback page with a slash behind it', `https://${page}/?${WEB_QUERY}`],
      ['a page that begins like the callback', `https://${page}/x?${WEB_QUERY}`],
      ['the callback page without a request', web(WEB_QUERY.replace('vscode-reqid=3&', ''))],
      ['the callback page for another scheme', web(WEB_QUERY.replace('code-oss', 'cursor'))],
      ['the callback page for another extension', web(WEB_QUERY.replace('xauth.', 'evil.'))],
      ['the callback page for this extension, encoded twice', web(WEB_QUERY.replace('xauth.', '%2578auth.'))],
      ['the callback page for no extension', web(WEB_QUERY.replace('vscode-authority=xauth.x-authentication&', ''))],
      ['the callback page for two extensions', web(`${WEB_QUERY}&vscode-authority=evil.extension`)],
      ['the callback page for another path', web(WEB_QUERY.replace('%2Fcallback', '%2Fother'))],
      ['the callback page with a fragment', web(`${WEB_QUERY}&vscode-fragment=x`)],
      ['the callback page with a code of its own', web(`${WEB_QUERY}&vscode-query=code%3Devil`)],
      ['the callback page with a code of its own, encoded twice', web(`${WEB_QUERY}&vscode-query=code%253Devil`)],
      ['the callback page with a code of its own, beside it', web(`${WEB_QUERY}&code=evil`)],
    ];
    for (const [what, state] of attacks) {
      it(what, () => {
        assert.deepEqual(relay({ state, code: 'c' }), { kind: 'not-allowed' });
        assert.deepEqual(relay({ state, error: 'access_denied' }), { kind: 'not-allowed' });
      });
    }

    const encoded = encodeURIComponent(DESKTOP);
    for (const [what, query] of [
      ['two states', `?code=c&state=${encoded}&state=${encoded}`],
      ['two codes', `?code=c&code=d&state=${encoded}`],
      ['a very long query', `?code=${'c'.repeat(4_000)}&state=${encoded}`],
    ] as const) {
      it(what, () => assert.deepEqual(destinationOf(query, ALLOWED), { kind: 'not-allowed' }));
    }
  });

  it('goes to no other path of a host on the list, such as a colleague’s', () => {
    const hub = { schemes: ['code-oss'], callbacks: ['https://hub.example.org/user/ada/oss-123/callback'] };
    const at = (path: string): string =>
      relay({ code: 'c', state: `https://hub.example.org${path}?${WEB_QUERY}` }, hub).kind;
    assert.equal(at('/user/ada/oss-123/callback'), 'forward');
    for (const path of ['/user/mallory/proxy/9000/callback', '/user/ada/proxy/9000/callback', '/callback', '/']) {
      assert.equal(at(path), 'not-allowed', path);
    }
  });

  it('refuses a list that names a whole origin', () => {
    for (const entry of ['https://editor.example.com', 'https://editor.example.com/']) {
      assert.throws(() => readAllowList({ schemes: [], callbacks: [entry] }), { name: 'TypeError', message: /whole/ });
    }
  });

  it('reads a list of schemes and of whole callback addresses', () => {
    const list = {
      schemes: ['vscode'],
      callbacks: [
        'https://editor.example.com/stable-1a2b3c/callback',
        'https://editor.example.com:8443/callback',
        'http://127.0.0.1:8080/callback',
      ],
    };
    assert.deepEqual(readAllowList(list), list);
    assert.deepEqual(readAllowList({ schemes: [], callbacks: [] }), { schemes: [], callbacks: [] });
  });

  describe('refuses a list, and says why, with', () => {
    const entries: readonly (readonly [what: string, entry: unknown])[] = [
      ['a folder', 'https://editor.example.com/stable-1a2b3c/'],
      ['another page', 'https://editor.example.com/login'],
      ['a page that ends like a callback', 'https://editor.example.com/mycallback'],
      ['any host below another', 'https://*.example.com/callback'],
      ['any path', 'https://editor.example.com/*/callback'],
      ['a query', 'https://editor.example.com/callback?vscode-reqid=1'],
      ['an empty query', 'https://editor.example.com/callback?'],
      ['a fragment', 'https://editor.example.com/callback#'],
      ['a user', 'https://ada@editor.example.com/callback'],
      ['a host by http', 'http://editor.example.com/callback'],
      ['a host in capitals, which no address would match', 'https://Editor.example.com/callback'],
      ['a port that is superfluous', 'https://editor.example.com:443/callback'],
      ['a detour', 'https://editor.example.com/x/../callback'],
      ['a script', 'javascript:alert(1)//callback'],
      ['a desktop editor', 'vscode://xauth.x-authentication/callback'],
      ['no address', 'editor.example.com/callback'],
      ['nothing', ''],
      ['a number', 7],
    ];
    for (const [what, entry] of entries) {
      it(`${what} among the callbacks`, () => {
        assert.throws(() => readAllowList({ schemes: ['vscode'], callbacks: [entry] }), TypeError);
      });
    }

    it('the origins of an older version of this page', () => {
      const list = { schemes: ['vscode'], origins: ['https://editor.example.com'], callbacks: [] };
      assert.throws(() => readAllowList(list), { name: 'TypeError', message: /"origins"/ });
    });

    for (const [what, list] of [
      ['no callbacks', { schemes: [] }],
      ['no schemes', { callbacks: [] }],
      ['callbacks that are no list', { schemes: [], callbacks: 'https://editor.example.com/callback' }],
      ['nothing in it', undefined],
    ] as const) {
      it(what, () => assert.throws(() => readAllowList(list), TypeError));
    }
  });

  it('ships with a list that lets desktop editors through, and no host', async () => {
    const html = await readFile(join(ROOT, 'media', 'relay', 'index.html'), 'utf8');
    const [, json = ''] = /<script id="allowed" type="application\/json">(.*?)<\/script>/s.exec(html) ?? [];
    const shipped = readAllowList(JSON.parse(json));
    assert.deepEqual(shipped.callbacks, []);
    assert.ok(shipped.schemes.every((scheme) => /^[a-z-]+$/.test(scheme)));
    for (const scheme of ['vscode', 'vscode-insiders', 'vscodium', 'code-oss', 'cursor', 'windsurf']) {
      assert.ok(shipped.schemes.includes(scheme), scheme);
    }
    for (const scheme of ['javascript', 'data', 'blob', 'file', 'http', 'https', 'intent']) {
      assert.ok(!shipped.schemes.includes(scheme), scheme);
    }
  });
});
