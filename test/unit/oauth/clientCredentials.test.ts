import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { clientCredentialsRequest, clientCredentialsResponse } from '../../../src/oauth/clientCredentials.ts';
import { basic } from '../../../src/oauth/clientAuthentication.ts';
import { UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded, type HttpDeps } from '../../../src/oauth/http.ts';
import {
  answers,
  answersJson,
  type Fault,
  faults,
  NATIVE_APP,
  type FakeX,
  startFakeX,
  tooManyRequestsUntil,
} from 'x-authentication-testing';
import vectors from '../vectors.json' with { type: 'json' };

const consumer = { key: NATIVE_APP.apiKey, secret: NATIVE_APP.apiSecret };

describe('app-only bearer tokens', () => {
  let x: FakeX;
  const deps: HttpDeps = { fetch: bounded(fetch, 5000), now: () => 15_000 };

  beforeEach(async () => {
    x = await startFakeX();
  });
  afterEach(() => x.stop());

  async function bearer(): Promise<string> {
    const response = await clientCredentialsRequest(`${x.apiBaseUrl}/oauth2/token`, consumer, deps);
    return clientCredentialsResponse(response, deps);
  }

  for (const { source, user, password, header } of vectors.basic) {
    it(`authenticate as in ${source}`, async () => {
      assert.equal(basic(user, password), header);
      await clientCredentialsRequest(`${x.apiBaseUrl}/oauth2/token`, { key: user, secret: password }, deps);
      assert.equal(x.requests[0]?.headers.authorization, header);
    });
  }

  it('are asked for with client_credentials and nothing else', async () => {
    await bearer();
    const [{ method, path, rawQuery, body, headers } = {}] = x.requests;
    assert.deepEqual(
      { method, path, rawQuery, body },
      { method: 'POST', path: '/oauth2/token', rawQuery: '', body: 'grant_type=client_credentials' },
    );
    assert.match(headers?.['content-type'] ?? '', /^application\/x-www-form-urlencoded\b/);
  });

  it('are taken verbatim, percent signs and all, and work', async () => {
    const token = await bearer();
    assert.match(token, /%2F.*%3D$/);
    const authorization = `Bearer ${token}`;
    const response = await fetch(`${x.apiBaseUrl}/2/users/by/username/ada_l`, { headers: { authorization } });
    assert.equal(response.status, 200);
  });

  it('are bearer tokens in any case (RFC 6749 §5.1)', async () => {
    x.fail('/oauth2/token', answersJson(200, { token_type: 'Bearer', access_token: 'AAAA%2F' }));
    assert.equal(await bearer(), 'AAAA%2F');
  });

  const cases: readonly (readonly [what: string, fault: Fault])[] = [
    ['of another type', answersJson(200, { token_type: 'mac', access_token: 'SECRET' })],
    ['without a type', answersJson(200, { access_token: 'SECRET' })],
    ['that is empty', answersJson(200, { token_type: 'bearer', access_token: '' })],
    ['that can’t be sent', answersJson(200, { token_type: 'bearer', access_token: 'SECRET\n' })],
    ['that is no text', answersJson(200, { token_type: 'bearer', access_token: ['SECRET'] })],
    ['in a page, as of a hotel', answers(200, {}, '<html>SECRET</html>')],
    ['in half an answer', faults.truncatedJson],
    ['that breaks off', faults.brokenOff],
    ['and the connection is reset', faults.reset],
    ['and there is a page with 503', faults.htmlUnavailable],
    ['and a gateway says 401', faults.bareUnauthorized],
  ];
  it('tell with what status an answer came that made no sense', async () => {
    x.fail('/oauth2/token', answersJson(200, {}));
    await assert.rejects(bearer(), { name: 'UnreachableError', status: 200 });
  });

  for (const [what, fault] of cases) {
    it(`are UnreachableError: one ${what}`, async () => {
      x.fail('/oauth2/token', fault);
      const error: unknown = await bearer().catch((reason: unknown) => reason);
      assert.ok(error instanceof UnreachableError, String(error));
      assert.doesNotMatch(inspect(error, { depth: 10 }), /SECRET/);
    });
  }

  it('are UnreachableError for as long as X says', async () => {
    x.fail('/oauth2/token', tooManyRequestsUntil(60_000));
    await assert.rejects(
      bearer(),
      (error) => error instanceof UnreachableError && error.status === 429 && error.retryAfterMs === 45_000,
    );
  });
});
