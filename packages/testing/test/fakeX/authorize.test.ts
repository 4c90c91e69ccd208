import assert from 'node:assert/strict';
import { type App, NATIVE_APP } from '../../src/fakeX/app.ts';
import { Client } from '../../src/fakeX/client.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

const CALLBACK = 'http://127.0.0.1:41951/callback';

describe('The fake X, authorize page', () => {
  let x: FakeX;
  let client: Client;

  beforeEach(async () => {
    x = await startFakeX();
    client = new Client(x);
  });

  afterEach(async () => {
    await x.stop();
  });

  it('redirects to the requested callback with a code and the state', async () => {
    for (const redirectUri of NATIVE_APP.redirectUris) {
      const back = await x.consent(client.authorizeUrl({ redirectUri }), { as: 'ada', decision: 'authorize' });
      assert.match(back, /^.+\?state=a%20state%2Fwith%20odd%26characters&code=XCODE-[\w-]{43}$/);
      assert.equal(back.slice(0, redirectUri.length), redirectUri);
    }
  });

  it('keeps the query of a callback that was registered with one', async () => {
    const redirectUri = `${CALLBACK}?from=X`;
    x.changeApp(NATIVE_APP.clientId, { redirectUris: [redirectUri] });
    const back = await x.consent(client.authorizeUrl({ redirectUri }), { as: 'ada', decision: 'authorize' });
    assert.match(back, /^http:\/\/127\.0\.0\.1:41951\/callback\?from=X&state=/);
  });

  it('shows the app, the scopes, the people and both buttons, on a page without scripts', async () => {
    const page = await pageAt(client.authorizeUrl());
    for (const part of [
      '<html lang="en">',
      '<strong>fake X</strong>',
      '<form id="consent" method="post">',
      '<span id="app-name">Ada’s Editor</span>',
      '<li data-scope="tweet.read">',
      '<li data-scope="offline.access">',
      '<label for="person-ada"><input type="radio" name="person" id="person-ada" value="ada" checked>',
      '<label for="person-grace"><input type="radio" name="person" id="person-grace" value="grace">',
      '<button type="submit" id="authorize" name="decision" value="authorize">Authorize app</button>',
      '<button type="submit" id="cancel" name="decision" value="cancel">Cancel</button>',
    ]) {
      assert.ok(page.includes(part), part);
    }
    assert.doesNotMatch(page, /<script/);
  });

  it('escapes names that look like markup', async () => {
    x.changeApp(NATIVE_APP.clientId, { name: '<b>&"' });
    const page = await pageAt(client.authorizeUrl());
    assert.ok(page.includes('<span id="app-name">&#60;b&#62;&#38;&#34;</span>'));
  });

  it('reports a cancellation, and can leave the state out', async () => {
    const url = client.authorizeUrl({ state: 's' });
    const cancel = { as: 'ada', decision: 'cancel' } as const;
    assert.equal(await x.consent(url, cancel), `${CALLBACK}?error=access_denied&state=s`);
    x.switches.cancelOmitsState = true;
    assert.equal(await x.consent(url, cancel), `${CALLBACK}?error=access_denied`);
  });

  it('redirects at once when consent is automatic', async () => {
    x.switches.autoConsent = { as: 'grace', decision: 'authorize' };
    const response = await open(client.authorizeUrl());
    assert.equal(response.status, 303);
    assert.match(response.headers.get('location') ?? '', /^http:\/\/127\.0\.0\.1:41951\/callback\?.*code=XCODE-/);
    x.switches.autoConsent = { as: 'grace', decision: 'cancel' };
    assert.match(await x.consent(client.authorizeUrl(), { as: 'ada', decision: 'authorize' }), /error=access_denied/);
  });

  it('accepts a consent form once, and only from its own page', async () => {
    const url = client.authorizeUrl();
    const ticket = ticketOn(await pageAt(url));
    const elsewhere = client.authorizeUrl({ scopes: ['dm.write'] });
    const statuses: number[] = [];
    for (const [target, sent] of [
      [url, 'made up'],
      [url, ticket],
      [url, ticket],
      [elsewhere, ticketOn(await pageAt(url))],
    ] as const) {
      const body = new URLSearchParams({ ticket: sent, person: 'ada', decision: 'authorize' });
      statuses.push((await fetch(here(target), { method: 'POST', body, redirect: 'manual' })).status);
    }
    assert.deepEqual(statuses, [400, 303, 400, 400]);
  });

  it('refuses a person who doesn’t exist', async () => {
    const impostor = x.consent(client.authorizeUrl(), { as: 'mallory', decision: 'authorize' });
    await assert.rejects(impostor, /Nobody called mallory/);
  });

  const wrong: Record<string, (query: URLSearchParams) => void> = {
    'a client id it does not know': (query) => query.set('client_id', 'TmF0aXZl'),
    'an API key in place of the client id': (query) => query.set('client_id', NATIVE_APP.apiKey),
    'a callback on another port': (query) => query.set('redirect_uri', 'http://127.0.0.1:41952/callback'),
    'a callback with a trailing slash': (query) => query.set('redirect_uri', `${CALLBACK}/`),
    'a callback with a query': (query) => query.set('redirect_uri', `${CALLBACK}?a=b`),
    'no callback': (query) => query.delete('redirect_uri'),
    'a scope that does not exist': (query) => query.set('scope', 'tweet.read everything'),
    'a scope that every object has': (query) => query.set('scope', 'constructor'),
    'scopes with two spaces between them': (query) => query.set('scope', 'tweet.read  users.read'),
    'no scope': (query) => query.delete('scope'),
    'a scope that the app may not ask for': (query) => query.set('scope', 'users.email'),
    'no state': (query) => query.delete('state'),
    'the plain code challenge': (query) => query.set('code_challenge_method', 'plain'),
    'no code challenge': (query) => query.delete('code_challenge'),
    'a code challenge that is not a SHA-256': (query) => query.set('code_challenge', 'abc'),
    'another response type': (query) => query.set('response_type', 'token'),
    'a parameter that is there twice': (query) => query.append('state', 'again'),
  };
  for (const [what, spoil] of Object.entries(wrong)) {
    it(`shows its error page, and does not redirect, for ${what}`, async () => {
      await assertErrorPage(changed(client.authorizeUrl(), spoil));
    });
  }

  it('accepts any order of parameters', async () => {
    const [address = '', query = ''] = client.authorizeUrl().split('?');
    const url = `${address}?${query.split('&').toReversed().join('&')}`;
    assert.match(await x.consent(url, { as: 'ada', decision: 'authorize' }), /code=/);
  });

  it('shows its error page when spaces between scopes are plus signs', async () => {
    await assertErrorPage(client.authorizeUrl().replace('tweet.read%20users.read', 'tweet.read+users.read'));
  });

  it('shows its error page while the Website URL of the app is empty', async () => {
    x.changeApp(NATIVE_APP.clientId, { websiteUrl: '' });
    await assertErrorPage(client.authorizeUrl());
  });

  it('accepts a state of 500 characters, and redirects without a longer one', async () => {
    const back = [500, 501].map((length) =>
      x.consent(client.authorizeUrl({ state: 's'.repeat(length) }), { as: 'ada', decision: 'authorize' }),
    );
    assert.match((await back[0]) ?? '', /state=s{500}&code=/);
    assert.equal(await back[1], `${CALLBACK}?error=invalid_request`);
  });

  it('registers ten callbacks, and refuses eleven', () => {
    const callbacks = Array.from({ length: 11 }, (_, index) => `http://127.0.0.1:${5000 + index}/callback`);
    registerCallbacks(x, callbacks.slice(0, 10));
    assert.throws(() => registerCallbacks(x, callbacks), /10 callbacks/);
  });

  it('refuses to register localhost, dangerous schemes, fragments and custom schemes without a path', () => {
    registerCallbacks(x, ['vscode://publisher.name/callback']);
    for (const uri of ['http://localhost:1/cb', 'javascript:alert(1)', 'https://a.example/#b', 'vscode://name']) {
      assert.throws(() => registerCallbacks(x, [uri]), Error, uri);
    }
  });

  async function assertErrorPage(url: string): Promise<void> {
    const response = await open(url);
    assert.equal(response.headers.get('location'), null);
    assert.match(await response.text(), /Something went wrong.*You weren't able to give access to the App\./s);
    await assert.rejects(x.consent(url, { as: 'ada', decision: 'authorize' }), /^Error: Something went wrong/);
  }
});

function registerCallbacks(x: FakeX, redirectUris: readonly string[]): App {
  return x.changeApp(NATIVE_APP.clientId, { redirectUris });
}

function changed(url: string, change: (query: URLSearchParams) => void): string {
  const { origin, pathname, searchParams } = new URL(url);
  change(searchParams);
  return `${origin}${pathname}?${searchParams.toString().replaceAll('+', '%20')}`;
}

function open(url: string): Promise<Response> {
  return fetch(here(url), { redirect: 'manual' });
}

async function pageAt(url: string): Promise<string> {
  return (await open(url)).text();
}

function ticketOn(page: string): string {
  return /name="ticket" value="([^"]+)"/.exec(page)?.[1] ?? '';
}

/** The address as Node resolves it everywhere. */
function here(url: string): string {
  return url.replace('x.localhost', '127.0.0.1');
}
