import assert from 'node:assert/strict';
import { commands, ConfigurationTarget, extensions, workspace } from 'vscode';
import type { ThreeClients } from '../../examples/three-clients/src/extension.ts';
import { NATIVE_APP } from '../x/app.ts';
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
