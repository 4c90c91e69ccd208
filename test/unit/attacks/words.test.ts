import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { checkCallback, exchangeCode, newVerifier, refresh, revoke } from '../../../src/oauth/authorizationCode.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { newNonce } from '../../../src/oauth/oauth1Signature.ts';
import type { OAuth2Grant } from '../../../src/sessions/grant.ts';
import { readScopes } from '../../../src/sessions/scopeRequest.ts';
import { appOnlyBearer, bearerOwner } from '../../../src/x/appOnly.ts';
import { oauth2Endpoints } from '../../../src/x/endpoints.ts';
import { accessToken, invalidateToken, requestToken, whoseToken } from '../../../src/x/oauth1.ts';
import { whoAmI } from '../../../src/x/users.ts';
import {
  type Answer,
  NATIVE_APP,
  type ReceivedRequest,
  SCOPES,
  type FakeX,
  startFakeX,
  WEB_APP,
  withMembers,
} from 'x-authentication-testing';
import { signedIn, startEditor, type Editor, later } from './editor.ts';

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** The endpoints that credentials are sent to, and how each of them refuses in words. */
const REFUSALS: Readonly<Record<string, (words: string) => Answer>> = {
  '/2/oauth2/token': oauthRefusal,
  '/2/oauth2/revoke': oauthRefusal,
  '/oauth2/token': oauthRefusal,
  '/oauth/request_token': (message) => json(400, { errors: [{ code: 999, message }] }),
  '/oauth/access_token': (message) => json(400, { errors: [{ code: 999, message }] }),
  '/1.1/oauth/invalidate_token.json': (error) => json(400, { error }),
  '/2/users/me': (words) => json(403, { title: words, detail: words, reason: words, type: `a:${words}` }),
};

function oauthRefusal(words: string): Answer {
  return json(400, { error: words, error_description: words });
}

/** What a server or a gateway may repeat of a request. */
const REPEATED: Readonly<Record<string, (request: ReceivedRequest) => string>> = {
  'its body': ({ body }) => body,
  'its parameters': ({ form }) => JSON.stringify(form ?? {}),
  'its last parameters': ({ form }) => JSON.stringify(Object.fromEntries(Object.entries(form ?? {}).toReversed())),
  'its Authorization header': ({ headers }) => headers.authorization ?? '',
  'the end of its Authorization header': ({ headers }) => (headers.authorization ?? '').slice(-200),
  'its Authorization header, decoded': ({ headers }) => decoded(headers.authorization ?? ''),
  'all of it, percent-encoded': ({ headers, body }) => encodeURIComponent(`${body} ${headers.authorization}`),
  'all of it, percent-encoded twice': ({ headers, body }) =>
    encodeURIComponent(encodeURIComponent(`${headers.authorization} ${body}`)).toLowerCase(),
};

function decoded(authorization: string): string {
  const [scheme = '', credentials = ''] = authorization.split(' ', 2);
  return scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString() : decodeURIComponent(authorization);
}

/** Has X repeat every request to these endpoints in its refusal. */
function repeatRequests(
  x: FakeX,
  repeat: (request: ReceivedRequest) => string,
  endpoints = Object.keys(REFUSALS),
): void {
  for (const endpoint of endpoints) {
    const edit = (): Answer => {
      const request = x.requestsTo(endpoint).at(-1);
      assert.ok(request !== undefined);
      return REFUSALS[endpoint]?.(`You sent ${repeat(request)}`) ?? assert.fail();
    };
    x.fail(endpoint, { kind: 'edit', edit }, { times: Infinity });
  }
}

const HARMLESS = [
  'grant_type',
  'client_id',
  'redirect_uri',
  'token_type_hint',
  'oauth_callback',
  'oauth_signature_method',
  'oauth_timestamp',
  'oauth_version',
];

/** What was sent that nobody may see. */
function secretsIn({ headers, form }: ReceivedRequest): readonly string[] {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(/ (.*)/s, 2);
  const oauth = [...credentials.matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, decodeURIComponent(value)] as const,
  );
  const basic = scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString().split(/:(.*)/s, 2) : [];
  const named = [...oauth, ...Object.entries(form ?? {})].filter(([name]) => !HARMLESS.includes(name));
  return [...(scheme === 'OAuth' ? [] : [credentials]), ...basic.slice(1), ...named.map(([, value]) => value)].filter(
    (secret) => secret !== '',
  );
}

/** Nothing that was sent to X in any of these requests is in the text. */
function assertKeptSecret(requests: readonly ReceivedRequest[], text: string): void {
  const secrets = requests.flatMap(secretsIn);
  assert.ok(secrets.length > 0, 'nothing secret was sent');
  const plain = text.replace(/(?:%25)+/gi, '%').toLowerCase();
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret)]) assert.ok(!plain.includes(form.toLowerCase()), text);
  }
}

describe('A server that repeats the request in its error', () => {
  const consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };
  const token = { token: '42-aBcD/eFgH+iJkL=mN0pQrStUvWxYz', secret: 'a/secret+of=a%token' };
  const confidential = { clientId: WEB_APP.clientId, clientSecret: WEB_APP.clientSecret };
  const deps = { fetch: bounded(fetch, 5_000), now: Date.now, nonce: newNonce };
  const endpoints = (x: FakeX) => oauth2Endpoints({ api: x.apiBaseUrl, authorization: x.authorizationBaseUrl });

  const requests: Readonly<Record<string, (x: FakeX) => Promise<unknown>>> = {
    'that exchanges a code': async (x) => {
      const request = {
        redirectUri: 'http://127.0.0.1:41951/callback',
        scopes: ['tweet.read'],
        state: 'state',
        verifier: newVerifier(),
      };
      const answer = new URLSearchParams({ code: 'aCode/with+all%kinds=of~marks', state: request.state });
      const checked = checkCallback(endpoints(x), confidential, request, answer);
      await exchangeCode(endpoints(x), confidential, request, checked, deps);
    },
    'that refreshes': (x) => refresh(endpoints(x), confidential, 'refresh/with+all%kinds=of~marks', deps),
    'that revokes': (x) => revoke(endpoints(x), confidential, 'token/with+marks', 'refresh_token', deps),
    'for a request token': (x) => requestToken(x.apiBaseUrl, consumer, 'oob', {}, deps),
    'for an access token': (x) => accessToken(x.apiBaseUrl, consumer, token, '1234567', deps),
    'for who it is, signed': (x) => whoseToken(x.apiBaseUrl, consumer, token, deps),
    'that invalidates a token': (x) => invalidateToken(x.apiBaseUrl, consumer, token, deps),
    'for an app-only bearer': (x) => appOnlyBearer(x.apiBaseUrl, consumer, deps),
    'for whose bearer it is': (x) => bearerOwner(x.apiBaseUrl, 'AAAAAAAAAAAA%2Fbearer%3D', deps),
    'for who it is': (x) => whoAmI(x.apiBaseUrl, 'Bearer access/with+marks', deps),
  };

  for (const [what, send] of Object.entries(requests)) {
    it(`gets nothing of it into the error of a request ${what}`, async () => {
      for (const [part, repeat] of Object.entries(REPEATED)) {
        await using x = await startFakeX();
        repeatRequests(x, repeat);
        const error: unknown = await send(x).then(
          () => assert.fail('it was not refused'),
          (reason: unknown) => reason,
        );
        assertKeptSecret(x.requests, `${part}: ${inspect(error, { depth: Infinity, showHidden: true })}`);
      }
    });
  }

  /** An editor that is set up for an app with a secret, and with an API Key and Secret. */
  async function confidentialEditor(x: FakeX): Promise<Editor> {
    const editor = await startEditor(x, { clientId: WEB_APP.clientId });
    const { clientId, clientSecret, apiKey, apiSecret } = WEB_APP;
    editor.secrets.set(`client:${x.apiBaseUrl} ${clientId}`, JSON.stringify({ version: 1, clientSecret }));
    editor.secrets.set(`consumer:${x.apiBaseUrl}`, JSON.stringify({ version: 1, key: apiKey, secret: apiSecret }));
    return editor;
  }

  it('gets nothing of a sign-in into the error of the extension, the notification or the log', async () => {
    for (const repeat of Object.values(REPEATED)) {
      await using x = await startFakeX();
      await using editor = await confidentialEditor(x);
      repeatRequests(x, repeat);
      const asked = editor.extension('good.extension').getSession('x', ['tweet.read'], { forceNewSession: true });
      const error: unknown = await asked.catch((reason: unknown) => reason);
      assert.ok(error instanceof Error && error.name === 'Refused', inspect(error));
      await editor.until(() => editor.messages.length > 0, 'the notification');
      assert.match(editor.everythingSaid, /X refused the sign-in \(You sent .*Sign-in: Refused\. X refused/s);
      assertKeptSecret(x.requestsTo('/2/oauth2/token'), `${error.message}\n${editor.everythingSaid}`);
    }
  });

  it('gets nothing of a refresh, of a revocation or of a question who it is into the log', async () => {
    for (const repeat of Object.values(REPEATED)) {
      await using x = await startFakeX();
      await using editor = await confidentialEditor(x);
      repeatRequests(x, repeat, ['/2/users/me']);
      const session = await signedIn(editor, 'good.extension', ['tweet.read']);
      repeatRequests(x, repeat);
      await later(3 * 60 * 60_000, () =>
        editor.extension('good.extension').getSession('x', ['tweet.read'], { silent: true }),
      );
      await editor.signOut('x', session.account.label);
      const said = editor.everythingSaid;
      assert.match(said, /X did not say whose it is\. .*X refused to refresh it.*not revoked at X\. /s);
      const sent = ['/2/users/me', '/2/oauth2/token', '/2/oauth2/revoke'].flatMap((path) => x.requestsTo(path));
      assertKeptSecret(sent, said);
    }
  });

  it('gets nothing of OAuth 1.0a and app-only sign-ins into notifications or the log', async () => {
    const rows: readonly (readonly [command: string, way: string, endpoint: string])[] = [
      ['signInOAuth1', 'Sign in with the browser', '/oauth/request_token'],
      ['signInOAuth1', 'Sign in with the browser', '/oauth/access_token'],
      ['signInApp', 'From the API Key and Secret', '/oauth2/token'],
    ];
    for (const [command, way, endpoint] of rows) {
      for (const repeat of Object.values(REPEATED)) {
        await using x = await startFakeX();
        await using editor = await confidentialEditor(x);
        editor.choose = ({ items }) => items.find(({ label }) => label === way)?.label;
        repeatRequests(x, repeat, [endpoint]);
        await editor.run(`xAuthentication.${command}`);
        assert.match(editor.everythingSaid, /sign-in: Refused\. X refused the sign-in \(You sent/);
        assertKeptSecret(x.requestsTo(endpoint), editor.everythingSaid);
      }
    }
  });

  it('gets neither the code nor the state of a callback into what is said about its error', () => {
    const request = {
      redirectUri: 'http://127.0.0.1/callback',
      scopes: [],
      state: 'the-state',
      verifier: newVerifier(),
    };
    const words = `code=the%2Bcode&state=the-state&verifier=${request.verifier}`;
    const answer = new URLSearchParams({
      error: `the+code the-state ${request.verifier}`,
      error_description: words,
      code: 'the+code',
      state: request.state,
    });
    const check = () =>
      checkCallback(oauth2Endpoints({ api: 'https://a', authorization: 'https://a' }), confidential, request, answer);
    assert.throws(check, (error) => {
      const text = inspect(error, { depth: Infinity, showHidden: true });
      assert.doesNotMatch(text, /the(\+|%2B)code|the-state/);
      assert.ok(!text.includes(request.verifier));
      return true;
    });
  });
});

/** What VS Code makes a link of in a notification (src/vs/base/common/linkedText.ts). */
const LINK = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+/;

describe('Another extension’s words', () => {
  const link = '[Sign-in-again](command:workbench.action.terminal.new)';
  const requests: readonly (readonly [what: string, scopes: readonly string[]])[] = [
    ['a link in the place of a scope', [link]],
    ['a link beside a good scope', [`tweet.read ${link}`]],
    ['an icon', ['$(warning)']],
    ['a quotation mark', ['tweet."read']],
    ['a character that is not seen', ['tweet\u202e.read']],
    ['a scope without end', ['a'.repeat(101)]],
    ['scopes without end', Array.from({ length: 101 }, (_, index) => `scope.${index}`)],
    ['a link in the place of a Client ID', [`X_CLIENT_ID:a${link}`]],
    ['no Client ID', ['X_CLIENT_ID:', 'tweet.read']],
    ['a Client ID without end', [`X_CLIENT_ID:${'a'.repeat(201)}`]],
    ['a Client ID of other letters', ['X_CLIENT_ID:büro']],
    ['two Client IDs', ['X_CLIENT_ID:one', 'X_CLIENT_ID:two']],
  ];
  it('get into no message and no log, and only their author hears of it', async () => {
    for (const [what, scopes] of requests) {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      for (const options of [{ silent: true }, { createIfNone: true }, { forceNewSession: true }]) {
        const asked = editor.extension('evil.extension').getSession('x', scopes, options);
        const error: unknown = await asked.catch((reason: unknown) => reason);
        assert.ok(error instanceof Error && error.name === 'Misconfigured', `${what}: ${inspect(error)}`);
        assert.match(error.message, /^[A-Z].*\.$/, what);
        assert.doesNotMatch(error.message, /command|aaaa|büro|\[|\$/, what);
      }
      assert.deepEqual([editor.messages, editor.opened, editor.asked], [[], [], []], what);
      assert.doesNotMatch(editor.everythingSaid, /command:|aaaa|scope\.1|büro/, what);
    }
  });

  it('are taken as they are where they are scopes of X or Client IDs', () => {
    const scopes = [...Object.keys(SCOPES), 'a.scope_of:tomorrow/v-2'];
    const { wanted, clientId } = readScopes([...scopes, `X_CLIENT_ID:${'aB0_-=+/'.repeat(25)}`]);
    assert.deepEqual(
      wanted,
      scopes.filter((scope) => scope !== 'offline.access'),
    );
    assert.equal(clientId, 'aB0_-=+/'.repeat(25));
  });

  it('in the setting for the Client ID are refused, and can be corrected', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.set('xAuthentication.clientId', link);
    const asked = editor.extension('good.extension').getSession('x', ['tweet.read'], { createIfNone: true });
    await assert.rejects(asked, {
      name: 'Misconfigured',
      message: /^The setting xAuthentication\.clientId can't be used/,
    });
    await editor.until(() => editor.messages.length > 0, 'the message');
    assert.deepEqual(editor.messages[0]?.buttons, ['Open Settings']);
    assert.doesNotMatch(editor.everythingSaid, /command:/);

    const own = [`X_CLIENT_ID:${NATIVE_APP.clientId}`, 'tweet.read'];
    const session = await editor.extension('good.extension').getSession('x', own, { forceNewSession: true });
    assert.equal(session?.account.label, '@ada_l (app TmF0aXZl…)', 'the app is not the one that is set up');
    editor.type = (title) => (title.includes('Client ID') ? NATIVE_APP.clientId : '');
    await editor.run('xAuthentication.setUpApp');
    assert.equal(editor.setting('xAuthentication.clientId'), NATIVE_APP.clientId);
  });

  it('in the setting for the relay are refused', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { signInMethod: 'relay' });
    for (const relayUrl of [`https://relay.example/${link}`, `https://relay.example/\n${link}`]) {
      editor.set('xAuthentication.relayUrl', relayUrl);
      await editor.run('xAuthentication.copyCallbackUrls');
      assert.match(editor.messages.at(-1)?.text ?? '', /^The setting xAuthentication\.relayUrl can't be used/);
    }
    assert.doesNotMatch(editor.everythingSaid, LINK);
  });

  it('in the setting for the relay are refused, and so is what nobody sees', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { signInMethod: 'relay' });
    for (const unseen of ['\0', '\t', '\u202e', '\u2028', ' ']) {
      editor.set('xAuthentication.relayUrl', `https://relay.example/a${unseen}b`);
      await editor.run('xAuthentication.copyCallbackUrls');
      assert.match(editor.messages.at(-1)?.text ?? '', /^The setting xAuthentication\.relayUrl can't be used/);
    }
  });

  it('in the setting for scopes are refused', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.set('xAuthentication.defaultScopes', ['tweet.read', link]);
    await editor.run('xAuthentication.signIn');
    const [message] = editor.messages;
    assert.match(message?.text ?? '', /^The setting xAuthentication\.defaultScopes can't be used/);
    assert.deepEqual([message?.buttons, editor.opened], [['Open Settings'], []]);
    assert.doesNotMatch(editor.everythingSaid, /command:/);
  });
});

/** A sign-in with nothing in it that makes a link. */
const GRANT: OAuth2Grant = {
  kind: 'oauth2',
  id: 'the-grant',
  apiBaseUrl: 'https://api.x.com',
  clientId: NATIVE_APP.clientId,
  account: { id: '42', label: '@ada_l' },
  scopes: ['tweet.read'],
  accessToken: 'access',
  refreshToken: 'refresh',
  obtainedAt: Date.now(),
  expiresAt: Date.now() + 7_200_000,
  signInId: 'the-sign-in',
  signInNumber: 1,
  generation: 1,
};

describe('Words that were stored', () => {
  it('make no link of the name of an account or of a scope', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const link = '[Ada](command:workbench.action.terminal.new)';
    const { apiBaseUrl } = x;
    const grant = {
      ...GRANT,
      apiBaseUrl,
      account: { id: '42', label: link },
      scopes: ['tweet.read', '$(warning)', link],
    };
    editor.secrets.set(`oauth2:${apiBaseUrl} ${NATIVE_APP.clientId} 42`, JSON.stringify({ version: 1, ...grant }));
    editor.choose = ({ items }) => items.find(({ label }) => /Ada|Sign Out/.test(label))?.label;
    await editor.run('xAuthentication.accounts');
    await editor.until(() => editor.messages.length > 0, 'the message');
    assert.match(editor.messages[0]?.text ?? '', /\[Ada\] \(command:/);
    const rows = editor.picked.flatMap(({ title, placeHolder, items }) => [title, placeHolder, JSON.stringify(items)]);
    for (const text of [editor.everythingSaid, ...rows]) {
      assert.doesNotMatch(text, LINK);
      assert.doesNotMatch(text, /\$\(/);
    }
  });

  it('make no scope of what X grants, unless it can be one', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const scope = 'tweet.read users.read [dm.read](command:workbench.action.terminal.new) $(warning)';
    x.fail('/2/oauth2/token', withMembers({ scope }));
    await signedIn(editor, 'good.extension', ['tweet.read']);
    editor.choose = ({ items }) => items.find(({ label }) => /^(@ada_l|Show Scopes)$/.test(label))?.label;
    await editor.run('xAuthentication.accounts');
    const shown = JSON.stringify(editor.picked);
    assert.match(shown, /"description":"users.read"/);
    assert.doesNotMatch(shown, /command:|\$\(/);
  });

  it('make no link of the name of an account whose sign-in is gone', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const folder = join(editor.folder, 'manifest', 'local');
    await mkdir(folder, { recursive: true });
    const labels = ['[Ada](command:workbench.action.terminal.new)'];
    await writeFile(join(folder, 'x'), JSON.stringify({ keyId: 'of-a-key-that-is-gone', labels }));
    await editor.extension('good.extension').getSession('x', ['tweet.read'], { silent: true });
    await editor.until(() => editor.messages.length > 0, 'the message');
    assert.match(editor.messages[0]?.text ?? '', /\[Ada\] \(command:/);
    assert.doesNotMatch(editor.everythingSaid, LINK);
  });
});

describe('The words for scopes', () => {
  it('show a scope that is named like a member of every object as one that is not explained', async () => {
    const { scopesInWords, scopeWords } = await import('../../../src/vscode/ui/accounts/scopeLabels.ts');
    for (const scope of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      assert.equal(scopesInWords([scope, 'tweet.read']), `See posts that you can see · ${scope}`);
      assert.equal(scopeWords(scope), scopeWords('unknown.scope'));
    }
  });
});

describe('The diagnostics', () => {
  const addresses: readonly (readonly [what: string, uri: string, shown: string])[] = [
    ['a host in capitals', 'https://Relay.Ada-Lovelace.Example/x', 'https://…/…'],
    ['a host with other letters than ASCII', 'https://bücher-ada.example/x', 'https://…/…'],
    ['a host in Punycode', 'https://xn--bcher-ada-65a.example/callback', 'https://…/callback'],
    ['a user name in the path', 'https://hub.example/user/ada.lovelace/proxy/41951/callback', 'https://…/callback'],
    ['a user name at the end of the path', 'https://hub.example/~ada.lovelace', 'https://…/…'],
    ['a user name before a slash', 'https://hub.example/~ada.lovelace/', 'https://…/'],
    ['a port', 'https://ada.example:8443/callback', 'https://…/callback'],
    ['a user and a password', 'https://ada:lovelace@ada.example/callback', 'https://…/callback'],
    ['a user at this machine', 'http://ada:lovelace@127.0.0.1:41951/callback', 'http://127.0.0.1:41951/callback'],
    ['a query and a fragment', 'https://ada.example/callback?ada=1#lovelace', 'https://…/callback'],
    ['a host that is also the scheme', 'https://https/callback', 'https://…/callback'],
    ['a name below this machine’s', 'http://ada.localhost:41951/callback', 'http://…/callback'],
    ['a path of this machine', 'http://localhost:8080/user/ada/callback', 'http://…/callback'],
    ['the address of this machine', 'http://127.0.0.1:41951/callback', 'http://127.0.0.1:41951/callback'],
    ['its name', 'http://localhost:41951/callback', 'http://localhost:41951/callback'],
    ["the editor's own address", 'vscode://xauth.x-authentication/callback?windowId=2', 'vscode://…/callback'],
    ["Microsoft's relay", 'https://vscode.dev/redirect', 'https://…/redirect'],
    ["a tunnel at Microsoft's", 'https://vscode.dev/tunnel/ada-laptop/callback', 'https://…/callback'],
  ];
  for (const [what, uri, shown] of addresses) {
    it(`have nothing of the person's in an address with ${what}`, async () => {
      const { redacted } = await import('../../../src/vscode/ui/diagnostics.ts');
      assert.equal(redacted(uri), shown);
    });
  }

  it('name no host of the person, however the setting spells it', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    for (const relayUrl of [
      'https://Relay.Ada-Lovelace.Example/x',
      'https://bücher-ada.example/x',
      'https://hub.example/user/ada.lovelace/callback',
      'https://hub.example/~ada',
    ]) {
      editor.set('xAuthentication.relayUrl', relayUrl);
      await editor.run('xAuthentication.copyDiagnostics');
      assert.match(editor.clipboard, /\| relay \| good \| a relay of your own is set \| https:/);
      assert.doesNotMatch(editor.clipboard, /ada|lovelace|bücher|hub\.example/i);
    }
  });
});
