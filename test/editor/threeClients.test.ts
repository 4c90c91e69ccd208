import assert from 'node:assert/strict';
import { authentication, commands, ConfigurationTarget, extensions, workspace } from 'vscode';
import type { ThreeClients } from '../../examples/three-clients/src/extension.ts';
import { bounded } from '../../src/oauth/http.ts';
import { newNonce, type Token } from '../../src/oauth/oauth1Signature.ts';
import { appOnlyBearer } from '../../src/x/appOnly.ts';
import { accessToken, authorizationUrl, requestToken } from '../../src/x/oauth1.ts';
import { NATIVE_APP, WEB_APP } from '../x/app.ts';
import type { StandIn } from '../x/standIn.ts';
import { personDoes, skipWithoutPerson } from './person.ts';
import { startStandInForEditor } from './standIn.ts';

const ID = 'xauth-examples.three-clients';
const OAUTH1 = 'Sign in to X with OAuth 1.0a';

/** An extension with clients that others wrote: XDK and twitter-api-v2. It gets sessions from VS Code, and nothing else. */
describe('the example Three Clients', function () {
  // Somebody types and clicks, in a browser.
  this.timeout(60_000);

  let x: StandIn;
  let example: ThreeClients;

  before(async function () {
    skipWithoutPerson(this);
    x = await startStandInForEditor();
    // twitter-api-v2 has `https` send what goes to the stand-in by http, which VS Code's proxies and certificates don't allow.
    await workspace.getConfiguration('http').update('proxySupport', 'off', ConfigurationTarget.Global);
    await workspace.getConfiguration('http').update('systemCertificates', false, ConfigurationTarget.Global);
    const found = extensions.getExtension<ThreeClients>(ID);
    assert.ok(found);
    example = await found.activate();
  });
  after(() => x?.stop());

  /** Signs in by the entry of the Accounts menu that an extension gets which asks, and which gives it the session at once. */
  async function signIn(provider: 'x' | 'x-oauth1' | 'x-app'): Promise<void> {
    assert.equal(await example.offerToSignIn(provider), false);
    await commands.executeCommand(`${provider}:${ID}:signIn0`);
    assert.equal(await example.offerToSignIn(provider), true);
  }

  it('asks X with a session of x', async () => {
    await signIn('x');
    const answer = await commands.executeCommand('threeClients.asUser');
    assert.equal(answer, 'XDK: @ada_l · twitter-api-v2: @ada_l');
    assert.deepEqual(schemes('/2/users/me', 2), ['Bearer', 'Bearer']);
  });

  it('asks X with a session of x-oauth1, after the API key was asked for', async () => {
    personDoes(
      { title: OAUTH1, picks: 'Sign in with the browser' },
      { title: 'API Key and Secret (1/2)', types: NATIVE_APP.apiKey },
      { title: 'API Key and Secret (2/2)', types: `${NATIVE_APP.apiSecret}\n` },
    );
    await signIn('x-oauth1');
    const answer = await commands.executeCommand('threeClients.asUserOAuth1');
    assert.equal(answer, 'XDK: @ada_l · twitter-api-v2: @ada_l');
    assert.deepEqual(schemes('/2/users/me', 2), ['OAuth', 'OAuth']);
  });

  it('asks X with a session of x-app, for which the API key is known', async () => {
    personDoes({ title: 'Add an app-only bearer token of X', picks: 'From the API Key and Secret' });
    await signIn('x-app');
    const answer = await commands.executeCommand('threeClients.asApp', 'grace_h');
    assert.equal(answer, 'XDK: Grace Hopper · twitter-api-v2: Grace Hopper');
    assert.deepEqual(schemes('/2/users/by/username/:username', 2), ['Bearer', 'Bearer']);
  });

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
  let x: StandIn;
  const world = { fetch: bounded((url, init) => fetch(url, init), 5000), now: Date.now, nonce: newNonce };
  const settings = () => workspace.getConfiguration('xAuthentication');

  before(async function () {
    skipWithoutPerson(this);
    x = await startStandInForEditor();
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
    assert.deepEqual(await accounts('x-oauth1'), ['@ada_l', '@grace_h'], 'Ada’s session is another app’s now');
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
    assert.deepEqual(await accounts('x-oauth1'), ['@ada_l', '@grace_h', '@katherine_j']);
  });

  it('a sign-in to x that waits for the browser is not ended by one that does not need it', async () => {
    x.switches.autoConsent = undefined;
    const signingIn = commands.executeCommand('xAuthentication.signIn');
    await x.arrival('/i/oauth2/authorize');
    personDoes(
      { title: OAUTH1, picks: 'Use tokens you already have' },
      { title: 'OAuth 1.0a (1/2)', types: '1-token' },
      { title: 'OAuth 1.0a (2/2)', types: 'secret' },
    );
    await commands.executeCommand('xAuthentication.signInOAuth1');
    const { ok } = await fetch(await comeBack('/i/oauth2/authorize', 'grace'));
    assert.ok(ok);
    await signingIn;
    assert.equal(x.requestsTo('/2/oauth2/token').length, 1);
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
      { title: 'Give it a name that no other app has here', types: 'Grace’s bot' },
    );
    await commands.executeCommand('xAuthentication.signInApp');
    assert.deepEqual(await accounts('x-app'), [first, 'Grace’s bot']);
  });
});
