import assert from 'node:assert/strict';
import { authentication, commands } from 'vscode';
import { type FakeX, WEB_APP } from 'x-authentication-testing';
import { personDoes, skipWithoutPerson } from './person.ts';
import { startFakeXForEditor } from './fakeX.ts';

describe('an extension with an X app of its own', function () {
  // Somebody types, in a browser.
  this.timeout(60_000);
  let x: FakeX;
  let clientId: string;
  let ownApp: string;

  before(async function () {
    skipWithoutPerson(this);
    x = await startFakeXForEditor();
    clientId = x.apps.find(({ name }) => name === WEB_APP.name)?.clientId ?? '';
    ownApp = `X_CLIENT_ID:${clientId}`;
  });
  after(() => x?.stop());

  /** Signs in by the entry of the Accounts menu that an extension gets which asks. */
  async function signIn(scopes: readonly string[]): Promise<string> {
    assert.equal(await authentication.getSession('x', scopes), undefined);
    await commands.executeCommand('x:tests.caller:signIn0');
    const session = await authentication.getSession('x', scopes);
    assert.deepEqual(session?.scopes, scopes);
    return session.accessToken;
  }

  const answered = (): (number | undefined)[] => x.requestsTo('/2/oauth2/token').map(({ outcome }) => outcome.status);

  it('gets a grant of that app, whose secret is asked for once it turns out to have one', async () => {
    personDoes({ title: `Client Secret of the App ${clientId}`, types: `${WEB_APP.clientSecret}\n` });
    const accessToken = await signIn(['users.read', ownApp]);
    assert.equal(x.grants.grantFor(accessToken)?.clientId, clientId);
    assert.deepEqual(answered(), [401, 200]);
    const codes = x.requestsTo('/2/oauth2/token').map(({ form }) => form?.['code']);
    assert.notEqual(codes[0], codes[1], 'X may have taken the first for spent');
  });

  it('is never asked for it again', async () => {
    const accessToken = await signIn(['tweet.write', ownApp]);
    assert.equal(x.grants.grantFor(accessToken)?.clientId, clientId);
    assert.deepEqual(answered(), [401, 200, 200]);
  });

  it('is asked about the person’s own app, though it was allowed its own', async () => {
    // Somebody whom no test has allowed before: VS Code remembers that by name.
    x.switches.autoConsent = { as: 'katherine', decision: 'authorize' };
    const own = ['follows.read', 'mute.read', ownApp];
    await signIn(own);
    await commands.executeCommand('xAuthentication.signIn');
    x.switches.autoConsent = { as: 'ada', decision: 'authorize' };
    const accounts = (await authentication.getAccounts('x')).filter(({ label }) => label.startsWith('@katherine_j'));
    const byLabel = accounts.toSorted((one, other) => one.label.length - other.label.length);
    assert.deepEqual(
      byLabel.map(({ label }) => label),
      ['@katherine_j', `@katherine_j (app ${clientId.slice(0, 8)}…)`],
    );
    const [usual, ownAccount] = byLabel;
    assert.ok(usual && ownAccount);
    const silently = async (scopes: readonly string[], account: typeof usual): Promise<string | undefined> =>
      (await authentication.getSession('x', scopes, { silent: true, account }))?.account.label;
    assert.equal(await silently(own, ownAccount), ownAccount.label);
    assert.equal(await silently(['users.read', 'tweet.read'], usual), undefined);
  });

  it('can’t be signed in to while X does not accept the secret, and says so', async () => {
    const scopes = ['like.read', ownApp];
    x.changeApp(clientId, { clientSecret: 'made anew' });
    assert.equal(await authentication.getSession('x', scopes), undefined);
    await assert.rejects(
      async () => commands.executeCommand('x:tests.caller:signIn0'),
      /X did not accept the app's secret: give the Client Secret if/,
    );
    x.changeApp(clientId, { clientSecret: WEB_APP.clientSecret ?? '' });
    await signIn(scopes);
  });
});
