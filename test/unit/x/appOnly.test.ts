import assert from 'node:assert/strict';
import { RefusedError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { appOnlyBearer, bearerOwner } from '../../../src/x/appOnly.ts';
import { answers, answersJson, Client, faults, NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';

const consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };

describe('app-only bearer tokens at X', () => {
  let x: FakeX;
  const deps = { fetch: bounded(fetch, 5000), now: Date.now };

  beforeEach(async () => {
    x = await startFakeX();
  });
  afterEach(() => x.stop());

  it('are the same for everyone who asks', async () => {
    const bearer = await appOnlyBearer(x.apiBaseUrl, consumer, deps);
    assert.equal(await appOnlyBearer(x.apiBaseUrl, consumer, deps), bearer);
    assert.ok(x.secrets.has(bearer));
  });

  it('are refused with 99 for a wrong API key or secret', async () => {
    for (const wrong of [
      { ...consumer, key: 'wrong' },
      { ...consumer, secret: 'wrong' },
    ]) {
      await assert.rejects(
        appOnlyBearer(x.apiBaseUrl, wrong, deps),
        (error) => error instanceof RefusedError && error.status === 403 && error.code === '99',
      );
    }
  });

  it('are refused without a word of what was sent', async () => {
    const { key, secret } = { key: 'words', secret: 'secret' };
    const sent = { key: `${key} of a key`, secret: `${secret} of a key` };
    const pair = Buffer.from(`${sent.key}:${sent.secret}`).toString('base64');
    const message = `Unable to verify your credentials: ${sent.key}, ${sent.secret}, ${pair}`;
    x.fail('/oauth2/token', answersJson(403, { errors: [{ code: 99, message }] }));
    await assert.rejects(appOnlyBearer(x.apiBaseUrl, sent, deps), {
      name: 'RefusedError',
      description: 'Unable to verify your credentials: …, …, …',
    });
  });

  it('are UnreachableError when a gateway says no, or X says nothing', async () => {
    for (const fault of [faults.bareForbidden, faults.htmlUnavailable, faults.tooManyRequests, faults.brokenOff]) {
      x.fail('/oauth2/token', fault);
      await assert.rejects(appOnlyBearer(x.apiBaseUrl, consumer, deps), UnreachableError);
    }
  });

  it('that are pasted are known by what X says to them, verbatim', async () => {
    const bearer = await appOnlyBearer(x.apiBaseUrl, consumer, deps);
    assert.equal(await bearerOwner(x.apiBaseUrl, bearer, deps), 'app');
    assert.equal(x.requestsTo('/2/users/me')[0]?.headers.authorization, `Bearer ${bearer}`);
  });

  it('are not what somebody pastes who has a user’s token', async () => {
    const token = (await new Client(x).signIn()).accessToken;
    assert.equal(await bearerOwner(x.apiBaseUrl, token, deps), 'user');
  });

  it('that are unknown are not taken, nor are good ones refused on a bad day', async () => {
    await assert.rejects(
      bearerOwner(x.apiBaseUrl, 'AAAAunknown', deps),
      (error) => error instanceof RefusedError && error.status === 401,
    );
    const bearer = await appOnlyBearer(x.apiBaseUrl, consumer, deps);
    for (const fault of [faults.internalError, faults.tooManyRequests, faults.reset]) {
      x.fail('/2/users/me', fault);
      await assert.rejects(bearerOwner(x.apiBaseUrl, bearer, deps), UnreachableError);
    }
    x.fail('/2/users/me', answers(403, {}, '<html>no</html>'));
    await assert.rejects(bearerOwner(x.apiBaseUrl, bearer, deps), RefusedError);
  });

  it('that no header can hold are never sent, nor quoted', async () => {
    for (const pasted of ['', 'AAAA BBBB', 'AAAA\nBBBB', 'AAAA…', '"AAAA"', 'Bearer AAAA']) {
      assert.equal(await bearerOwner(x.apiBaseUrl, pasted, deps), 'malformed');
    }
    assert.deepEqual(x.requests, []);
  });
});
