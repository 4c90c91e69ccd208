import assert from 'node:assert/strict';
import type { Status } from '../../src/sessions/session.ts';
import { refreshWords, troubleWords } from '../../src/vscode/ui/accounts/accountLabels.ts';
import { UserFacingError } from '../../src/vscode/userFacingError.ts';
import { replaced } from '../../src/vscode/ui/messages/signInErrors.ts';
import { ask, choose, promptTimeout } from '../../src/vscode/ui/prompt.ts';
import { knownScopes, scopesInWords, scopeWords } from '../../src/vscode/ui/accounts/scopeLabels.ts';
import { SCOPES } from 'x-authentication-testing';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 6, 1);

const status: Status = {
  session: { id: '1', accessToken: 'access', account: { id: '1', label: '@ada_l' }, scopes: [] },
  apiBaseUrl: 'https://api.x.com',
  clientId: 'client',
  refreshesAt: NOW + 100 * MINUTE,
  endsAt: NOW + 120 * MINUTE,
  triesAgainAt: undefined,
  troubles: [],
};

describe('Words for people', () => {
  it('explain every scope that X has, each in other words', () => {
    assert.deepEqual(knownScopes().toSorted(), Object.keys(SCOPES).toSorted());
    assert.equal(new Set(knownScopes().map(scopeWords)).size, knownScopes().length);
    assert.match(scopeWords('grok.write'), /not explained here yet/);
    assert.equal(
      scopesInWords(['grok.write', 'offline.access', 'users.read', 'tweet.read']),
      'See posts that you can see · See profiles that you can see · grok.write',
    );
  });

  it('tell when an account renews', () => {
    const rows: readonly (readonly [Partial<Status>, string])[] = [
      [{}, 'renews in 1 hour'],
      [{ refreshesAt: NOW + 10 * MINUTE }, 'renews in 10 minutes'],
      [{ refreshesAt: NOW - 1 }, 'renews when it is used next'],
      [{ refreshesAt: undefined }, "can't be renewed, ends in 2 hours"],
      [{ refreshesAt: undefined, endsAt: NOW }, 'has ended, and X gave nothing to renew it with'],
      [{ refreshesAt: undefined, endsAt: undefined }, 'does not expire'],
    ];
    for (const [change, words] of rows) assert.equal(refreshWords({ ...status, ...change }, NOW), words);
  });

  it('tell the worst trouble of an account, and what to do', () => {
    assert.equal(troubleWords(status, NOW), undefined);
    assert.equal(
      troubleWords({ ...status, troubles: ['unreachable', 'expired'], triesAgainAt: NOW + MINUTE }, NOW),
      'X could not be reached: you stay signed in. It is tried again in 1 minute.',
    );
    assert.match(troubleWords({ ...status, troubles: ['misconfigured'] }, NOW) ?? '', /: set up the app again\.$/);
  });
});

describe('A question', () => {
  const question = { title: 'A question', prompt: 'What?', placeholder: '', problem: () => undefined };

  it('that nobody answers ends, whatever kind it is', async () => {
    for (const wait of [
      async (signal: AbortSignal) => ask({ ...question, signal }),
      async (signal: AbortSignal) => choose([{ label: 'one' }], {}, signal),
    ]) {
      await assert.rejects(wait(AbortSignal.timeout(50)), { name: 'TimedOut', message: /sign in again/ });
      await assert.rejects(wait(AbortSignal.abort()), { name: 'TimedOut' });
    }
  });

  it('of a sign-in that is replaced ends with it', async () => {
    const signIn = new AbortController();
    const asked = ask({ ...question, signal: promptTimeout(signIn.signal) });
    signIn.abort(replaced());
    await assert.rejects(
      asked,
      (error) => error instanceof UserFacingError && error.name === 'Cancelled' && /newer/.test(error.message),
    );
  });
});
