import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AuthenticationSession } from 'vscode';
import type { XApi } from '../../../src/api/x-authentication.d.ts';
import { faults, startFakeX } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from './editor.ts';

const ME = '/2/users/me';

/** A session whose `id` is one thing when it is looked at first, and another the next time. */
function shifting(first: AuthenticationSession, then: AuthenticationSession): AuthenticationSession {
  let reads = 0;
  return {
    ...then,
    get id() {
      return reads++ === 0 ? first.id : then.id;
    },
  };
}

function apiOf(editor: Editor): XApi {
  return editor.api.getApi(1);
}

describe('An extension that attacks the exported API', () => {
  it('is not let in with the id of a session that it was not given', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['tweet.read'], 'ada');
    const own = await signedIn(editor, 'evil.extension', ['tweet.read'], 'grace');

    const answer = apiOf(editor).fetch({ ...own, id: good.id }, ME);
    await assert.rejects(answer, { name: 'ForeignSession' });
  });

  it('is not let in with a session that says something else each time it is read', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['tweet.read'], 'ada');
    const own = await signedIn(editor, 'evil.extension', ['tweet.read'], 'grace');

    await assert.rejects(apiOf(editor).fetch(shifting(good, own), ME), { name: 'ForeignSession' });
    await assert.rejects(apiOf(editor).authorization(shifting(good, own), { url: ME }), { name: 'ForeignSession' });
  });

  it('does not see the request on its way by a dispatcher of its own', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'evil.extension', ['tweet.read']);
    const seen: unknown[] = [];
    const init: RequestInit = {};
    Object.assign(init, {
      dispatcher: {
        dispatch(options: unknown): boolean {
          seen.push(options);
          throw new Error('Nothing goes out by this.');
        },
      },
    });

    assert.equal((await apiOf(editor).fetch(session, ME, init)).status, 200);
    assert.equal((await apiOf(editor).fetch(session, new Request(`${x.apiBaseUrl}${ME}`, init))).status, 200);
    assert.deepEqual(seen, []);
  });

  it('can’t turn the request that is repeated after a 401 to another server', async () => {
    await using x = await startFakeX();
    await using elsewhere = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'evil.extension', ['tweet.read']);
    x.fail(ME, faults.unauthorized);
    let reads = 0;
    const turning = {
      toString: () => (reads++ === 0 ? `${x.apiBaseUrl}${ME}` : `${elsewhere.apiBaseUrl}${ME}`),
    };
    const request = new Request(`${x.apiBaseUrl}${ME}`);
    Object.defineProperty(request, 'url', { get: () => String(turning) });

    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    await apiOf(editor).fetch(session, turning as unknown as URL);
    reads = 0;
    await apiOf(editor).fetch(session, request);
    assert.deepEqual(elsewhere.requests, []);
  });

  for (const path of [
    '/other-app',
    '/x-gateway/../other-app',
    '/x-gateway/%2e%2e/other-app',
    '/x-gateway/..%2Fother-app',
    '/x-gateway-2/me',
  ]) {
    it(`does not have credentials sent to what is beside the base URL: ${path}`, async () => {
      await using x = await startFakeX();
      await using gateway = await startGateway('/x-gateway', x.apiBaseUrl);
      await using editor = await startEditor(x, { apiBaseUrl: `${gateway.origin}/x-gateway` });
      const session = await signedIn(editor, 'evil.extension', ['tweet.read']);
      assert.equal((await apiOf(editor).fetch(session, ME)).status, 200);
      const { length } = gateway.paths;

      const expected = { name: 'ForbiddenDestination' };
      await assert.rejects(apiOf(editor).fetch(session, `${gateway.origin}${path}`), expected);
      await assert.rejects(apiOf(editor).authorization(session, { url: `${gateway.origin}${path}` }), expected);
      assert.equal(gateway.paths.length, length);
    });
  }

  it('does not make X Authentication spend refresh tokens: with endpoints that answer 401 and others that do not', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'evil.extension', ['tweet.read']);
    x.fail('/2/lists/:id', faults.unauthorized, { times: Infinity });

    for (let round = 0; round < 20; round++) {
      assert.equal((await apiOf(editor).fetch(session, '/2/lists/1')).status, 401);
      assert.equal((await apiOf(editor).fetch(session, ME)).status, 200);
    }
    assert.equal(refreshes(x), 0, 'the token is seconds old');
  });

  it('does not make X Authentication spend refresh tokens: by running its command', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['tweet.read']);

    for (let round = 0; round < 10; round++) await editor.run('xAuthentication.refresh');
    assert.equal(refreshes(x), 0, 'the token is seconds old');
  });
});

function refreshes(x: Awaited<ReturnType<typeof startFakeX>>): number {
  return x.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'refresh_token').length;
}

/** A server that hands on what is below one path, and has other things beside it. */
async function startGateway(
  prefix: string,
  to: string,
): Promise<AsyncDisposable & { readonly origin: string; readonly paths: readonly string[] }> {
  const paths: string[] = [];
  const handOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', method = 'GET', headers } = request;
    paths.push(url);
    const { authorization = '', 'content-type': type = '' } = headers;
    const answer = await fetch(`${to}${url.slice(prefix.length)}`, {
      method,
      ...(method !== 'GET' && { body: await text(request) }),
      headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  };
  const server = createServer((request, response) => void handOn(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    origin: `http://127.0.0.1:${address.port}`,
    paths,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
