import assert from 'node:assert/strict';
import { refusingUrl, startUntrustedServer } from '../../src/fakeX/faults/badServers.ts';
import { Client } from '../../src/fakeX/client.ts';
import {
  answers,
  answersJson,
  dripping,
  type Fault,
  faults,
  type FaultStage,
  tooManyRequestsUntil,
  withMembers,
} from '../../src/fakeX/faults/faults.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

const TOKEN = '/2/oauth2/token';

describe('The fake X, faults', () => {
  let x: FakeX;
  let client: Client;
  let refreshToken: string;

  beforeEach(async () => {
    x = await startFakeX();
    client = new Client(x);
    refreshToken = (await client.signIn()).refreshToken;
  });

  afterEach(async () => {
    await x.stop();
  });

  const stages: readonly [FaultStage, lives: boolean][] = [
    ['unread', true],
    ['before', true],
    ['after', false],
  ];
  for (const [at, lives] of stages) {
    it(`resets the connection ${at}, with the refresh token ${lives ? 'unspent' : 'spent'}`, async () => {
      x.fail(TOKEN, faults.reset, { at });
      await assert.rejects(client.refresh(refreshToken), hasCause(/ECONNRESET|UND_ERR_SOCKET/));
      assert.equal(x.grants.isLive(refreshToken), lives);
      const { body, outcome } = lastRequest();
      assert.equal(body === '', at === 'unread');
      assert.deepEqual(outcome, { state: 'lost', acted: !lives, fault: 'reset' });
    });
  }

  const wholeAnswers: readonly [what: string, fault: Fault, status: number, body: RegExp][] = [
    ['HTML 503', faults.htmlUnavailable, 503, /^<!doctype html>/],
    ['500', faults.internalError, 500, /^Internal/],
    ['502', faults.badGateway, 502, /<h1>502/],
    ['429 without a reset', faults.tooManyRequests, 429, /"status":429/],
    ['401 that is not OAuth’s', faults.bareUnauthorized, 401, /^Unauthorized$/],
    ['403 that is not OAuth’s', faults.bareForbidden, 403, /<h1>403/],
    ['400 that is not OAuth’s', faults.bareBadRequest, 400, /^Bad Request$/],
    ['401 of API v2', faults.unauthorized, 401, /about:blank/],
    ['402', faults.creditsDepleted, 402, /CreditsDepleted/],
    ['403 for an app in the wrong package', faults.clientNotEnrolled, 403, /client-not-enrolled/],
    ['403 for a suspended user', faults.userSuspended, 403, /user-suspended/],
    ['any status, headers and body', answers(418, { 'x-tea': 'green' }, 'short and stout'), 418, /^short and stout$/],
    ['any JSON', answersJson(400, { error: 'invalid_grant' }), 400, /^{"error":"invalid_grant"}$/],
  ];
  for (const [what, fault, status, body] of wholeAnswers) {
    it(`answers ${what}`, async () => {
      x.fail(TOKEN, fault);
      const response = await send();
      assert.equal(response.status, status);
      assert.match(await response.text(), body);
      assert.equal(x.grants.isLive(refreshToken), true);
      assert.equal((await send()).status, 200, 'only once');
    });
  }

  it('answers 429 with the time at which the limit ends', async () => {
    x.fail(TOKEN, tooManyRequestsUntil(1_800_000_000_000));
    assert.equal((await send()).headers.get('x-rate-limit-reset'), '1800000000');
  });

  it('replaces the answer of a request that it has processed', async () => {
    x.fail(TOKEN, faults.badGateway, { at: 'after' });
    assert.equal((await send()).status, 502);
    assert.equal(x.grants.isLive(refreshToken), false);
    assert.deepEqual(lastRequest().outcome, { state: 'answered', acted: true, fault: 'answer', status: 502 });
  });

  it('never answers', async () => {
    x.fail(TOKEN, faults.silence);
    const giveUp = new AbortController();
    const answer = send(giveUp.signal);
    await x.arrival(TOKEN, 2);
    giveUp.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    assert.equal(x.grants.isLive(refreshToken), true);
  });

  it('stops JSON in the middle', async () => {
    x.fail(TOKEN, faults.truncatedJson);
    const body = await (await send()).text();
    assert.ok(body.startsWith('{"token_type":"bearer"'));
    assert.throws(() => JSON.parse(body), SyntaxError);
  });

  it('breaks off in the middle of an answer', async () => {
    x.fail(TOKEN, faults.brokenOff);
    const response = await send();
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), /terminated/);
    assert.equal(lastRequest().outcome.state, 'lost');
  });

  it('drips a byte at a time', async () => {
    x.fail(TOKEN, dripping(1));
    const response = await send();
    let chunks = 0;
    for await (const chunk of response.body ?? []) if (chunk.byteLength > 0) chunks++;
    assert.ok(chunks > 20, `${chunks} chunks`);
  });

  it('answers with a hundred megabytes, and stops when the client does', async () => {
    x.fail(TOKEN, faults.hundredMegabytes, { times: 2 });
    let size = 0;
    for await (const chunk of (await send()).body ?? []) size += chunk.byteLength;
    assert.equal(size, 100 * 1024 * 1024);
    await (await send()).body?.cancel();
  });

  it('changes members of the answer, and removes them', async () => {
    x.fail(TOKEN, withMembers({ expires_in: '7200', refresh_token: undefined, extra: null }));
    const body: Record<string, unknown> = JSON.parse(await (await send()).text());
    assert.deepEqual([body['expires_in'], 'refresh_token' in body, body['extra']], ['7200', false, null]);
    assert.ok(x.grants.isLive(String(body['access_token'])));
  });

  it('strikes as many requests as it should', async () => {
    const planned = x.fail(TOKEN, faults.internalError, { times: 2 });
    assert.deepEqual(await statuses(3), [500, 500, 200]);
    assert.equal(planned.hits, 2);
  });

  it('strikes until it is cleared', async () => {
    const planned = x.fail(TOKEN, faults.internalError, { times: Infinity });
    assert.deepEqual(await statuses(3), [500, 500, 500]);
    planned.clear();
    x.fail(TOKEN, faults.badGateway, { times: Infinity });
    assert.deepEqual(await statuses(1), [502]);
    x.clearFaults();
    assert.deepEqual(await statuses(1), [200]);
  });

  it('strikes only the endpoint, the method and the requests that it should', async () => {
    x.fail('POST /2/users/me', faults.internalError);
    x.fail(TOKEN, faults.internalError, { matching: ({ form }) => form?.['grant_type'] === 'refresh_token' });
    const token = (await client.signIn()).accessToken;
    assert.equal((await client.usersMe(token)).status, 200);
    assert.equal((await send()).status, 500);
    x.fail('*', faults.bareForbidden);
    assert.equal((await fetch(`${x.apiBaseUrl}/2/users/me`)).status, 403);
  });

  it('can’t spoil an answer before there is one, or match a body before it is read', () => {
    assert.throws(() => x.fail(TOKEN, faults.truncatedJson, { at: 'before' }), /before the fake X has acted/);
    assert.throws(() => x.fail(TOKEN, faults.reset, { at: 'unread', matching: () => true }), /can’t be matched/);
  });

  it('holds a request before it acts, until the test releases it', async () => {
    const hold = x.hold(TOKEN);
    const answer = send();
    const request = await hold.arrived;
    assert.equal(request.form?.['refresh_token'], refreshToken);
    assert.deepEqual([request.outcome.state, hold.waiting], ['held', 1]);
    x.disconnect('ada');
    hold.release();
    assert.equal((await answer).status, 400);
    assert.equal(hold.waiting, 0);
    assert.equal((await send()).status, 400, 'nothing is held any more');
  });

  it('holds an answer after it has acted', async () => {
    const hold = x.hold(TOKEN, { at: 'after' });
    const answer = send();
    await hold.arrived;
    assert.equal(x.grants.isLive(refreshToken), false);
    hold.release();
    assert.equal((await answer).status, 200);
  });

  it('holds a request, and then lets it fail', async () => {
    const hold = x.hold(TOKEN);
    x.fail(TOKEN, faults.internalError);
    const answer = send();
    await hold.arrived;
    hold.release();
    assert.equal((await answer).status, 500);
  });

  it('goes offline and comes back with the same port and memory', async () => {
    const { port } = x;
    await x.goOffline();
    await assert.rejects(send(), hasCause(/ECONNREFUSED/));
    await x.goOnline();
    assert.equal(x.port, port);
    assert.equal((await send()).status, 200);
  });

  it('closes every connection when it stops', async () => {
    x.fail(TOKEN, faults.silence);
    const answer = send();
    await x.arrival(TOKEN, 2);
    await Promise.all([assert.rejects(answer), x.stop()]);
  });

  it('records every request', async () => {
    await send();
    const { method, path, host, headers, form, query, outcome } = lastRequest();
    assert.deepEqual([method, path, host, query], ['POST', TOKEN, `127.0.0.1:${x.port}`, {}]);
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    assert.equal(form?.['refresh_token'], refreshToken);
    assert.deepEqual(outcome, { state: 'answered', acted: true, status: 200 });
    const paths = x.requests.map((request) => `${request.method} ${request.path}`);
    const consent = ['GET /i/oauth2/authorize', 'POST /i/oauth2/authorize'];
    assert.deepEqual(paths, [...consent, `POST ${TOKEN}`, `POST ${TOKEN}`]);
    assert.equal(await x.arrival(TOKEN, 2), lastRequest());
    assert.equal(x.requests[0]?.host, `x.localhost:${x.port}`);
  });

  it('has an address that refuses connections, and a server with an untrusted certificate', async () => {
    await assert.rejects(fetch(await refusingUrl()), hasCause(/ECONNREFUSED/));
    const untrusted = await startUntrustedServer();
    await assert.rejects(fetch(untrusted.url), hasCause(/DEPTH_ZERO_SELF_SIGNED_CERT/));
    await untrusted.stop();
  });

  function send(signal?: AbortSignal): Promise<Response> {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: x.apps[0]?.clientId ?? '',
    });
    return fetch(x.apiBaseUrl + TOKEN, { method: 'POST', body, ...(signal === undefined ? {} : { signal }) });
  }

  async function statuses(count: number): Promise<number[]> {
    const seen: number[] = [];
    for (let sent = 0; sent < count; sent++) seen.push((await send()).status);
    return seen;
  }

  function lastRequest(): FakeX['requests'][number] {
    return x.requests.at(-1) ?? assert.fail('nothing was sent');
  }
});

/** Node's fetch says `fetch failed`; its cause says why. */
function hasCause(code: RegExp): (error: unknown) => boolean {
  return (error) => {
    const cause = error instanceof Error ? error.cause : undefined;
    assert.match(cause instanceof Error && 'code' in cause ? String(cause.code) : String(error), code);
    return true;
  };
}
