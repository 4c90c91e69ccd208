import assert from 'node:assert/strict';
import { RefusedError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { OUT_OF_BAND, verifierOf, type SigningDeps } from '../../../src/oauth/oauth1Flow.ts';
import { newNonce, type Consumer, type Token } from '../../../src/oauth/oauth1Signature.ts';
import {
  accessToken,
  authorizationUrl,
  invalidateToken,
  requestToken,
  whoseToken,
  type SignedIn,
} from '../../../src/x/oauth1.ts';
import { INVALID_VERIFIER } from '../../../src/x/errors.ts';

import type { User } from '../../../src/x/users.ts';
import {
  ADA,
  answers,
  answersJson,
  type Fault,
  faults,
  NATIVE_APP,
  type FakeX,
  startFakeX,
} from 'x-authentication-testing';

const consumer: Consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };
const callback = 'http://127.0.0.1:41951/callback';

function refusal(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

describe('OAuth 1.0a at X', () => {
  let x: FakeX;
  let now: () => number;
  const deps: SigningDeps = { fetch: bounded(fetch, 5000), now: () => now(), nonce: newNonce };

  beforeEach(async () => {
    x = await startFakeX();
    now = Date.now;
  });
  afterEach(() => x.stop());

  async function signIn(accessType?: 'read' | 'write'): Promise<SignedIn> {
    const token = await requestToken(x.apiBaseUrl, consumer, callback, { accessType }, deps);
    const back = await x.consent(authorizationUrl(x.apiBaseUrl, token), { as: 'ada', decision: 'authorize' });
    const verifier = verifierOf(token, new URL(back).searchParams);
    return accessToken(x.apiBaseUrl, consumer, token, verifier, deps);
  }

  async function start(to: string, as = consumer): Promise<Token> {
    return requestToken(x.apiBaseUrl, as, to, {}, deps);
  }

  async function check(as: Consumer, typed: Token): Promise<User> {
    return whoseToken(x.apiBaseUrl, as, typed, deps);
  }

  it('signs in and knows who did', async () => {
    const { token, user } = await signIn();
    assert.deepEqual(user, { id: ADA.id, username: ADA.username });
    const asked = await whoseToken(x.apiBaseUrl, consumer, token, deps);
    assert.deepEqual(asked, { ...user, imageUrl: ADA.profileImageUrl });
  });

  it('keeps the token when X leaves the name out', async () => {
    x.fail('/oauth/access_token', {
      kind: 'edit',
      edit: (answer) => ({ ...answer, body: answer.body.replace('screen_name', 'name') }),
    });
    const { token, user } = await signIn();
    assert.equal(user, undefined);
    assert.equal((await whoseToken(x.apiBaseUrl, consumer, token, deps)).username, ADA.username);
  });

  for (const [member, wrong] of [
    ['user_id', 'x12'],
    ['user_id', '12x'],
    ['screen_name', '@ada_l'],
    ['screen_name', 'ada_l!'],
  ] as const) {
    it(`takes a ${member} of ${wrong} for none`, async () => {
      x.fail('/oauth/access_token', {
        kind: 'edit',
        edit: (answer) => {
          const form = new URLSearchParams(answer.body);
          form.set(member, wrong);
          return { ...answer, body: form.toString() };
        },
      });
      assert.equal((await signIn()).user, undefined);
    });
  }

  it('leaves out the kind of access that nobody asked for', async () => {
    await signIn();
    assert.deepEqual(Object.keys(x.requestsTo('/oauth/request_token')[0]?.query ?? {}), []);
    assert.doesNotMatch(x.requestsTo('/oauth/request_token')[0]?.body ?? '', /x_auth_access_type/);
  });

  it('is refused without a word of what was sent', async () => {
    const token: Token = { token: 'a token with spaces', secret: 'a secret with spaces' };
    const key: Consumer = { key: 'a key with spaces', secret: 'its secret with spaces' };
    const verifier = 'a PIN with spaces';
    const words = [key.key, key.secret, token.token, token.secret, verifier];
    const repeated = answersJson(401, { errors: [{ code: 215, message: words.join(' and ') }] });
    for (const [endpoint, ask, kept] of [
      ['/oauth/access_token', () => accessToken(x.apiBaseUrl, key, token, verifier, deps), '… and … and … and … and …'],
      ['/2/users/me', () => whoseToken(x.apiBaseUrl, key, token, deps), `… and … and … and … and ${verifier}`],
      ['/1.1/oauth/invalidate_token.json', () => invalidateToken(x.apiBaseUrl, key, token, deps), undefined],
      ['/oauth/request_token', () => requestToken(x.apiBaseUrl, key, callback, {}, deps), undefined],
    ] as const) {
      x.fail(endpoint, repeated);
      await assert.rejects(ask(), (error) => {
        assert.ok(error instanceof RefusedError, String(error));
        if (kept !== undefined) assert.equal(error.description, kept);
        assert.doesNotMatch(`${error.message} ${error.description}`, /a key with|its secret/);
        return true;
      });
    }
  });

  it('asks for less than the app may, when told so', async () => {
    const { token } = await signIn('read');
    const [sent] = x.requestsTo('/oauth/request_token');
    assert.deepEqual(sent?.form, { x_auth_access_type: 'read' });
    assert.equal((await whoseToken(x.apiBaseUrl, consumer, token, deps)).id, ADA.id);
  });

  it('opens the page that always asks, for the account that is wanted', () => {
    const token = { token: 't', secret: 's' };
    assert.equal(authorizationUrl('https://api.x.com', token), 'https://api.x.com/oauth/authorize?oauth_token=t');
    assert.equal(
      authorizationUrl('https://api.x.com', token, { forceLogin: true, screenName: 'ada_l' }),
      'https://api.x.com/oauth/authorize?oauth_token=t&force_login=true&screen_name=ada_l',
    );
    assert.equal(
      authorizationUrl('https://api.x.com', token, { forceLogin: false, screenName: undefined }),
      'https://api.x.com/oauth/authorize?oauth_token=t',
    );
  });

  it('revokes a token, once and for all', async () => {
    const { token } = await signIn();
    await invalidateToken(x.apiBaseUrl, consumer, token, deps);
    await assert.rejects(whoseToken(x.apiBaseUrl, consumer, token, deps), RefusedError);
    await invalidateToken(x.apiBaseUrl, consumer, token, deps);
    const statuses = x.requestsTo('POST /1.1/oauth/invalidate_token.json').map(({ outcome }) => outcome.status);
    assert.deepEqual(statuses, [200, 401]);
  });

  it('does not take a token for revoked when X did not say so', async () => {
    const { token } = await signIn();
    const path = '/1.1/oauth/invalidate_token.json';
    x.fail(path, faults.htmlUnavailable);
    await assert.rejects(invalidateToken(x.apiBaseUrl, consumer, token, deps), UnreachableError);
    x.fail(path, faults.bareUnauthorized);
    await assert.rejects(invalidateToken(x.apiBaseUrl, consumer, token, deps), UnreachableError);
    const stranger = { ...consumer, secret: 'wrong' };
    await assert.rejects(invalidateToken(x.apiBaseUrl, stranger, token, deps), refusal('32'));
    assert.equal((await whoseToken(x.apiBaseUrl, consumer, token, deps)).id, ADA.id);
  });

  for (const how of ['json', 'xml', 'text'] as const) {
    describe(`when X refuses in ${how}`, () => {
      beforeEach(() => {
        x.switches.oauth1ErrorsAs = how;
      });

      it('tells a wrong API key or secret', async () => {
        await assert.rejects(start(callback, { ...consumer, key: 'wrong' }), refusal('32'));
        await assert.rejects(start(callback, { ...consumer, secret: 'wrong' }), refusal('32'));
      });

      it('tells a callback that is not registered', async () => {
        await assert.rejects(start('https://elsewhere.example.com/'), refusal('415'));
      });

      it('tells an app without PINs', async () => {
        x.changeApp(NATIVE_APP.clientId, { mayUsePins: false });
        await assert.rejects(start(OUT_OF_BAND), refusal('417'));
      });

      it('tells a wrong clock', async () => {
        now = () => Date.now() - 10 * 60_000;
        await assert.rejects(start(callback), refusal('135'));
      });

      it('tells a wrong PIN, after which the right one is good', async () => {
        const token = await start(OUT_OF_BAND);
        const pin = await x.consentWithPin(authorizationUrl(x.apiBaseUrl, token), 'ada');
        const wrong = pin === '0000000' ? '1111111' : '0000000';
        await assert.rejects(accessToken(x.apiBaseUrl, consumer, token, wrong, deps), refusal(INVALID_VERIFIER));
        assert.equal((await accessToken(x.apiBaseUrl, consumer, token, pin, deps)).user?.id, ADA.id);
      });

      it('tells a request token that was used', async () => {
        const token = await start(OUT_OF_BAND);
        const pin = await x.consentWithPin(authorizationUrl(x.apiBaseUrl, token), 'ada');
        await accessToken(x.apiBaseUrl, consumer, token, pin, deps);
        await assert.rejects(accessToken(x.apiBaseUrl, consumer, token, pin, deps), refusal('89'));
      });
    });
  }

  it('checks tokens that were typed in', async () => {
    const { token } = await signIn();
    await assert.rejects(check(consumer, { ...token, secret: 'wrong' }), refusal('Unauthorized'));
    await assert.rejects(check({ ...consumer, secret: 'wrong' }, token), refusal('Unauthorized'));
    const said: readonly (readonly [fault: Fault, code: string])[] = [
      [answers(401, {}, '{"errors":[{"code":89,"message":"Invalid or expired token."}]}'), '89'],
      [answers(403, {}, '{"errors":[{"code":64,"message":"Your account is suspended."}]}'), '64'],
      [faults.clientNotEnrolled, 'client-not-enrolled'],
      [faults.userSuspended, 'user-suspended'],
      [faults.creditsDepleted, 'credits'],
    ];
    for (const [fault, code] of said) {
      x.fail('/2/users/me', fault);
      await assert.rejects(check(consumer, token), refusal(code));
    }
    for (const fault of [faults.internalError, faults.tooManyRequests, faults.reset, faults.bareForbidden]) {
      x.fail('/2/users/me', fault);
      await assert.rejects(check(consumer, token), UnreachableError);
    }
  });
});
