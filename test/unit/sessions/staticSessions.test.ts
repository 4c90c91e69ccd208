import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tokenOf, type AppOnlyGrant, type GrantBase, type OAuth1Grant } from '../../../src/sessions/grant.ts';
import { fingerprint } from '../../../src/sessions/staticSessions.ts';
import { readOAuth1Credentials } from '../../../src/sessions/store/oauth1Credentials.ts';
import { ADA, basic, Client, faults, GRACE, NATIVE_APP, WEB_APP } from 'x-authentication-testing';
import { AppOnlyWindow, OAuth1Window } from './harness/staticWindow.ts';
import { HOUR, type Machine, openMachine } from './harness/window.ts';
import type { GrantChanges } from '../../../src/sessions/store/grantChanges.ts';

const INVALIDATE = '/1.1/oauth/invalidate_token.json';

const counts = (changes: readonly GrantChanges[]) =>
  changes.map(({ added, changed, removed }) => [added.length, changed.length, removed.length]);

describe('Sessions that last', () => {
  describe('of OAuth 1.0a', () => {
    it('are kept, and found again by a window that starts years later, with no request', async () => {
      await using machine = await openMachine();
      const grant = await new OAuth1Window(machine).signIn();
      await machine.store.arrive();
      machine.now += 3 * 365 * 24 * HOUR;
      const { length } = machine.x.requests;
      const { sessions } = new OAuth1Window(machine);
      assert.deepEqual(await sessions.all(), [
        { id: grant.id, accessToken: tokenOf(grant), account: { id: ADA.id, label: '@ada_l' }, scopes: [] },
      ]);
      assert.deepEqual(await sessions.matching(['any', 'scope']), [
        { ...(await sessions.all())[0], scopes: ['any', 'scope'] },
      ]);
      assert.equal(machine.x.requests.length, length);
    });

    it('hand out all that is needed to sign', async () => {
      await using machine = await openMachine();
      const grant = await new OAuth1Window(machine).signIn();
      const { consumer, token } = readOAuth1Credentials(tokenOf(grant));
      assert.deepEqual(consumer, { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret });
      assert.ok(machine.x.secrets.has(token.token) && machine.x.secrets.has(token.secret));
      assert.match(token.secret, /^XO1AS-/, 'the secret of the access token, not of the request token');
    });

    it('are one for each account, which can be asked for', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const ada = await window.signIn('ada');
      const grace = await window.signIn('grace');
      const ids = async (accountId?: string) => (await window.sessions.matching([], accountId)).map(({ id }) => id);
      assert.deepEqual(await ids(), [ada.id, grace.id]);
      assert.deepEqual(await ids(GRACE.id), [grace.id]);
      assert.deepEqual(await ids('nobody'), []);
    });

    it('are replaced by a second sign-in of the same person to the same app, under the same session id and label', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const first = await window.signIn('ada');
      machine.x.changePerson('ada', { username: 'countess' });
      const second = await window.signIn('ada');
      assert.equal(second.id, first.id);
      assert.equal(second.account.label, '@ada_l', 'VS Code keys permissions by label');
      assert.notEqual(tokenOf(second), tokenOf(first));
      assert.deepEqual(await window.grants.list(), [second]);
      assert.deepEqual(counts(window.changes), [
        [1, 0, 0],
        [0, 1, 0],
      ]);
      await machine.store.arrive();
      assert.equal(stored(machine).length, 1);
    });

    it('are replaced by a sign-in of the same person to another app, as another session under another label', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const first = await window.signIn('ada');
      const second = await window.signIn('ada', { app: WEB_APP });
      assert.notEqual(second.id, first.id);
      assert.equal(second.account.label, `@ada_l (app with API Key ${WEB_APP.apiKey.slice(0, 6)}…)`);
      assert.deepEqual(await window.grants.list(), [second]);
      assert.deepEqual(
        counts(window.changes),
        [
          [1, 0, 0],
          [1, 0, 0],
          [0, 0, 1],
        ],
        'and nobody is without an account meanwhile',
      );
      await machine.store.arrive();
      assert.equal(stored(machine).length, 1);
      assert.equal((await window.signIn('ada')).account.label, '@ada_l', 'that of the first app, for ever');
    });

    for (const [when, shift] of [
      ['in the same moment', 0],
      ['after the clock was set back', -HOUR],
    ] as const) {
      it(`end in the newest of several sign-ins, when the first comes again ${when}`, async () => {
        await using machine = await openMachine();
        const window = new OAuth1Window(machine);
        const behind = new OAuth1Window(machine);
        const first = await window.signIn('ada');
        const other = await window.signIn('ada', { app: WEB_APP });
        await machine.store.arrive();
        assert.deepEqual(await behind.grants.list(), [other]);
        machine.now += shift;
        const { apiBaseUrl, consumer, token, account } = first;
        const labels = () => [account.label];
        const again = await window.sessions.keep({
          apiBaseUrl,
          appKey: NATIVE_APP.apiKey,
          account,
          labels,
          toGrant: (rest) => ({ kind: 'oauth1', consumer, token, ...rest }),
        });
        assert.notEqual(tokenOf(again), tokenOf(other));
        await machine.store.arrive();
        for (const one of [window, behind, new OAuth1Window(machine)]) {
          assert.deepEqual(await one.grants.list(), [again]);
        }
      });
    }

    it('say when they were obtained, and the last one counts whatever the clock says', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const first = await window.signIn('ada');
      assert.deepEqual([first.obtainedAt, first.scopes], [machine.now, []]);
      machine.now -= HOUR;
      const second = await window.signIn('ada', { app: WEB_APP });
      assert.equal(second.obtainedAt, machine.now);
      const third = await window.signIn('ada', { app: WEB_APP, accessType: 'read' });
      await machine.store.arrive();
      const fresh = new OAuth1Window(machine);
      assert.deepEqual(
        (await fresh.sessions.all()).map(({ accessToken }) => accessToken),
        [tokenOf(third)],
      );
    });

    it('are revoked at X when others take their place, and it is said if that fails', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const first = await window.signIn('ada');
      const second = await window.signIn('ada', { app: WEB_APP });
      const { token } = first;
      assert.match(machine.x.requestsTo(INVALIDATE)[0]?.headers.authorization ?? '', new RegExp(token.token));
      assert.deepEqual(window.notices, []);
      machine.x.fail(INVALIDATE, faults.htmlUnavailable);
      const third = await window.signIn('ada');
      assert.equal(machine.x.requestsTo(INVALIDATE).length, 2);
      assert.deepEqual(window.notices, [{ kind: 'replaced-not-revoked', grant: third }]);
      assert.ok(machine.x.secrets.has(second.token.token));
      const why = `Grant ${third.id}: what it replaced is not revoked at X. The server answered 503.`;
      assert.ok(window.logged.includes(why), window.logged.join('\n'));
    });

    it('are not revoked when the same token takes their place, which X gives again', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const { apiBaseUrl, consumer: old, token, account, clientId: appKey } = await window.signIn('ada');
      const consumer = { ...old, secret: 'regenerated' };
      const toGrant = (rest: GrantBase): OAuth1Grant => ({ kind: 'oauth1', consumer, token, ...rest });
      const again = await window.sessions.keep({ apiBaseUrl, appKey, account, labels: () => [account.label], toGrant });
      assert.deepEqual(await window.grants.list(), [again]);
      assert.deepEqual(machine.x.requestsTo(INVALIDATE), []);
      assert.deepEqual(window.notices, []);
    });

    it('stand well, and never end', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const { apiBaseUrl, clientId } = await window.signIn('ada', { accessType: 'read' });
      const [session] = await window.sessions.all();
      const never = { refreshesAt: undefined, endsAt: undefined, triesAgainAt: undefined };
      assert.deepEqual(await window.sessions.statuses(), [{ session, apiBaseUrl, clientId, ...never, troubles: [] }]);
    });

    it('are left as they are when X gives the same again', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const grant = await window.signIn();
      const { apiBaseUrl, consumer, token, account, clientId: appKey } = grant;
      const toGrant = (rest: GrantBase): OAuth1Grant => ({ kind: 'oauth1', consumer, token, ...rest });
      assert.deepEqual(await window.sessions.keep({ apiBaseUrl, appKey, account, labels: () => [], toGrant }), grant);
      assert.deepEqual(counts(window.changes), [[1, 0, 0]]);
    });

    it('serve anybody but who wants to write, when they are for reading only', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const grant = await window.signIn('ada', { accessType: 'read' });
      assert.deepEqual((await window.sessions.all())[0]?.scopes, ['read']);
      assert.deepEqual(window.sessions.sessionOf(grant, ['read']).scopes, ['read']);
      for (const scopes of [[], ['read'], ['tweet.read']]) {
        assert.deepEqual((await window.sessions.matching(scopes))[0]?.scopes, scopes);
      }
      assert.deepEqual(await window.sessions.matching(['write']), []);
      await window.signIn('ada', { accessType: 'write' });
      assert.equal((await window.sessions.matching(['write'])).length, 1);
      assert.equal((await window.sessions.matching(['read'])).length, 1);
    });

    it('are revoked at X by signing out', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const grant = await window.signIn('ada');
      await window.signIn('grace');
      assert.equal(await window.sessions.signOut(grant.id), true);
      const { token } = grant;
      const [revoked, ...others] = machine.x.requestsTo(`POST ${INVALIDATE}`);
      assert.deepEqual(others, []);
      assert.equal(revoked?.outcome.status, 200);
      assert.match(revoked.headers.authorization ?? '', new RegExp(token.token));
      assert.deepEqual(
        (await window.sessions.all()).map(({ account }) => account.label),
        ['@grace_h'],
      );
      assert.deepEqual(window.notices, []);
      await machine.store.arrive();
      assert.deepEqual(stored(machine), [`oauth1:${machine.x.apiBaseUrl} ${NATIVE_APP.apiKey} ${GRACE.id}`]);
      assert.equal(await window.sessions.signOut(grant.id), true, 'there is nothing left to do');
      assert.equal(machine.x.requestsTo(INVALIDATE).length, 1);
    });

    it('end here although X can’t be told, which is said', async () => {
      await using machine = await openMachine();
      for (const fault of [faults.reset, faults.htmlUnavailable, faults.bareUnauthorized]) {
        const window = new OAuth1Window(machine);
        const grant = await window.signIn();
        machine.x.fail(INVALIDATE, fault);
        assert.equal(await window.sessions.signOut(grant.id), false);
        assert.deepEqual(await window.sessions.all(), []);
        assert.deepEqual(window.notices, [{ kind: 'not-revoked', grant }]);
      }
    });

    it('end without a word when X has forgotten them', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const grant = await window.signIn();
      machine.x.disconnect('ada');
      await window.sessions.signOut(grant.id);
      assert.deepEqual(window.notices, []);
    });
  });

  describe('of an app alone', () => {
    it('hand out the bearer, verbatim', async () => {
      await using machine = await openMachine();
      const window = new AppOnlyWindow(machine);
      assert.deepEqual((await window.add()).scopes, []);
      const [session] = await window.sessions.matching([]);
      assert.match(session?.accessToken ?? '', /^AAAA.+%2F.+%3D$/);
      const { status } = await new Client(machine.x).get(
        '/2/users/by/username/ada_l',
        `Bearer ${session?.accessToken}`,
      );
      assert.equal(status, 200);
    });

    it('are one for each app, replaced when its bearer is another one', async () => {
      await using machine = await openMachine();
      const window = new AppOnlyWindow(machine);
      const first = await window.add(NATIVE_APP);
      await window.add(WEB_APP);
      const second = await window.add(machine.x.changeApp(NATIVE_APP.clientId, { apiSecret: 'regenerated' }));
      assert.equal(second.id, first.id);
      assert.notEqual(tokenOf(second), tokenOf(first));
      assert.equal((await window.sessions.all()).length, 2);
      assert.deepEqual(window.notices, [], 'what is shared with others is not revoked');
    });

    it('are known by a hash of the bearer that tells nothing about it', () => {
      assert.equal(fingerprint('secret'), '2bb80d537b1da3e3');
    });

    it('are one for a bearer, whether it was pasted or came for the API key', async () => {
      await using machine = await openMachine();
      const window = new AppOnlyWindow(machine);
      const { apiBaseUrl, bearer, ...first } = await window.add();
      const id = fingerprint(bearer);
      const toGrant = (rest: GrantBase): AppOnlyGrant => ({ kind: 'app-only', bearer, ...rest });
      const labels = () => ['Pasted'];
      const same = await window.sessions.keep({ apiBaseUrl, appKey: id, account: { id }, labels, toGrant });
      assert.equal(same.id, first.id);
      assert.equal((await window.sessions.all()).length, 1);
    });

    it('are never invalidated at X, which is said', async () => {
      await using machine = await openMachine();
      const window = new AppOnlyWindow(machine);
      const grant = await window.add();
      const { length } = machine.x.requests;
      assert.equal(await window.sessions.signOut(grant.id), false);
      assert.deepEqual(await window.sessions.all(), []);
      assert.equal(machine.x.requests.length, length);
      assert.deepEqual(window.notices, [{ kind: 'shared-bearer', grant }]);
    });

    it('can be added again after they were removed, though the bearer is the same', async () => {
      await using machine = await openMachine();
      const window = new AppOnlyWindow(machine);
      const first = await window.add();
      await window.sessions.signOut(first.id);
      const second = await window.add();
      assert.equal(tokenOf(second), tokenOf(first));
      await machine.store.arrive();
      for (const one of [window, new AppOnlyWindow(machine)]) assert.deepEqual(await one.grants.list(), [second]);
    });
  });

  describe('in several windows', () => {
    it('are known to the others as soon as VS Code tells them of a sign-in', async () => {
      await using machine = await openMachine();
      const [window, other] = [new OAuth1Window(machine), new OAuth1Window(machine)];
      assert.deepEqual(await other.sessions.all(), []);
      await machine.store.arrive();
      const grant = await window.signIn();
      await other.hears();
      assert.deepEqual(counts(other.changes), [[1, 0, 0]]);
      assert.deepEqual(await other.grants.list(), [grant]);
    });

    for (const kind of ['desktop', 'browser'] as const) {
      it(`are replaced, and end, in every window at once (${kind})`, async () => {
        await using machine = await openMachine(kind);
        const window = new OAuth1Window(machine);
        await window.signIn('ada');
        await machine.store.arrive();
        const other = new OAuth1Window(machine);
        assert.equal((await other.sessions.all()).length, 1);
        const second = await window.signIn('ada', { app: WEB_APP });
        assert.deepEqual(await other.grants.list(), [second]);
        await window.sessions.signOut(second.id);
        assert.deepEqual(await other.sessions.all(), []);
        await machine.store.arrive();
        assert.deepEqual(stored(machine), []);
        assert.deepEqual(counts(other.changes), [
          [1, 0, 1],
          [0, 0, 1],
        ]);
      });
    }

    it('end in their newest state, when two windows sign out and in at once', async () => {
      await using machine = await openMachine();
      const window = new OAuth1Window(machine);
      const first = await window.signIn();
      await machine.store.arrive();
      const other = new OAuth1Window(machine);
      await other.grants.list();
      const second = await other.signIn();
      await window.sessions.signOut(first.id);
      const { token } = second;
      assert.match(machine.x.requestsTo(INVALIDATE).at(-1)?.headers.authorization ?? '', new RegExp(token.token));
      assert.deepEqual(await other.sessions.all(), []);
    });
  });

  it('keep to their provider, and do not mix with grants that expire', async () => {
    await using machine = await openMachine();
    const x = machine.open();
    const oauth1 = new OAuth1Window(machine);
    const appOnly = new AppOnlyWindow(machine);
    const grants = [];
    for (const signIn of [() => x.signIn(), () => oauth1.signIn(), () => appOnly.add()]) {
      grants.push(await signIn());
      await machine.store.arrive();
    }
    const ids = grants.map(({ id }) => id);
    const listed = [machine.open(), new OAuth1Window(machine), new AppOnlyWindow(machine)];
    assert.deepEqual(
      (await Promise.all(listed.map(({ sessions }) => sessions.all()))).flat().map(({ id }) => id),
      ids,
    );
  });

  it('are set aside when they can’t be read, and the others still work', async () => {
    await using machine = await openMachine();
    const window = new OAuth1Window(machine);
    await window.signIn('ada');
    await window.signIn('grace');
    await machine.store.arrive();
    const key = `oauth1:${machine.x.apiBaseUrl} ${NATIVE_APP.apiKey} ${ADA.id}`;
    const text = machine.store.stored.get(key) ?? '';
    await window.secrets.store(key, text.slice(0, -20));
    await machine.store.arrive();
    await rm(join(machine.folder, 'grants'), { recursive: true });
    const next = new OAuth1Window(machine);
    assert.deepEqual(
      (await next.sessions.all()).map(({ account }) => account.label),
      ['@grace_h'],
    );
    assert.deepEqual(next.notices, [{ kind: 'unreadable', count: 1 }]);
    await machine.store.arrive();
    const aside = { since: machine.now, stored: text.slice(0, -20) };
    assert.deepEqual(JSON.parse(machine.store.stored.get(`unreadable:${key}`) ?? ''), aside);
    await next.signIn('ada');
    assert.equal((await next.sessions.all()).length, 2);
  });

  it('are missed when they are gone from the store', async () => {
    await using machine = await openMachine();
    const window = new AppOnlyWindow(machine);
    await window.add(NATIVE_APP, 'The app');
    await machine.store.arrive();
    for (const key of machine.store.stored.keys()) await window.secrets.delete(key);
    await machine.store.arrive();
    machine.now += HOUR;
    const next = new AppOnlyWindow(machine);
    assert.deepEqual(await next.sessions.all(), []);
    assert.deepEqual(next.notices, [{ kind: 'vanished', labels: ['The app'] }]);
  });

  it('leave no secret in the log, whatever happens', async () => {
    await using machine = await openMachine();
    const [oauth1, appOnly] = [new OAuth1Window(machine), new AppOnlyWindow(machine)];
    machine.x.fail(INVALIDATE, faults.bareUnauthorized);
    await oauth1.sessions.signOut((await oauth1.signIn()).id);
    await appOnly.sessions.signOut((await appOnly.add()).id);
    const unknown = await oauth1.sessions.keep({
      apiBaseUrl: machine.x.apiBaseUrl,
      appKey: NATIVE_APP.apiKey,
      account: { id: '1' },
      labels: () => ['@nobody'],
      toGrant: (rest) => ({
        kind: 'oauth1',
        consumer: { key: 'wrong', secret: 'wrong' },
        token: { token: 'XO1AS-which X does not know', secret: 'wrong' },
        ...rest,
      }),
    });
    await oauth1.sessions.signOut(unknown.id);
    assert.equal(oauth1.notices.length, 2);
    const logged = [...oauth1.logged, ...appOnly.logged].join('\n');
    assert.match(logged, /not revoked at X/);
    for (const secret of [...machine.x.secrets, NATIVE_APP.apiSecret, NATIVE_APP.apiKey, 'XO1AS-']) {
      assert.ok(!logged.includes(secret), secret);
    }
    assert.ok(!logged.includes(basic(NATIVE_APP.apiKey, NATIVE_APP.apiSecret)));
  });
});

/** What SecretStorage has of people and apps. */
function stored(machine: Machine): readonly string[] {
  return [...machine.store.stored.keys()].filter((key) => key !== 'store-key');
}
