import assert from 'node:assert/strict';
import { RefusedError } from '../../../src/oauth/errors.ts';
import { refusalCause } from '../../../src/x/errors.ts';
import { type App, basic, NATIVE_APP, WEB_APP } from 'x-authentication-testing';
import { HOUR, type Machine, openMachine, works } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';
const REVOKE = '/2/oauth2/revoke';
const SECRET = WEB_APP.clientSecret ?? '';

/** The app as somebody sees it who does not know that it has a secret. */
const { clientSecret: _, ...withoutSecret } = WEB_APP;
const SEEMINGLY_PUBLIC: App = withoutSecret;

const secretRefused = (error: unknown): boolean =>
  error instanceof RefusedError && refusalCause(error) === 'client-secret';

function notices(machine: Machine): unknown[] {
  return machine.notices.map((notice) => ('hasSecret' in notice ? [notice.kind, notice.hasSecret] : notice.kind));
}

describe('Confidential apps', () => {
  it('can’t be signed in to without their secret, and can as soon as it is given', async () => {
    await using machine = await openMachine();
    const window = machine.open({ app: SEEMINGLY_PUBLIC });
    await assert.rejects(window.signIn(), secretRefused);
    assert.deepEqual(await window.sessions.all(), []);
    await window.setSecret(WEB_APP.clientId, SECRET);
    await window.signIn();
    assert.ok(works(machine, await window.session()));
  });

  it('keep the sign-in when the secret is missing, name the fix, and go on as soon as it is given', async () => {
    await using machine = await openMachine();
    const window = machine.open({ app: WEB_APP });
    const grant = await window.signIn();
    await window.setSecret(WEB_APP.clientId, undefined);
    machine.now += 3 * HOUR;
    assert.equal((await window.session())?.id, grant.id, 'it is listed all the while');
    assert.deepEqual(notices(machine), [['client-secret', false]]);
    await window.setSecret(WEB_APP.clientId, SECRET);
    window.sessions.appChanged();
    assert.ok(works(machine, await window.session()));
    assert.equal(machine.notices.length, 1);
  });

  it('keep the sign-in when the secret is wrong, or was made anew at X', async () => {
    await using machine = await openMachine();
    const window = machine.open({ app: WEB_APP });
    await window.signIn();
    machine.x.changeApp(WEB_APP.clientId, { clientSecret: 'made anew' });
    machine.now += 3 * HOUR;
    assert.ok(await window.session());
    assert.deepEqual(notices(machine), [['client-secret', true]]);
    await window.setSecret(WEB_APP.clientId, 'made anew');
    window.sessions.appChanged();
    assert.ok(works(machine, await window.session()));
  });

  it('may become public: then the secret is needless, and is removed', async () => {
    await using machine = await openMachine();
    const window = machine.open({ app: WEB_APP });
    await window.signIn();
    machine.x.changeApp(WEB_APP.clientId, { kind: 'public' });
    machine.now += 3 * HOUR;
    assert.ok(await window.session());
    assert.deepEqual(notices(machine), [['client-secret', true]]);
    await window.setSecret(WEB_APP.clientId, '');
    window.sessions.appChanged();
    assert.ok(works(machine, await window.session()));
    assert.equal(machine.x.requestsTo(TOKEN).at(-1)?.headers.authorization, undefined);
  });

  it('may be made of public ones', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn();
    machine.x.changeApp(NATIVE_APP.clientId, { kind: 'confidential', clientSecret: 'now it has one' });
    machine.now += 3 * HOUR;
    assert.ok(await window.session());
    assert.deepEqual(notices(machine), [['client-secret', false]]);
    await window.setSecret(NATIVE_APP.clientId, 'now it has one');
    window.sessions.appChanged();
    assert.ok(works(machine, await window.session()));
  });

  for (const secret of ['with-hyphen_and_underscore', 'a space in it', '100%+=&/~!*', 'ä-umlaut']) {
    for (const pasted of [secret, ` ${secret}\r\n`]) {
      it(`sign in, refresh and revoke with the secret ${JSON.stringify(pasted)}, which is sent as it is`, async () => {
        const app = { ...WEB_APP, clientSecret: secret };
        await using machine = await openMachine('desktop', { apps: [app] });
        const window = machine.open({ app: { ...app, clientSecret: pasted } });
        const grant = await window.signIn();
        machine.now += 3 * HOUR;
        assert.ok(works(machine, await window.session()));
        await window.sessions.signOut(grant.id);
        assert.deepEqual(machine.notices, []);
        const sent = [...machine.x.requestsTo(TOKEN), ...machine.x.requestsTo(REVOKE)];
        assert.deepEqual(
          sent.map(({ headers }) => headers.authorization),
          sent.map(() => basic(app.clientId, secret)),
        );
        assert.deepEqual(
          sent.map(({ outcome }) => outcome.status),
          [200, 200, 200, 200],
        );
      });
    }
  }

  it('that an extension brought have grants of their own, and secrets of their own', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    const scopes = ['tweet.read', `X_CLIENT_ID:${WEB_APP.clientId}`];
    const ours = await window.signIn(['tweet.read']);
    const theirs = await window.signIn(['tweet.read'], 'ada', WEB_APP);
    assert.notEqual(ours.id, theirs.id);
    assert.deepEqual((await window.session(scopes))?.id, theirs.id);
    assert.deepEqual((await window.session())?.id, ours.id);

    await window.setSecret(WEB_APP.clientId, undefined);
    machine.now += 3 * HOUR;
    await window.session(scopes);
    assert.ok(works(machine, await window.session()), 'the other app’s is not touched');
    const [notice, ...others] = machine.notices;
    assert.deepEqual(others, []);
    assert.ok(notice?.kind === 'client-secret');
    assert.equal(notice.grant.clientId, WEB_APP.clientId, 'this is the app whose secret is asked for');
    await window.setSecret(WEB_APP.clientId, SECRET);
    window.sessions.appChanged();
    assert.ok(works(machine, await window.session(scopes)));
  });
});
