import assert from 'node:assert/strict';
import { HURRIED_MS } from '../../../src/sessions/backOff.ts';
import { DEFAULT_LIFETIME_MS, YOUNG_MS } from '../../../src/sessions/grant.ts';
import { InvalidScopesError } from '../../../src/sessions/scopeRequest.ts';
import { ADA, answersJson, type App, faults, GRACE, NATIVE_APP, WEB_APP, withMembers } from 'x-authentication-testing';
import { HOUR, type Machine, MINUTE, openMachine, works } from './harness/window.ts';
import { writtenByANewerVersion } from './harness/registerFiles.ts';

const TOKEN = '/2/oauth2/token';
const REVOKE = '/2/oauth2/revoke';
const ME = '/2/users/me';

describe('Sessions', () => {
  it('costs one request to the token endpoint and one to /2/users/me to sign in', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    const grant = await window.signIn();
    assert.deepEqual(grant.account, { id: ADA.id, label: `@${ADA.username}`, imageUrl: ADA.profileImageUrl });
    assert.equal(grant.expiresAt, machine.now + DEFAULT_LIFETIME_MS);
    assert.equal(machine.x.requestsTo(TOKEN).length, 1);
    assert.equal(machine.x.requestsTo(ME).length, 1);
  });

  it('lists every grant once at the start, with no request, fresh or not', async () => {
    await using machine = await openMachine();
    await machine.open().signIn();
    await machine.settle();
    machine.now += 24 * HOUR;
    const { length } = machine.x.requests;
    const [session, ...others] = await machine.open().sessions.all();
    assert.deepEqual(others, []);
    assert.deepEqual(session?.scopes.toSorted(), ['offline.access', 'tweet.read', 'users.read']);
    assert.equal(machine.x.requests.length, length);
  });

  describe('How grants stand', () => {
    it('says when they refresh, and what keeps them from it, with no request', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      const status = async () => {
        const { length } = machine.x.requests;
        const [one, ...others] = await window.sessions.statuses();
        assert.deepEqual(others, []);
        assert.equal(machine.x.requests.length, length);
        return one;
      };
      const good = await status();
      assert.deepEqual([good?.troubles, good?.triesAgainAt], [[], undefined]);
      assert.equal(good?.endsAt, machine.now + 2 * HOUR);
      const aheadMs = 2 * HOUR - ((good?.refreshesAt ?? 0) - machine.now);
      assert.ok(aheadMs >= 10 * MINUTE && aheadMs <= 15 * MINUTE, 'ahead of its end');
      assert.deepEqual(good?.session.scopes, grant.scopes);

      machine.now += 2 * HOUR;
      assert.deepEqual((await status())?.troubles, ['expired']);
      machine.x.fail(TOKEN, faults.reset);
      assert.equal(await window.sessions.refreshNow(grant.id), 'unreachable');
      const unreachable = await status();
      assert.deepEqual(unreachable?.troubles, ['unreachable', 'expired']);
      assert.ok((unreachable?.triesAgainAt ?? 0) > machine.now);

      assert.equal(await window.sessions.refreshNow(grant.id), 'unreachable', 'not at once again');
      machine.x.fail(TOKEN, answersJson(401, { error: 'unauthorized_client' }));
      machine.now += HURRIED_MS;
      assert.equal(await window.sessions.refreshNow(grant.id), 'misconfigured');
      assert.deepEqual((await status())?.troubles, ['misconfigured', 'expired']);

      machine.now += HURRIED_MS;
      assert.equal(await window.sessions.refreshNow(grant.id), 'refreshed');
      const refreshed = await status();
      assert.deepEqual([refreshed?.troubles, refreshed?.endsAt], [[], machine.now + 2 * HOUR]);
      assert.equal(await window.sessions.refreshNow('another'), undefined);
    });

    it('says which have no name yet, and which can not be refreshed', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted);
      machine.x.fail(TOKEN, withMembers({ refresh_token: undefined }));
      await window.signIn();
      const [status] = await window.sessions.statuses();
      assert.deepEqual([status?.troubles, status?.refreshesAt], [['unnamed'], undefined]);
      assert.ok((status?.triesAgainAt ?? 0) > machine.now);
    });
  });

  describe('One grant per app and person (rule 1)', () => {
    it('replaces the first sign-in by the second, under the same session id', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const first = await window.signIn();
      const second = await window.signIn();
      assert.equal(second.id, first.id);
      assert.notEqual(second.accessToken, first.accessToken);
      assert.deepEqual(await window.grants.list(), [second]);
      assert.deepEqual(
        window.changes.map(({ added, changed, removed }) => [added.length, changed.length, removed.length]),
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
      );
    });

    it('keeps the later one of two sign-ins at once', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await Promise.all([window.signIn(['like.read']), window.signIn(['tweet.write']), window.signIn(['dm.read'])]);
      const [grant, ...others] = await window.grants.list();
      assert.deepEqual(others, []);
      assert.ok(machine.x.grants.isLive(grant?.refreshToken ?? ''));
    });

    it('keeps the grants of two people, and of two apps, apart', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const ada = await window.signIn(['tweet.read'], 'ada');
      const grace = await window.signIn(['tweet.read'], 'grace');
      const other = await window.signIn(['tweet.read'], 'ada', WEB_APP);
      assert.equal(new Set([ada.id, grace.id, other.id]).size, 3);
      const ids = async (scopes: string[], account?: string) =>
        (await window.sessions.matching(scopes, account)).map(({ id }) => id);
      assert.deepEqual(await ids(['tweet.read']), [ada.id, grace.id]);
      assert.deepEqual(await ids(['tweet.read'], GRACE.id), [grace.id]);
      assert.deepEqual(await ids([`X_CLIENT_ID:${WEB_APP.clientId}`, 'tweet.read']), [other.id]);
      assert.deepEqual(await ids([`X_CLIENT_ID:${WEB_APP.clientId}`], GRACE.id), []);
    });

    it('does not bring the scopes of one app to another', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn(['tweet.write']);
      const scopes = await window.sessions.scopesFor(['like.read'], at(machine, WEB_APP));
      assert.ok(!scopes.includes('tweet.write'));
    });
  });

  describe('Scopes as they were asked for (rule 2)', () => {
    it('lists them in the caller’s order, offline.access and X_CLIENT_ID included', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn(['tweet.write', 'like.read']);
      for (const asked of [
        ['users.read', 'tweet.read'],
        ['tweet.read', 'users.read'],
        ['like.read'],
        ['offline.access', 'tweet.write'],
        [`X_CLIENT_ID:${NATIVE_APP.clientId}`, 'tweet.write'],
        ['tweet.read users.read', 'like.read'],
        [],
      ]) {
        assert.deepEqual((await window.session(asked))?.scopes, asked);
      }
      assert.equal(await window.session(['tweet.write', 'dm.read']), undefined);
    });

    it('counts neither offline.access nor the client id in matching', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(TOKEN, withMembers({ scope: 'tweet.read users.read', refresh_token: undefined }));
      await window.signIn();
      assert.ok(await window.session(['offline.access', 'tweet.read']));
    });

    it('does not guess which of two apps is meant', async () => {
      await using machine = await openMachine();
      await assert.rejects(machine.open().session(['X_CLIENT_ID:one', 'X_CLIENT_ID:two']), InvalidScopesError);
    });
  });

  describe('Wider consents (rules 3 and 4)', () => {
    it('asks for the union, keeps the id, and takes nothing from others', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const narrow = await window.signIn(['tweet.read', 'like.read']);
      const wide = await window.signIn(['tweet.write']);
      assert.equal(wide.id, narrow.id);
      assert.deepEqual(wide.scopes.toSorted(), [
        'like.read',
        'offline.access',
        'tweet.read',
        'tweet.write',
        'users.read',
      ]);
      for (const scopes of [['like.read'], ['tweet.write'], ['like.read', 'tweet.write']]) {
        assert.equal((await window.session(scopes))?.id, narrow.id);
      }
      assert.deepEqual(window.changes.at(-1), { added: [], changed: [wide], removed: [] });
    });

    it('tells the other windows of a wider consent', async () => {
      for (const kind of ['desktop', 'browser'] as const) {
        await using machine = await openMachine(kind);
        const first = machine.open();
        await first.signIn();
        await machine.settle();
        const second = machine.open();
        await second.grants.list();
        const wide = await first.signIn(['dm.read']);
        await machine.settle();
        assert.deepEqual(second.changes, [{ added: [], changed: [wide], removed: [] }]);
        assert.equal((await second.session(['dm.read']))?.accessToken, wide.accessToken);
      }
    });

    it('asks for what the named account has, or, where none is named, the only account of the app', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const asked = (account?: string) => window.sessions.scopesFor(['tweet.write'], at(machine, NATIVE_APP), account);
      const identity = ['offline.access', 'tweet.read', 'tweet.write', 'users.read'];
      await window.signIn(['like.read'], 'ada');
      assert.deepEqual((await asked()).toSorted(), ['like.read', ...identity]);
      machine.x.fail(TOKEN, withMembers({ scope: 'tweet.read users.read dm.read offline.access' }));
      await window.signIn(['dm.read'], 'grace');
      assert.deepEqual((await asked(ADA.id)).toSorted(), ['like.read', ...identity]);
      assert.deepEqual((await asked(GRACE.id)).toSorted(), ['dm.read', ...identity]);
      assert.deepEqual((await asked()).toSorted(), identity);
    });

    it('tells the person when the account of several that signed in allows less than before, and of nothing else', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const wide = await window.signIn(['like.read'], 'ada');
      await window.signIn(['tweet.read'], 'grace');
      assert.equal(machine.notices.length, 0);
      const narrow = await window.signIn(['dm.read'], 'ada');
      assert.equal(narrow.id, wide.id);
      assert.deepEqual(machine.notices, [{ kind: 'narrowed', grant: narrow, lost: ['like.read'] }]);
      await window.signIn(['like.read', 'dm.read'], 'ada');
      assert.equal(machine.notices.length, 1);
    });

    it('tells of what is lost, too, when X names the account later', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn(['like.read'], 'ada');
      await window.signIn(['tweet.read'], 'grace');
      machine.x.fail(ME, faults.creditsDepleted);
      await window.signIn(['dm.read'], 'ada');
      assert.equal(machine.notices.length, 0);
      machine.now += 3 * MINUTE;
      await window.session(['dm.read']);
      const grant = await window.grants.findOwn(at(machine, NATIVE_APP), ADA.id);
      assert.deepEqual(machine.notices, [{ kind: 'narrowed', grant, lost: ['like.read'] }]);
    });
  });

  describe('When X does not say who it is (rule 8)', () => {
    for (const [what, fault] of [
      ['402', faults.creditsDepleted],
      ['403', faults.clientNotEnrolled],
      ['401', faults.unauthorized],
      ['429', faults.tooManyRequests],
      ['503', faults.htmlUnavailable],
      ['a reset connection', faults.reset],
      ['JSON that breaks off', faults.truncatedJson],
    ] as const) {
      it(`signs in all the same, and names the account later (${what})`, async () => {
        await using machine = await openMachine();
        const window = machine.open();
        machine.x.fail(ME, fault);
        const grant = await window.signIn();
        assert.equal(grant.account.label, `X account ${grant.id.slice(0, 6)}`);
        const unnamed = await window.session();
        assert.ok(works(machine, unnamed));
        machine.now += 3 * MINUTE;
        const named = await window.session();
        assert.deepEqual(named?.account, { id: ADA.id, label: '@ada_l', imageUrl: ADA.profileImageUrl });
        assert.equal(named.id, unnamed?.id);
        assert.deepEqual(machine.notices, []);
        await machine.settle();
        assert.deepEqual(machine.storedGrants, [`oauth2:${machine.x.apiBaseUrl} ${NATIVE_APP.clientId} ${ADA.id}`]);
        const [added] = window.changes.at(-1)?.added ?? [];
        const [removed] = window.changes.at(-1)?.removed ?? [];
        assert.deepEqual([added?.account.label, removed?.account.label], ['@ada_l', grant.account.label]);
      });
    }

    it('asks once for many callers, and not again at once', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted, { times: Infinity });
      await window.signIn();
      machine.now += 3 * MINUTE;
      await Promise.all(Array.from({ length: 100 }, () => window.session()));
      await window.session();
      assert.equal(machine.x.requestsTo(ME).length, 2);
    });

    it('refreshes what has no name yet', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted, { times: Infinity });
      await window.signIn();
      for (let step = 0; step < 20; step++) {
        machine.now += 30 * MINUTE;
        assert.ok(works(machine, await window.session()), `after ${step} half hours`);
      }
    });

    it('does not put off a refresh because X did not say who it is', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted, { times: Infinity });
      await window.signIn();
      machine.now += 2 * HOUR - 11 * MINUTE;
      await window.session();
      assert.equal(machine.x.requestsTo(ME).length, 2);
      machine.now += 1.5 * MINUTE;
      await window.session();
      assert.equal(machine.refreshes, 1);
    });

    it('names it at a tick', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted);
      await window.signIn();
      machine.now += 3 * MINUTE;
      await window.sessions.tick();
      assert.equal((await window.sessions.all())[0]?.account.label, '@ada_l');
    });

    it('gives it the place of the grant that its person had', async () => {
      for (const kind of ['desktop', 'browser'] as const) {
        await using machine = await openMachine(kind);
        const first = machine.open();
        const old = await first.signIn(['like.read']);
        await machine.settle();
        const second = machine.open();
        await second.grants.list();
        machine.x.fail(ME, faults.creditsDepleted);
        const unnamed = await first.signIn(['tweet.write']);
        assert.notEqual(unnamed.id, old.id);
        machine.now += 3 * MINUTE;
        await first.session();
        await machine.settle();
        for (const window of [first, second]) {
          const [session, ...others] = await window.sessions.all();
          assert.deepEqual(others, []);
          assert.equal(session?.id, old.id);
          assert.deepEqual(session.account, old.account);
          assert.ok(works(machine, await window.session(['like.read', 'tweet.write'])));
        }
        machine.now += 2 * HOUR;
        for (const window of [first, second]) assert.ok(works(machine, await window.session()));
        assert.deepEqual(machine.notices, []);
      }
    });

    it('gives way to a later sign-in of its person', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      machine.x.fail(ME, faults.creditsDepleted);
      await window.signIn();
      machine.now += 3 * MINUTE;
      const hold = machine.x.hold(ME);
      const naming = window.session();
      await hold.arrived;
      const again = window.signIn(['like.read']);
      await machine.x.arrival(TOKEN, 2);
      machine.now += 1000;
      hold.release();
      await Promise.all([naming, again]);
      machine.now += 3 * MINUTE;
      const [session, ...others] = await window.sessions.matching([]);
      assert.deepEqual(others, []);
      assert.equal(session?.account.label, '@ada_l');
      assert.ok(machine.x.grants.isLive((await window.grants.list())[0]?.refreshToken ?? ''));
      assert.deepEqual(machine.notices, []);
    });

    it('names it while another window refreshes it, and loses neither', async () => {
      for (const kind of ['desktop', 'browser'] as const) {
        await using machine = await openMachine(kind);
        const first = machine.open();
        machine.x.fail(ME, faults.creditsDepleted);
        const { id } = await first.signIn();
        await machine.settle();
        // By its clock there is nothing to refresh, only to name.
        const second = machine.open({ clockSkewMs: -HOUR });
        await second.grants.list();
        machine.now += 2 * HOUR - 5 * MINUTE;
        const hold = machine.x.hold(TOKEN, { at: 'after' });
        const refreshing = first.grants.find(id).then((grant) => grant && first.refresh.refresh(grant));
        await hold.arrived;
        const naming = second.session();
        await machine.x.arrival(ME, 2);
        hold.release();
        await Promise.all([refreshing, naming]);
        second.clockSkewMs = 0;
        await machine.settle();
        for (const window of [first, second]) {
          const session = await window.session();
          assert.equal(session?.account.label, '@ada_l');
          assert.ok(works(machine, session));
        }
        machine.now += 2 * HOUR;
        for (const window of [first, second]) assert.ok(works(machine, await window.session()));
        assert.equal(machine.refreshes, 2);
        assert.deepEqual(machine.notices, []);
      }
    });
  });

  it('keeps the label of the first sign-in when the username changes (rule 9)', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn();
    machine.x.changePerson('ada', { username: 'countess' });
    const again = await window.signIn(['tweet.write']);
    assert.equal(again.account.label, '@ada_l');
    assert.equal((await window.sessions.all()).length, 1);
  });

  describe('Signing out (rule 10)', () => {
    for (const kind of ['desktop', 'browser'] as const) {
      it(`removes the grant in every window and revokes both tokens (${kind})`, async () => {
        await using machine = await openMachine(kind);
        const first = machine.open();
        const grant = await first.signIn();
        await machine.settle();
        const second = machine.open();
        await second.grants.list();
        await first.sessions.signOut(grant.id);
        await machine.settle();
        assert.deepEqual(await second.sessions.all(), []);
        assert.deepEqual(await first.sessions.all(), []);
        assert.deepEqual(second.changes.at(-1)?.removed, [grant]);
        assert.deepEqual(machine.storedGrants, []);
        const revoked = machine.x
          .requestsTo(REVOKE)
          .map(({ form }) => `${form?.['token_type_hint']}: ${form?.['token']}`);
        assert.deepEqual(revoked.toSorted(), [
          `access_token: ${grant.accessToken}`,
          `refresh_token: ${grant.refreshToken}`,
        ]);
        assert.equal(machine.x.grants.isLive(grant.accessToken), false);
        assert.deepEqual(machine.notices, []);
        assert.deepEqual(await machine.open().sessions.all(), [], 'also after a restart');
        assert.deepEqual(machine.notices, []);
      });

      it(`can be followed by a sign-in (${kind})`, async () => {
        await using machine = await openMachine(kind);
        const first = machine.open();
        await first.sessions.signOut((await first.signIn()).id);
        await first.signIn();
        await machine.settle();
        assert.ok(works(machine, await first.session()));
        assert.ok(works(machine, await machine.open().session()));
        assert.deepEqual(machine.notices, []);
      });
    }

    it('ends a session of which only a newer version knows what became of it', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const grant = await window.signIn();
      await writtenByANewerVersion(machine);
      await window.sessions.signOut(grant.id);
      assert.deepEqual(await window.sessions.all(), []);
      assert.deepEqual(await machine.open().sessions.all(), []);
    });

    it('ends the newest state, which another window has just refreshed', async () => {
      await using machine = await openMachine('browser');
      const first = machine.open();
      const { id } = await first.signIn();
      const second = machine.open();
      await second.grants.list();
      machine.now += 2 * HOUR;
      await second.session();
      await first.sessions.signOut(id);
      assert.equal(machine.x.grants.refreshable.length, 0);
      assert.deepEqual(await second.sessions.all(), []);
    });

    it('succeeds without X, and says what is left to do', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const { id } = await window.signIn();
      await machine.x.goOffline();
      await window.sessions.signOut(id);
      assert.deepEqual(await window.sessions.all(), []);
      assert.deepEqual(
        machine.notices.map(({ kind }) => kind),
        ['not-revoked'],
      );
    });

    it('takes a token that X calls dead already for revoked', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const { id } = await window.signIn();
      const dead = { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' };
      const refusing = machine.x.fail(REVOKE, answersJson(400, dead), { times: 2 });
      assert.equal(await window.sessions.signOut(id), true);
      assert.equal(refusing.hits, 2);
      assert.deepEqual(machine.notices, []);
    });

    it('succeeds while the keyring fails and the settings are wrong', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const { id } = await window.signIn();
      await machine.settle();
      window.secrets.failure = new Error('The keyring is locked.');
      window.apiBaseUrl = 'nonsense';
      await window.sessions.signOut(id);
      assert.deepEqual(await window.sessions.all(), []);
      const next = machine.open();
      assert.deepEqual(await next.sessions.all(), [], 'its note outlives what could not be erased');
      assert.deepEqual(
        machine.notices.map(({ kind }) => kind),
        ['not-revoked'],
      );
    });

    it('does nothing for a session that is no more', async () => {
      await using machine = await openMachine();
      const window = machine.open();
      const { id } = await window.signIn();
      await window.sessions.signOut(id);
      await window.sessions.signOut(id);
      await window.sessions.signOut('unheard of');
      assert.equal(machine.x.requestsTo(REVOKE).length, 2);
    });
  });

  it('refreshes everything at a person’s request, also what waits for better times', async () => {
    await using machine = await openMachine();
    const window = machine.open();
    await window.signIn([], 'ada');
    await window.signIn([], 'grace');
    machine.x.fail(TOKEN, faults.htmlUnavailable, { times: 2 });
    machine.now += YOUNG_MS;
    assert.deepEqual(await window.sessions.refreshAll(), ['unreachable', 'unreachable']);
    machine.now += HURRIED_MS;
    assert.deepEqual(await window.sessions.refreshAll(), ['refreshed', 'refreshed']);
    assert.equal(machine.refreshes, 4);
  });
});

/** An app, at the fake X. */
function at(machine: Machine, { clientId }: App): { readonly apiBaseUrl: string; readonly clientId: string } {
  return { apiBaseUrl: machine.x.apiBaseUrl, clientId };
}
