import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { authorizationFor } from '../../../src/oauth/oauth1Flow.ts';
import { newNonce } from '../../../src/oauth/oauth1Signature.ts';
import { ApiRequests } from '../../../src/api/apiRequests.ts';
import { YOUNG_MS } from '../../../src/sessions/grant.ts';
import { IssuedSessions } from '../../../src/api/issuedSessions.ts';
import { readOAuth1Credentials } from '../../../src/sessions/store/oauth1Credentials.ts';
import { answers, faults, startFakeX } from 'x-authentication-testing';
import { AppOnlyWindow, OAuth1Window } from '../sessions/harness/staticWindow.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window } from '../sessions/harness/window.ts';
import type { Session } from '../../../src/sessions/session.ts';

const ME = '/2/users/me';
const bearer = (token: string): string => `Bearer ${token}`;

/** A window whose extensions may send requests, its parts connected as in src/extension.ts. */
class Caller {
  readonly window: Window;
  readonly oauth1: OAuth1Window;
  readonly appOnly: AppOnlyWindow;
  readonly issued: IssuedSessions;
  readonly requests: ApiRequests;

  constructor(machine: Machine, ownFetch: typeof fetch = fetch) {
    const now = (): number => machine.now;
    const window = machine.open();
    const [oauth1, appOnly] = [new OAuth1Window(machine), new AppOnlyWindow(machine)];
    this.window = window;
    this.oauth1 = oauth1;
    this.appOnly = appOnly;
    this.issued = new IssuedSessions(now);
    this.requests = new ApiRequests({
      authorizers: [
        {
          grants: window.grants,
          authorize: bearer,
          refresh: async (grant) => grant.kind === 'oauth2' && window.refresh.refreshRefused(grant),
        },
        {
          grants: oauth1.grants,
          authorize: (secret, request) =>
            authorizationFor({ ...request, ...readOAuth1Credentials(secret) }, { now, nonce: newNonce }),
        },
        { grants: appOnly.grants, authorize: bearer },
      ],
      issued: this.issued,
      fetch: ownFetch,
      apiBaseUrl: () => machine.x.apiBaseUrl,
    });
  }

  /** What `getSession` gives an extension. */
  async session(of: { matching(scopes: readonly string[]): Promise<readonly Session[]> }): Promise<Session> {
    const [session] = await of.matching([]);
    assert.ok(session);
    this.issued.note(session);
    return session;
  }
}

interface SignedIn {
  readonly machine: Machine;
  readonly caller: Caller;
  readonly session: Session;
}

async function signedIn(ownFetch?: typeof fetch): Promise<SignedIn & AsyncDisposable> {
  const machine = await openMachine();
  const caller = new Caller(machine, ownFetch);
  await caller.window.signIn(['tweet.read', 'users.read', 'tweet.write']);
  const session = await caller.session(caller.window.sessions);
  return { machine, caller, session, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
}

/** The statuses that an endpoint answered with. */
const answered = (machine: Machine, endpoint: string): (number | undefined)[] =>
  machine.x.requestsTo(endpoint).map(({ outcome }) => outcome.status);

/** A session whose token X has ended before its time. */
async function refused(at: SignedIn): Promise<Session> {
  at.machine.now += YOUNG_MS;
  at.machine.x.grants.expireAccessTokens();
  return at.session;
}

describe('Requests of other extensions', () => {
  describe('are authorized', () => {
    it('with the token of a session of x, and no other', async () => {
      await using at = await signedIn();
      const { session, caller, machine } = at;
      assert.equal(await caller.requests.authorization(session, line(ME)), bearer(session.accessToken));
      machine.now += YOUNG_MS;
      await caller.window.refresh.refresh((await caller.window.grants.list())[0]!, session.accessToken);
      assert.equal(
        await caller.requests.authorization(session, line(ME)),
        bearer(session.accessToken),
        'never a token that the caller does not have',
      );
      const response = await caller.requests.fetch(session, `${machine.x.apiBaseUrl}${ME}`);
      assert.deepEqual([response.status, answered(machine, ME).at(-1)], [200, 200]);
      assert.notEqual(lastAuthorization(machine), bearer(session.accessToken));
    });

    it('with a signature of OAuth 1.0a, over a query and over a form, but not over JSON', async () => {
      await using machine = await openMachine();
      const caller = new Caller(machine);
      await caller.oauth1.signIn();
      const session = await caller.session(caller.oauth1.sessions);
      const send = async (path: string, init?: RequestInit): Promise<number> =>
        (await caller.requests.fetch(session, path, init)).status;
      const text = 'Ωhm’s law & 100% (of it)!';
      assert.equal(await send(`${ME}?user.fields=profile_image_url%2Cname`), 200);
      assert.equal(await send('/2/tweets', json({ text })), 201);
      // Not what that endpoint takes, which it says only to somebody whose signature is right.
      const form = new URLSearchParams({ text, 'a[]': '1' });
      assert.equal(await send('/2/tweets', { method: 'POST', body: form }), 400);
      assert.equal(await send('/2/tweets', { method: 'POST', body: String(form), headers: formHeaders }), 400);
      const request = new Request(`${machine.x.apiBaseUrl}/2/tweets`, { method: 'POST', body: form });
      assert.equal((await caller.requests.fetch(session, request)).status, 400);

      const url = `${machine.x.apiBaseUrl}/2/tweets`;
      const authorization = await caller.requests.authorization(session, { method: 'POST', url, form });
      assert.equal((await fetch(url, { method: 'POST', body: form, headers: { authorization } })).status, 400);
      const unsigned = await caller.requests.authorization(session, { method: 'POST', url, form: undefined });
      assert.equal(
        (await fetch(url, { method: 'POST', body: form, headers: { authorization: unsigned } })).status,
        401,
      );
    });

    it('with an app’s bearer', async () => {
      await using machine = await openMachine();
      const caller = new Caller(machine);
      await caller.appOnly.add();
      const session = await caller.session(caller.appOnly.sessions);
      assert.equal((await caller.requests.fetch(session, '/2/users/by/username/grace_h')).status, 200);
    });
  });

  describe('after a 401', () => {
    it('have the token refreshed, once, and are sent again with all that was in them', async () => {
      await using at = await signedIn();
      const { caller, machine } = at;
      const session = await refused(at);
      const headers = { 'x-mine': 'yes', authorization: 'Bearer mine' };
      const response = await caller.requests.fetch(session, `${ME}?user.fields=name`, { headers });
      assert.equal(response.status, 200);
      assert.deepEqual(answered(machine, ME).slice(-2), [401, 200]);
      assert.equal(machine.refreshes, 1);
      const { query, headers: sent } = machine.x.requestsTo(ME).at(-1)!;
      assert.deepEqual([query['user.fields'], sent['x-mine']], ['name', 'yes']);
      await refused(at);
      assert.equal((await caller.requests.fetch(session, ME)).status, 200, 'X took the new one, so this is news');
      assert.equal(machine.refreshes, 2);
    });

    it('are not sent again if that is not safe: the token is refreshed for the next one', async () => {
      await using at = await signedIn();
      const { caller, machine } = at;
      const session = await refused(at);
      assert.equal((await caller.requests.fetch(session, '/2/tweets', json({ text: 'Hello' }))).status, 401);
      assert.equal((await caller.requests.fetch(session, '/2/tweets', json({ text: 'Hello' }))).status, 201);
      assert.deepEqual([answered(machine, '/2/tweets'), machine.refreshes], [[401, 201], 1]);
    });

    for (const [what, body, sent] of [
      ['a text', () => 'again', 2],
      ['bytes', () => new TextEncoder().encode('again'), 2],
      ['a Blob', () => new Blob(['again']), 2],
      ['a stream', () => new Blob(['again']).stream(), 1],
    ] as const) {
      it(`are sent ${sent === 1 ? 'once' : 'twice'} if their body is ${what}`, async () => {
        await using at = await signedIn();
        at.machine.now += YOUNG_MS;
        at.machine.x.fail('*', faults.unauthorized);
        const init: RequestInit = { method: 'PUT', body: body(), duplex: 'half' };
        const { status } = await at.caller.requests.fetch(at.session, '/2/lists/1', init);
        assert.equal(status, sent === 1 ? 401 : 404);
        const bodies = at.machine.x.requestsTo('/2/lists/:id').map((request) => request.body);
        assert.deepEqual(bodies, Array(sent).fill('again'));
      });
    }

    it('of a hundred at once share one refresh', async () => {
      await using at = await signedIn();
      const { caller, machine } = at;
      const session = await refused(at);
      // So that all of them have their 401 from the old token.
      const held = machine.x.hold('/2/oauth2/token');
      const all = Array.from({ length: 50 }, () => caller.requests.fetch(session, '/2/users/by/username/ada_l'));
      await machine.x.arrival('/2/users/by/username/:username', 50);
      held.release();
      assert.ok((await Promise.all(all)).every(({ status }) => status === 200));
      assert.equal(machine.refreshes, 1);
    });

    it('use what another window has refreshed, and do not refresh again', async () => {
      await using at = await signedIn();
      const { caller, machine, session } = at;
      await machine.store.arrive();
      const other = machine.open();
      machine.x.switches.refreshKillsAccessToken = true;
      machine.now += YOUNG_MS;
      await other.sessions.refreshAll();
      assert.equal((await caller.requests.fetch(session, ME)).status, 200);
      assert.deepEqual([answered(machine, ME).at(-1), machine.refreshes], [200, 1]);
      // And when it happens while X answers.
      const held = machine.x.hold(ME);
      const asking = caller.requests.fetch(session, ME);
      await machine.x.arrival(ME, 3);
      machine.now += YOUNG_MS;
      await other.sessions.refreshAll();
      held.release();
      assert.equal((await asking).status, 200);
      assert.equal(machine.refreshes, 2);
    });

    it('are answered with it when a new token does not help, and never sign anybody out', async () => {
      await using at = await signedIn();
      const { caller, machine, session } = at;
      machine.x.fail(ME, faults.unauthorized, { times: Infinity });
      for (let i = 0; i < 5; i++) {
        machine.now += YOUNG_MS;
        assert.equal((await caller.requests.fetch(session, ME)).status, 401);
      }
      assert.equal(machine.refreshes, 1, 'nor is X asked for token after token');
      machine.x.clearFaults();
      assert.equal((await caller.requests.fetch(session, ME)).status, 200);
      await refused(at);
      assert.equal((await caller.requests.fetch(session, ME)).status, 200, 'the next 401 is another matter');
      assert.equal(machine.refreshes, 2);
      assert.equal((await caller.window.sessions.all()).length, 1);
    });

    it('leave X alone while it can’t refresh', async () => {
      await using at = await signedIn();
      const { caller, machine } = at;
      const session = await refused(at);
      machine.x.fail('/2/oauth2/token', faults.badGateway, { times: Infinity });
      for (let i = 0; i < 5; i++) assert.equal((await caller.requests.fetch(session, ME)).status, 401);
      assert.equal(machine.refreshes, 1);
      machine.x.clearFaults();
      machine.now += MINUTE;
      assert.equal((await caller.requests.fetch(session, ME)).status, 200);
    });

    it('are answered with it at once if the session can’t be refreshed', async () => {
      await using machine = await openMachine();
      const caller = new Caller(machine);
      await caller.oauth1.signIn();
      const session = await caller.session(caller.oauth1.sessions);
      machine.x.disconnect('ada');
      assert.equal((await caller.requests.fetch(session, ME)).status, 401);
      assert.equal((await caller.oauth1.sessions.all()).length, 1);
      assert.equal(machine.refreshes, 0);
    });
  });

  describe('end with their signal', () => {
    it('before they are sent', async () => {
      await using at = await signedIn();
      const { length } = at.machine.x.requests;
      const reason = new Error('enough');
      const init = { signal: AbortSignal.abort(reason) };
      await assert.rejects(at.caller.requests.fetch(at.session, ME, init), reason);
      assert.equal(at.machine.x.requests.length, length);
    });

    it('while X thinks, also if the signal is a Request’s', async () => {
      await using at = await signedIn();
      const { machine, caller, session } = at;
      const held = machine.x.hold('/2/users/by/username/:username');
      const controller = new AbortController();
      const request = new Request(`${machine.x.apiBaseUrl}/2/users/by/username/ada_l`, controller);
      const asking = caller.requests.fetch(session, request);
      await machine.x.arrival('/2/users/by/username/:username');
      controller.abort();
      await assert.rejects(asking, { name: 'AbortError' });
      held.release();
    });

    it('while the token is being refreshed, which goes on', async () => {
      await using at = await signedIn();
      const { machine, caller } = at;
      const session = await refused(at);
      const held = machine.x.hold('/2/oauth2/token');
      const controller = new AbortController();
      const asking = caller.requests.fetch(session, ME, controller);
      await machine.x.arrival('/2/oauth2/token', 2);
      const reason = new Error('enough');
      controller.abort(reason);
      await assert.rejects(asking, reason);
      held.release();
      assert.equal((await caller.requests.fetch(session, ME)).status, 200);
      assert.equal(machine.refreshes, 1);
    });
  });

  describe('leave nothing behind', () => {
    it('of the answer that was a 401, before they are sent again', async () => {
      let isCancelled = false;
      let requests = 0;
      await using at = await signedIn(async (...request) => {
        requests++;
        if (requests > 1) {
          assert.ok(isCancelled, 'its connection is free by then');
          return fetch(...request);
        }
        return new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }), { status: 401 });
      });
      at.machine.now += YOUNG_MS;
      assert.equal((await at.caller.requests.fetch(at.session, ME)).status, 200);
      assert.equal(requests, 2);
    });

    it('of their signal, which goes with both of them', async () => {
      const signals: unknown[] = [];
      await using at = await signedIn((input, init) => {
        signals.push(init !== undefined && 'signal' in init ? init.signal : 'none');
        // Node's own leaves a listener with the signal.
        return fetch(input, { redirect: 'manual' });
      });
      const session = await refused(at);
      const { signal } = new AbortController();
      assert.equal((await at.caller.requests.fetch(session, ME, { signal })).status, 200);
      assert.equal((await at.caller.requests.fetch(session, ME)).status, 200);
      assert.deepEqual(signals, [signal, signal, 'none']);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
  });

  describe('are only for who has a session', () => {
    it('and not for who makes one up', async () => {
      await using at = await signedIn();
      const { caller, session, machine } = at;
      const { length } = machine.x.requests;
      const stranger = await new Caller(machine).session(caller.window.sessions);
      await caller.window.signIn(undefined, 'grace');
      const [ada, grace] = await caller.window.sessions.all();
      assert.ok(ada && grace);
      for (const forged of [
        { ...session, accessToken: 'made up' },
        { ...session, accessToken: '' },
        { ...session, id: 'made up' },
        { ...session, id: grace.id },
        // What people have in their hands when they look for trouble.
        Object.assign({ ...session }, { id: undefined }),
        Object.assign({ ...session }, { accessToken: null }),
      ]) {
        await assert.rejects(caller.requests.fetch(forged, ME), { name: 'UnknownSessionError' });
        await assert.rejects(caller.requests.authorization(forged, line(ME)), { name: 'UnknownSessionError' });
      }
      assert.ok(machine.x.requests.slice(length).every(({ path }) => path !== '/2/users/by/username/ada_l'));
      assert.equal((await caller.requests.fetch(stranger, ME)).status, 200, 'a true one is good in every window');
    });

    it('and has asked VS Code for it within two hours, unless the token is still the newest', async () => {
      await using at = await signedIn();
      const { caller, machine, session } = at;
      machine.now += 115 * MINUTE;
      const second = await caller.session(caller.window.sessions);
      assert.notEqual(second.accessToken, session.accessToken);
      assert.equal((await caller.requests.fetch(session, ME)).status, 200);
      machine.now += 10 * MINUTE;
      await assert.rejects(caller.requests.fetch(session, ME), { name: 'UnknownSessionError' });
      machine.now += 3 * HOUR;
      assert.equal((await caller.requests.fetch(second, ME)).status, 200, 'refreshed after a 401');
    });

    it('and not after signing out', async () => {
      await using at = await signedIn();
      const { caller, session } = at;
      await caller.window.sessions.signOut(session.id);
      await assert.rejects(caller.requests.fetch(session, ME), { name: 'SessionEndedError' });
      await assert.rejects(caller.requests.authorization(session, line(ME)), { name: 'SessionEndedError' });
    });
  });

  describe('go to X and nowhere else', () => {
    for (const url of [
      'https://api.x.com.example.com/2/users/me',
      'https://example.com/?https://api.x.com/',
      'https://api.x.com:8443/2/users/me',
      'http://api.x.com/2/users/me',
      'https://x.com/home',
      'https://api.x.com/2/users/me',
      'http://127.0.0.1:1/2/users/me',
      'http://localhost/2/users/me',
      'file:///etc/passwd',
      'data:text/plain,hello',
    ]) {
      it(`not to ${url}`, async () => {
        await using at = await signedIn();
        const expected = { name: 'ForbiddenDestinationError' };
        await assert.rejects(at.caller.requests.authorization(at.session, line(url)), expected);
        await assert.rejects(at.caller.requests.fetch(at.session, url), expected);
        await assert.rejects(at.caller.requests.fetch(at.session, new Request(url)), expected);
      });
    }

    for (const url of [ME, '//example.com/']) {
      it(`but to ${url}`, async () => {
        await using at = await signedIn();
        assert.match(await at.caller.requests.authorization(at.session, line(url)), /^Bearer /);
      });
    }

    it('and are not taken elsewhere by a redirect', async () => {
      await using at = await signedIn();
      await using elsewhere = await startFakeX();
      at.machine.x.fail(ME, answers(307, { location: `${elsewhere.apiBaseUrl}/2/users/me` }, ''));
      assert.equal((await at.caller.requests.fetch(at.session, ME, { redirect: 'follow' })).status, 307);
      assert.deepEqual(elsewhere.requests, []);
    });

    it('and say that X could not be reached, without a word of what was sent', async () => {
      await using at = await signedIn();
      await at.machine.x.goOffline();
      await assert.rejects(at.caller.requests.fetch(at.session, ME), (error: Error) => {
        assert.equal(error.name, 'UnreachableError');
        assert.match(error.message, /ECONNREFUSED/);
        assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes(at.session.accessToken));
        return true;
      });
    });
  });
});

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };

function line(url: string): { method: string; url: string; form: undefined } {
  return { method: 'GET', url, form: undefined };
}

function json(value: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function lastAuthorization(machine: Machine): string | undefined {
  return machine.x.requests.at(-1)?.headers.authorization;
}
