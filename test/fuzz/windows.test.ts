import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  AuthorizationDeniedError,
  CallbackMismatchError,
  RefusedError,
  UnreachableError,
} from '../../src/oauth/errors.ts';
import { bounded, type Fetch } from '../../src/oauth/http.ts';
import { NATIVE_APP, type FakeX, startFakeX, WEB_APP } from 'x-authentication-testing';
import { HOUR, Machine, type Window } from '../unit/sessions/harness/window.ts';
import { answer, answering, sentBy, type Answer, type Sent } from './answers.ts';
import { isDead } from './deadToken.ts';
import { holds } from './fuzz.ts';
import { assertDocumented, assertFit, assertSentence, assertTellsNone } from './words.ts';

const TIMEOUT_MS = 60_000;
const TOKENS = '/2/oauth2/token';

describe('A window, whatever X answers,', () => {
  let now = Date.UTC(2026, 6, 1);
  let x: FakeX;
  let root: string;
  let machines = 0;

  before(async () => {
    x = await startFakeX({ now: () => now });
    root = await mkdtemp(join(tmpdir(), 'x-fuzz-'));
  });

  after(async () => {
    await x.stop();
    await rm(root, { recursive: true, force: true });
  });

  /** A machine of its own for every case, and one X for all of them. */
  function newMachine(kind: 'desktop' | 'browser'): Machine {
    const machine = new Machine(kind, join(root, String(machines++)), x);
    machine.now = now;
    return machine;
  }

  const pass = (machine: Machine, ms: number): void => {
    now += ms;
    machine.now = now;
  };

  /** Answers with what comes next to what is asked of these paths; everything else reaches X, as does all when nothing is left. */
  function diverting(next: () => Answer | undefined, paths: RegExp, sent: Sent[]): Fetch {
    return bounded(async (url, init) => {
      const given = paths.test(url) ? next() : undefined;
      if (given !== undefined) return answering(() => given, sent)(url, init);
      sent.push(sentBy(url, init));
      return fetch(url, init);
    }, TIMEOUT_MS);
  }

  /** No line and no message has a token in it, and nothing was sent elsewhere. */
  function checkQuiet(window: Window, sent: readonly Sent[], secrets: readonly string[]): void {
    for (const line of window.logged) assertFit(line, secrets);
    for (const { kind } of window.notices) assert.ok(kind !== 'vanished' && kind !== 'unreadable', kind);
    for (const { url, redirect } of sent) {
      assert.ok(url.startsWith(`${x.apiBaseUrl}/`), url);
      assert.equal(redirect, 'manual');
      assertTellsNone(url, secrets);
    }
  }

  const kinds = fc.constantFrom('desktop' as const, 'browser' as const);
  const apps = fc.constantFrom(NATIVE_APP, WEB_APP);

  holds(
    'keeps a session until X says in OAuth’s words that its refresh token is dead',
    fc.asyncProperty(kinds, apps, fc.array(answer, { minLength: 1, maxLength: 4 }), async (kind, app, answers) => {
      const machine = newMachine(kind);
      const left: Answer[] = [];
      const sent: Sent[] = [];
      const window = machine.open({ app, fetch: diverting(() => left.shift(), /\/2\/oauth2\/token/, sent) });
      const first = await window.signIn(['tweet.read'], 'ada', app);
      await machine.settle();
      const tokens = [first.accessToken, first.refreshToken ?? ''];
      for (const next of answers) {
        pass(machine, 24 * HOUR);
        left.push(next);
        sent.length = 0;
        // Whatever it allows by now.
        const session = await window.session([]);
        await machine.settle();
        const request = sent.find(({ url }) => url.endsWith(TOKENS));
        assert.equal(new URLSearchParams(request?.body).get('refresh_token'), tokens.at(-1), 'the newest is sent');
        checkQuiet(window, sent, [...tokens, app.clientSecret ?? tokens.join()]);
        if (request?.answered !== undefined && isDead(request.answered)) return;
        assert.equal(session?.id, first.id);
        assert.equal((await window.sessions.all()).length, 1);
        const given = goodTokensIn(request?.answered, tokens.at(-1) ?? '');
        if (given !== undefined) tokens.push(...given);
        assert.ok(session !== undefined && tokens.includes(session.accessToken));
      }
      const reopened = machine.open({ app });
      assert.equal((await reopened.sessions.all())[0]?.id, first.id);
      if (tokens.length > 2) return;
      pass(machine, 24 * HOUR);
      const last = await window.session([]);
      assert.ok(last !== undefined && x.grants.isLive(last.accessToken), 'it is refreshed as soon as X answers');
    }),
    0.25,
  );

  holds(
    'signs in, or says in a documented error that tells nothing why not',
    fc.asyncProperty(apps, fc.option(answer, { nil: undefined }), answer, async (app, toCode, toName) => {
      const machine = newMachine('desktop');
      const sent: Sent[] = [];
      const next = new Map([
        [TOKENS, toCode],
        ['/2/users/me', toName],
      ]);
      const window = machine.open({ app });
      const fuzzed = machine.open({
        app,
        fetch: bounded(async (url, init) => {
          const given = next.get(new URL(url).pathname);
          if (given !== undefined) return answering(() => given, sent)(url, init);
          const response = await fetch(url, init);
          sent.push(sentBy(url, init));
          return response;
        }, TIMEOUT_MS),
      });
      const { clientSecret } = app;
      const secrets = clientSecret === undefined ? [] : [clientSecret];
      try {
        const grant = await fuzzed.signIn(['tweet.read'], 'grace', app);
        await machine.settle();
        secrets.push(grant.accessToken, grant.refreshToken ?? grant.accessToken);
        assert.deepEqual(
          (await fuzzed.sessions.all()).map(({ id }) => id),
          [grant.id],
        );
        assertFit(grant.account.label, []);
        assert.deepEqual(
          (await window.sessions.all()).map(({ id }) => id),
          [grant.id],
        );
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assertDocumented(
          error,
          [AuthorizationDeniedError, CallbackMismatchError, RefusedError, UnreachableError],
          secrets,
        );
        await assertSentence(error, secrets);
        assert.deepEqual(await fuzzed.sessions.all(), []);
      }
      const codes = sent.flatMap(({ body }) => {
        const form = new URLSearchParams(body);
        return [form.get('code'), form.get('code_verifier')].filter((value) => value !== null);
      });
      checkQuiet(fuzzed, sent, [...secrets, ...codes]);
    }),
    0.2,
  );

  holds(
    'signs out here at once, and says if X may not have',
    fc.asyncProperty(apps, answer, answer, async (app, ...answers) => {
      const machine = newMachine('desktop');
      const left: Answer[] = [];
      const sent: Sent[] = [];
      const window = machine.open({ app, fetch: diverting(() => left.shift(), /\/2\/oauth2\/revoke/, sent) });
      const grant = await window.signIn(['tweet.read'], 'ada', app);
      left.push(...answers);
      const isRevoked = await window.sessions.signOut(grant.id);
      await machine.settle();
      assert.deepEqual(await window.sessions.all(), []);
      assert.deepEqual(await machine.open({ app }).sessions.all(), []);
      assert.equal(
        window.notices.some(({ kind }) => kind === 'not-revoked'),
        !isRevoked,
      );
      const said = sent.filter(({ url }) => url.endsWith('/revoke')).map(({ answered }) => answered);
      if (isRevoked) {
        assert.equal(said.length, 2);
        for (const one of said) assert.ok(one === undefined || one.status === 200 || isDead(one), one?.text);
      }
      checkQuiet(window, sent, [grant.accessToken, grant.refreshToken ?? grant.accessToken]);
    }),
    0.1,
  );
});

/** The tokens that an answer gives, the refresh token last: the one `before`, unless it brings another. */
function goodTokensIn(answered: Sent['answered'], before: string): readonly string[] | undefined {
  if (answered?.status !== 200) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(answered.text);
  } catch {
    return undefined;
  }
  const {
    access_token: token,
    token_type: type,
    refresh_token: next,
  }: Readonly<Record<string, unknown>> = {
    ...Object(json),
  };
  if (!isToken(token) || typeof type !== 'string' || type.toLowerCase() !== 'bearer') return undefined;
  return isToken(next) ? [token, next] : [token, before];
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value);
}
