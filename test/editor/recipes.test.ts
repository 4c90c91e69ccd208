import assert from 'node:assert/strict';
import {
  authentication,
  CancellationTokenSource,
  commands,
  ConfigurationTarget,
  extensions,
  LanguageModelTextPart,
  lm,
  workspace,
} from 'vscode';
import type { Recipes } from '../../examples/recipes/src/extension.ts';
import { bounded } from '../../src/oauth/http.ts';
import { newNonce, type Token } from '../../src/oauth/oauth1Signature.ts';
import { appOnlyBearer } from '../../src/x/appOnly.ts';
import { accessToken, authorizationUrl, requestToken } from '../../src/x/oauth1.ts';
import { NATIVE_APP, type FakeX, WEB_APP } from 'x-authentication-testing';
import { tenMinutesPass } from './clock.ts';
import { startMcpServer } from './mcpServer.ts';
import { personDoes, skipWithoutPerson } from './person.ts';
import { startFakeXForEditor } from './fakeX.ts';

const ID = 'xauth-examples.recipes';
const OAUTH1 = 'Sign in to X with OAuth 1.0a';

let started: Promise<FakeX> | undefined;

/** The same for all in this file: what is known of an app is known of it at one server. */
function theFakeX(): Promise<FakeX> {
  started ??= startFakeXForEditor();
  return started;
}

/** An extension that calls X in every way there is. It gets sessions from VS Code, and nothing else. */
describe('the example Recipes', function () {
  // Somebody types and clicks, in a browser.
  this.timeout(60_000);

  let x: FakeX;
  let example: Recipes;

  before(async function () {
    skipWithoutPerson(this);
    x = await theFakeX();
    // twitter-api-v2 has `https` send what goes to the fake X by http, which VS Code's proxies and certificates don't allow.
    await workspace.getConfiguration('http').update('proxySupport', 'off', ConfigurationTarget.Global);
    await workspace.getConfiguration('http').update('systemCertificates', false, ConfigurationTarget.Global);
    const found = extensions.getExtension<Recipes>(ID);
    assert.ok(found);
    example = await found.activate();
  });

  /** Signs in by the entry of the Accounts menu that an extension gets which asks, and which gives it the session at once. */
  async function signIn(provider: 'x' | 'x-oauth1' | 'x-app'): Promise<void> {
    assert.equal(await example.offerToSignIn(provider), false);
    await commands.executeCommand(`${provider}:${ID}:signIn0`);
    assert.equal(await example.offerToSignIn(provider), true);
  }

  it('asks X with a session of x', async () => {
    await signIn('x');
    const answer = await commands.executeCommand('recipes.asUser');
    assert.equal(answer, 'XDK: @ada_l · twitter-api-v2: @ada_l');
    assert.deepEqual(schemes('/2/users/me', 2), ['Bearer', 'Bearer']);
  });

  it('asks X with nothing but fetch', async () => {
    assert.equal(await commands.executeCommand('recipes.plainFetch'), '@ada_l');
    assert.deepEqual(schemes('/2/users/me', 1), ['Bearer']);
  });

  it('asks X by the API of X Authentication, which renews a token that X refuses', async () => {
    assert.equal(await commands.executeCommand('recipes.exportedApi'), '@ada_l');
    x.grants.expireAccessTokens();
    using _ = tenMinutesPass();
    assert.equal(await commands.executeCommand('recipes.exportedApi'), '@ada_l');
    const statuses = x.requestsTo('/2/users/me').map(({ outcome }) => outcome.status);
    assert.deepEqual(statuses.slice(-3), [200, 401, 200]);
  });

  it('has a tool with which a language model reads posts', async () => {
    const id = await post('Hello, model!');
    const { content } = await lm.invokeTool('x_recipes_read_posts', {
      input: { ids: [id, '404'] },
      toolInvocationToken: undefined,
    });
    const [part] = content;
    assert.ok(part instanceof LanguageModelTextPart);
    assert.deepEqual(JSON.parse(part.value), {
      posts: [{ id, text: 'Hello, model!' }],
      missing: ['Could not find tweet with ids: [404].'],
    });
  });

  it('has a tool that stops asking X when it is cancelled', async () => {
    const held = x.hold('/2/tweets');
    const cancelling = new CancellationTokenSource();
    const asked = x.requestsTo('GET /2/tweets').length;
    const invoked = lm.invokeTool(
      'x_recipes_read_posts',
      { input: { ids: ['1'] }, toolInvocationToken: undefined },
      cancelling.token,
    );
    await x.arrival('GET /2/tweets', asked + 1);
    cancelling.cancel();
    await assert.rejects(async () => invoked);
    held.release();
  });

  it('sends the token to an MCP server, and offers it anew when the token changes', async () => {
    await using server = await startMcpServer();
    const settings = workspace.getConfiguration('xRecipes');
    const { mcpServers } = example;
    const changed = (): Promise<void> =>
      new Promise((resolve) => {
        const listening = mcpServers.onDidChangeMcpServerDefinitions(() => {
          listening.dispose();
          resolve();
        });
      });
    const offered = changed();
    await settings.update('mcpServerUrl', server.url, ConfigurationTarget.Global);
    await offered;
    const [first] = await mcpServers.provideMcpServerDefinitions();
    assert.ok(first);
    assert.deepEqual(first.headers, {}, 'VS Code keeps this on disk');

    // Without AI features VS Code starts no MCP server.
    await workspace.getConfiguration('chat').update('disableAIFeatures', false, ConfigurationTarget.Global);
    // Until VS Code has heard of the server, and of the setting, it does nothing when it is told to.
    const start = setInterval(() => void commands.executeCommand('workbench.mcp.startServer', `${ID}/Posts on X`), 500);
    const authorization = await server.authorization.finally(() => clearInterval(start));
    assert.ok(x.grants.isLive(authorization?.replace('Bearer ', '') ?? ''), authorization);

    const offeredAnew = changed();
    using _ = tenMinutesPass();
    await commands.executeCommand('xAuthentication.refresh');
    await offeredAnew;
    const [second] = await mcpServers.provideMcpServerDefinitions();
    assert.ok(second);
    assert.notEqual(second.version, first.version);
    const { headers } = await mcpServers.resolveMcpServerDefinition(second);
    assert.notEqual(headers['Authorization'], authorization);
    await workspace.getConfiguration('chat').update('disableAIFeatures', true, ConfigurationTarget.Global);
    await settings.update('mcpServerUrl', undefined, ConfigurationTarget.Global);
    assert.deepEqual(await mcpServers.provideMcpServerDefinitions(), []);
  });

  it('asks X with a session of x-oauth1, after the API key was asked for', async () => {
    personDoes(
      { title: OAUTH1, picks: 'Sign in with the browser' },
      { title: 'API Key and Secret (1/2)', types: NATIVE_APP.apiKey },
      { title: 'API Key and Secret (2/2)', types: `${NATIVE_APP.apiSecret}\n` },
    );
    await signIn('x-oauth1');
    const answer = await commands.executeCommand('recipes.asUserOAuth1');
    assert.equal(answer, 'XDK: @ada_l · twitter-api-v2: @ada_l');
    assert.deepEqual(schemes('/2/users/me', 2), ['OAuth', 'OAuth']);
  });

  it('asks X with a session of x-app, for which the API key is known', async () => {
    personDoes({ title: 'Add an app-only bearer token of X', picks: 'From the API Key and Secret' });
    await signIn('x-app');
    const answer = await commands.executeCommand('recipes.asApp', 'grace_h');
    assert.equal(answer, 'XDK: Grace Hopper · twitter-api-v2: Grace Hopper');
    assert.deepEqual(schemes('/2/users/by/username/:username', 2), ['Bearer', 'Bearer']);
  });

  /** Posts as the caller, another extension, which may. */
  async function post(text: string): Promise<string> {
    const scopes = ['tweet.read', 'users.read', 'tweet.write'];
    assert.equal(await authentication.getSession('x', scopes), undefined);
    await commands.executeCommand('x:tests.caller:signIn0');
    const session = await authentication.getSession('x', scopes);
    const response = await fetch(`${x.apiBaseUrl}/2/tweets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session?.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    const { data }: { data: { id: string } } = JSON.parse(await response.text());
    return data.id;
  }

  /** How the last requests to an endpoint said who sent them. */
  function schemes(endpoint: string, last: number): (string | undefined)[] {
    return x
      .requestsTo(endpoint)
      .slice(-last)
      .map(({ headers }) => headers.authorization?.split(' ', 1)[0]);
  }
});

/** Goes on where the example left off: its API key is known, and Ada is signed in. */
describe('the other kinds of credentials', function () {
  this.timeout(60_000);
  let x: FakeX;
  const world = { fetch: bounded((url, init) => fetch(url, init), 5000), now: Date.now, nonce: newNonce };
  const settings = () => workspace.getConfiguration('xAuthentication');

  before(async function () {
    skipWithoutPerson(this);
    x = await theFakeX();
  });
  afterEach(() => {
    x.switches.autoConsent = { as: 'ada', decision: 'authorize' };
  });
  after(() => x?.stop());

  const accounts = async (provider: string): Promise<string[]> =>
    (await authentication.getAccounts(provider)).map(({ label }) => label).toSorted();

  /** What X's console would give somebody. */
  async function tokensOf(person: string): Promise<Token> {
    const consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };
    x.switches.autoConsent = undefined;
    const temporary = await requestToken(x.apiBaseUrl, consumer, 'oob', {}, world);
    const pin = await x.consentWithPin(authorizationUrl(x.apiBaseUrl, temporary), person);
    return (await accessToken(x.apiBaseUrl, consumer, temporary, pin, world)).token;
  }

  /** The address that the last sign-in opened, and what it ends on when somebody says yes there. */
  async function comeBack(page: string, as: string): Promise<string> {
    const { rawQuery } = x.requestsTo(page).at(-1) ?? {};
    return x.consent(`${x.authorizationBaseUrl.replace('/i', '')}${page}?${rawQuery}`, { as, decision: 'authorize' });
  }

  it('tokens that X does not know are not kept; those that it knows are, under their person’s name', async () => {
    const { token, secret } = await tokensOf('grace');
    for (const [typed, expected] of [
      ['wrong', ['@ada_l']],
      [secret, ['@ada_l', '@grace_h']],
    ] as const) {
      personDoes(
        { title: OAUTH1, picks: 'Use tokens you already have' },
        { title: 'OAuth 1.0a (1/2)', types: token },
        { title: 'OAuth 1.0a (2/2)', types: typed },
      );
      await commands.executeCommand('xAuthentication.signInOAuth1');
      assert.deepEqual(await accounts('x-oauth1'), expected);
    }
  });

  it('another API key takes the place of the first, and is asked for anew when X refuses it', async () => {
    const { length } = x.requestsTo('/oauth/request_token');
    personDoes(
      { title: OAUTH1, picks: 'Use Another API Key' },
      { title: 'API Key and Secret (1/2)', types: WEB_APP.apiKey },
      { title: 'API Key and Secret (2/2)', types: 'wrong' },
      { title: OAUTH1, picks: 'Sign in with the browser' },
    );
    await commands.executeCommand('xAuthentication.signInOAuth1');
    personDoes(
      { title: OAUTH1, picks: 'Sign in with the browser' },
      { title: 'API Key and Secret (1/2)', types: WEB_APP.apiKey },
      { title: 'API Key and Secret (2/2)', types: WEB_APP.apiSecret },
    );
    await commands.executeCommand('xAuthentication.signInOAuth1');
    const statuses = x.requestsTo('/oauth/request_token').map(({ outcome }) => outcome.status);
    assert.deepEqual(statuses.slice(length), [401, 200]);
    const adaByBot = `@ada_l (app with API Key ${WEB_APP.apiKey.slice(0, 6)}…)`;
    assert.deepEqual(await accounts('x-oauth1'), [adaByBot, '@grace_h'], 'Ada’s session is another app’s now');
  });

  it('a callback can be pasted', async () => {
    await settings().update('signInMethod', 'paste', ConfigurationTarget.Global);
    x.switches.autoConsent = undefined;
    const opened = x.requestsTo('/oauth/authorize').length;
    personDoes({ title: OAUTH1, picks: 'Sign in with the browser' });
    const signingIn = commands.executeCommand('xAuthentication.signInOAuth1');
    await x.arrival('/oauth/authorize', opened + 1);
    personDoes({ title: 'Finish signing in to X', types: await comeBack('/oauth/authorize', 'katherine') });
    await signingIn;
    await settings().update('signInMethod', undefined, ConfigurationTarget.Global);
    const names = (await accounts('x-oauth1')).map((label) => label.split(' ')[0]);
    assert.deepEqual(names, ['@ada_l', '@grace_h', '@katherine_j']);
  });

  it('a sign-in to x that waits for the browser is not ended by one that does not need it', async () => {
    x.switches.autoConsent = undefined;
    const exchanges = (): number =>
      x.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'authorization_code').length;
    const before = exchanges();
    const opened = x.requestsTo('/i/oauth2/authorize').length;
    const signingIn = commands.executeCommand('xAuthentication.signIn');
    await x.arrival('/i/oauth2/authorize', opened + 1);
    personDoes(
      { title: OAUTH1, picks: 'Use tokens you already have' },
      { title: 'OAuth 1.0a (1/2)', types: '1-token' },
      { title: 'OAuth 1.0a (2/2)', types: 'secret' },
    );
    await commands.executeCommand('xAuthentication.signInOAuth1');
    const { ok } = await fetch(await comeBack('/i/oauth2/authorize', 'grace'));
    assert.ok(ok);
    await signingIn;
    assert.equal(exchanges(), before + 1);
    assert.ok((await accounts('x')).includes('@grace_h'));
  });

  it('a bearer is checked before it is kept, and gets a name that no other has', async () => {
    const [first = ''] = await accounts('x-app');
    const paste = (bearer: string) => [
      { title: 'Add an app-only bearer token of X', picks: 'Paste a Bearer Token' },
      { title: 'App-Only (1/2)', types: bearer },
    ];
    const [person] = x.secrets;
    for (const bearer of ['AAAAnobody%2Fknows', person ?? '']) {
      personDoes(...paste(bearer));
      await commands.executeCommand('xAuthentication.signInApp');
      assert.deepEqual(await accounts('x-app'), [first]);
    }
    const bearer = await appOnlyBearer(x.apiBaseUrl, { key: WEB_APP.apiKey, secret: WEB_APP.apiSecret }, world);
    personDoes(
      ...paste(`${bearer}\n`),
      { title: 'App-Only (2/2)', types: first },
      { title: 'Give it a name that no other app has had here', types: 'Grace’s bot' },
    );
    await commands.executeCommand('xAuthentication.signInApp');
    assert.deepEqual(await accounts('x-app'), [first, 'Grace’s bot']);
  });
});
