import assert from 'node:assert/strict';
import {
  authentication,
  type AuthenticationSession,
  commands,
  ConfigurationTarget,
  extensions,
  workspace,
} from 'vscode';
import type { XApi, XApiErrorName, XAuthentication, XSignInErrorName } from '../../src/api/x-authentication.d.ts';
import { freePort } from '../host/freePort.ts';
import { answersJson, faults, type FakeX } from 'x-authentication-testing';
import { tenMinutesPass } from './clock.ts';
import { startFakeXForEditor } from './fakeX.ts';

const ID = 'xauth.x-authentication';
const SCOPES = ['tweet.read', 'users.read'];
const ME = '/2/users/me';

const settings = () => workspace.getConfiguration('xAuthentication');

async function exported(version = 1): Promise<XApi> {
  const found = extensions.getExtension<XAuthentication>(ID);
  assert.ok(found);
  // As an author would who needs more than there is.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (await found.activate()).getApi(version as 1);
}

/** Signs in by the entry of the Accounts menu that an extension gets which asks. */
async function signIn(scopes: readonly string[] = SCOPES): Promise<AuthenticationSession> {
  assert.equal(await authentication.getSession('x', scopes), undefined);
  await commands.executeCommand('x:tests.caller:signIn0');
  const session = await authentication.getSession('x', scopes, { silent: true });
  assert.ok(session);
  return session;
}

async function refusedWith(name: XApiErrorName, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error: Error) => {
    assert.equal(error.name, name);
    assert.match(error.message, /^[A-Z].+[.)]$/, 'a sentence');
    return true;
  });
}

describe('the API that another extension gets', function () {
  this.timeout(20_000);
  let x: FakeX;
  let api: XApi;
  let session: AuthenticationSession;

  before(async () => {
    x = await startFakeXForEditor();
    api = await exported();
    session = await signIn();
  });
  after(() => x.stop());

  it('is of version 1 and can’t be changed', async () => {
    await refusedWith('UnsupportedVersion', exported(2));
    assert.ok(Object.isFrozen(api));
    assert.equal(api, await exported());
    assert.equal(api.apiBaseUrl, x.apiBaseUrl);
  });

  it('authorizes requests, and says how many are left', async () => {
    const authorization = await api.authorization(session, { url: ME });
    assert.equal(authorization, `Bearer ${session.accessToken}`);
    const response = await api.fetch(session, new URL(`${x.apiBaseUrl}${ME}`));
    assert.equal(response.status, 200);
    const rateLimit = api.rateLimit(response);
    assert.equal(rateLimit?.limit, 75);
    assert.equal(rateLimit.remaining, 73);
    assert.ok(rateLimit.resetAt > Date.now() && rateLimit.resetAt < Date.now() + 16 * 60_000);
  });

  it('renews a token that X refuses, for a caller that holds the old session', async () => {
    x.grants.expireAccessTokens();
    using _ = tenMinutesPass();
    assert.equal((await api.fetch(session, ME)).status, 200);
    const { length } = x.requestsTo('/2/oauth2/token');
    assert.equal((await api.fetch(session, ME)).status, 200);
    assert.equal(x.requestsTo('/2/oauth2/token').length, length);
    const newer = await authentication.getSession('x', SCOPES, { silent: true });
    assert.notEqual(newer?.accessToken, session.accessToken);
  });

  it('is of no use to an extension that was granted nothing', async () => {
    const otherExtension = await extensions
      .getExtension<{ authentication: typeof authentication }>('tests.other-extension')
      ?.activate();
    assert.equal(await otherExtension?.authentication.getSession('x', SCOPES, { silent: true }), undefined);
    // It may see who is signed in, and guess.
    const [account] = (await otherExtension?.authentication.getAccounts('x')) ?? [];
    assert.ok(account);
    for (const forged of [
      { ...session, account, accessToken: 'guessed' },
      { ...session, account, accessToken: '' },
      { ...session, id: account.id },
    ]) {
      await refusedWith('ForeignSession', api.fetch(forged, ME));
      await refusedWith('ForeignSession', api.authorization(forged, { url: ME }));
    }
  });

  it('sends credentials nowhere but to X', async () => {
    await refusedWith('ForbiddenDestination', api.fetch(session, 'https://example.com/2/users/me'));
    await refusedWith('ForbiddenDestination', api.authorization(session, { url: 'http://api.x.com/2/users/me' }));
  });

  it('rejects with the reason of a signal, and with the mistakes of its caller', async () => {
    const reason = new Error('enough');
    await assert.rejects(api.fetch(session, ME, { signal: AbortSignal.abort(reason) }), reason);
    await assert.rejects(api.fetch(session, ME, { method: 'no method' }), TypeError);
    await assert.rejects(api.fetch(session, 'no URL'), TypeError);
  });

  it('says when X can’t be reached', async () => {
    await x.goOffline();
    await refusedWith('Unreachable', api.fetch(session, ME));
    await x.goOnline();
  });

  it('says when a setting has to be mended', async () => {
    await settings().update('apiBaseUrl', 'http://example.com', ConfigurationTarget.Global);
    await refusedWith('Misconfigured', api.fetch(session, ME));
    await refusedWith('Misconfigured', api.authorization(session, { url: ME }));
    assert.throws(() => api.apiBaseUrl, { name: 'Misconfigured' });
    await settings().update('apiBaseUrl', x.apiBaseUrl, ConfigurationTarget.Global);
  });

  it('says when the sign-in has ended', async () => {
    x.disconnect('ada');
    using _ = tenMinutesPass();
    await commands.executeCommand('xAuthentication.refresh');
    await refusedWith('SessionEnded', api.fetch(session, ME));
    await refusedWith('SessionEnded', api.authorization(session, { url: ME }));
  });
});

describe('the name of an error that getSession rejects with', function () {
  this.timeout(20_000);
  let x: FakeX;

  beforeEach(async () => {
    x = await startFakeXForEditor();
  });
  afterEach(async () => {
    x.switches.autoConsent = { as: 'ada', decision: 'authorize' };
    await settings().update('loopbackPort', await freePort(), ConfigurationTarget.Global);
    await x.stop();
  });
  // Takes the entry out of the Accounts menu.
  after(async () => {
    x = await startFakeXForEditor();
    await signIn();
    await x.stop();
  });

  /** Every name there is, and what makes it come up while somebody signs in. Each gives back what it took. */
  const ways: Readonly<Record<XSignInErrorName, (signIn: () => Promise<unknown>) => Promise<unknown>>> = {
    Denied(signingIn) {
      x.switches.autoConsent = { as: 'ada', decision: 'cancel' };
      return signingIn();
    },
    async Cancelled(signingIn) {
      x.switches.autoConsent = undefined;
      const first = signingIn();
      await x.arrival('/i/oauth2/authorize');
      x.switches.autoConsent = { as: 'ada', decision: 'authorize' };
      await commands.executeCommand('xAuthentication.signIn');
      return first;
    },
    async TimedOut(signingIn) {
      x.switches.autoConsent = undefined;
      const { setTimeout } = globalThis;
      const impatient = (run: () => void, ms?: number) => setTimeout(run, ms === 5 * 60_000 ? 0 : ms);
      globalThis.setTimeout = Object.assign(impatient, setTimeout);
      return signingIn().finally(() => {
        globalThis.setTimeout = setTimeout;
      });
    },
    async Misconfigured(signingIn) {
      await settings().update('loopbackPort', 1, ConfigurationTarget.Global);
      return signingIn();
    },
    Unreachable(signingIn) {
      x.fail('/2/oauth2/token', faults.badGateway);
      return signingIn();
    },
    Refused(signingIn) {
      const said = 'Value passed for the code verifier did not match the code challenge.';
      x.fail('/2/oauth2/token', answersJson(400, { error: 'invalid_request', error_description: said }));
      return signingIn();
    },
    Unexpected(signingIn) {
      const { subtle } = globalThis.crypto;
      Object.defineProperty(subtle, 'digest', { configurable: true, value: () => Promise.reject(new Error('broken')) });
      return signingIn().finally(() => Reflect.deleteProperty(subtle, 'digest'));
    },
  };

  for (const [name, fails] of Object.entries(ways)) {
    it(`${name}, with a sentence`, async () => {
      assert.equal(await authentication.getSession('x', SCOPES), undefined);
      // What the entry of the Accounts menu does that an extension gets which asks: VS Code hands on what the provider says.
      const signingIn = async () => commands.executeCommand('x:tests.caller:signIn0');
      await assert.rejects(fails(signingIn), (error: Error) => {
        assert.deepEqual([error.name, error instanceof Error], [name, true], error.message);
        assert.match(error.message, /^[A-Z].+[.)]$/);
        return true;
      });
    });
  }

  it('Misconfigured, also if nothing is to be shown', async () => {
    const asking = authentication.getSession('x', ['X_CLIENT_ID:one', 'X_CLIENT_ID:two'], { silent: true });
    await assert.rejects(async () => asking, { name: 'Misconfigured', message: /ask for one app at a time/ });
  });

  it('is VS Code’s own when nobody provides sessions', async () => {
    const message = "Timed out waiting for authentication provider 'x-nobody' to register.";
    await assert.rejects(async () => authentication.getSession('x-nobody', []), { name: 'Error', message });
  });

  it('is VS Code’s own when it is VS Code that says no', async () => {
    const invalid = { createIfNone: true, silent: true };
    await assert.rejects(async () => authentication.getSession('x', SCOPES, invalid), {
      name: 'Error',
      message: 'Invalid combination of options. Please remove one of the following: createIfNone, silent',
    });
  });
});
