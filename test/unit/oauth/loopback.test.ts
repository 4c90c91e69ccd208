import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  authorizationUrl,
  checkCallback,
  exchangeCode,
  newState,
  newVerifier,
  type AuthorizationRequest,
} from '../../../src/oauth/authorizationCode.ts';
import { bounded } from '../../../src/oauth/http.ts';
import {
  listenOnLoopback,
  PortUnavailableError,
  type Arrival,
  type Loopback,
  type LoopbackOptions,
} from '../../../src/oauth/loopback.ts';
import { oauth2Endpoints } from '../../../src/x/endpoints.ts';
import { freePort } from '../../host/freePort.ts';
import { NATIVE_APP, startFakeX } from 'x-authentication-testing';

const STATE = 'the-state';
const CALLBACK = `/callback?state=${STATE}&code=the-code`;
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' };

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `target` is sent as it is, which no URL parser would do. */
function send(port: number, target: string, { method = 'GET', headers, agent, body }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: target, method, headers, agent: agent ?? false };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Goes to an address as a browser does, which follows a redirect, and returns the page that it ends on. */
async function visit(port: number, target: string, sent: Sent = {}): Promise<Answer> {
  const answer = await send(port, target, sent);
  return answer.status === 303 ? send(port, ledTo(answer, target), sent) : answer;
}

/** Where an answer redirects to. */
function ledTo({ headers: { location = '' } }: Answer, target: string): string {
  const { pathname, search } = new URL(location, `http://127.0.0.1${target}`);
  return pathname + search;
}

/** Writes bytes and waits until the server has closed the connection. Returns what it said. */
async function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return said;
}

/** What a sign-in with OAuth 2.0 takes for its answer. */
function answerTo(state: string): LoopbackOptions['isAnswer'] {
  return (parameters) => parameters.get('state') === state;
}

function isRefused(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const settle = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => settle(false));
    socket.once('error', () => settle(true));
  });
}

describe('The loopback', () => {
  let port: number;
  let loopback: Loopback;
  /** What arrived, if anything did. */
  let arrived: URLSearchParams | undefined;
  let pages: Arrival[];
  /** The errors without a state that were taken. */
  let errors: string[];

  async function listen(options: Partial<LoopbackOptions> = {}): Promise<Loopback> {
    pages = [];
    errors = [];
    arrived = undefined;
    loopback = await listenOnLoopback({
      port,
      path: '/callback',
      hosts: ['code.example.com', 'Forwarded.Example.com:8443'],
      isAnswer: answerTo(STATE),
      takeError: (parameters) =>
        parameters.has('error') && !parameters.has('state') && errors.push(String(parameters)) > 0,
      handOver: async () => false,
      page: async (arrival) => {
        pages.push(arrival);
        return '<p>Zurück zum Editor</p>';
      },
      ...options,
    });
    void loopback.callback.then((callback) => (arrived = callback));
    return loopback;
  }

  /** Opens connections that say nothing, each accepted before this is done: an answer to the last shows that. */
  async function flood(count: number): Promise<readonly Socket[]> {
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      for (let more = 0; more < 100; more++) sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
      await send(port, '/');
    }
    return sockets;
  }

  beforeEach(async () => {
    port = await freePort();
    await listen();
  });
  afterEach(() => loopback.close());

  it('gives the callback, and the browser its page', async () => {
    const answer = await visit(port, `${CALLBACK}%2B&x=%26`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '<p>Zurück zum Editor</p>');
    const { 'content-type': type, 'cache-control': cache, 'referrer-policy': referrer } = answer.headers;
    assert.deepEqual([type, cache, referrer], ['text/html; charset=utf-8', 'no-store', 'no-referrer']);
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.deepEqual(Object.fromEntries(await loopback.callback), { state: STATE, code: 'the-code+', x: '&' });
    assert.deepEqual(pages, ['code']);
  });

  it('sends the browser on, so that code and state stay neither in the address bar nor in the history', async () => {
    const answer = await send(port, CALLBACK);
    assert.equal(answer.status, 303);
    const { location = '' } = answer.headers;
    assert.match(location, /^callback\/[\w-]+$/);
    assert.doesNotMatch(location, /the-(code|state)/);
    const proxied = new URL(location, 'https://code.example.com/user/proxy/41951/callback?code=c&state=s').href;
    assert.equal(proxied, `https://code.example.com/user/proxy/41951/${location}`, 'the path of a proxy stays');
    const page = await send(port, ledTo(answer, CALLBACK));
    assert.equal(page.body, '<p>Zurück zum Editor</p>');
    for (const name of ['cache-control', 'content-security-policy', 'referrer-policy', 'x-content-type-options']) {
      assert.equal(answer.headers[name], page.headers[name], name);
      assert.ok(answer.headers[name], name);
    }
  });

  it('shows the page by GET and under its own name only', async () => {
    const target = ledTo(await send(port, CALLBACK), CALLBACK);
    assert.equal((await send(port, target, { method: 'HEAD' })).status, 410);
    assert.equal((await send(port, target, { headers: { host: 'evil.example' } })).status, 410);
    assert.equal((await send(port, `${target}?code=c`)).status, 410);
    assert.deepEqual(pages, []);
    assert.equal((await send(port, target)).status, 200);
  });

  it('gives a code with a question mark in it whole', async () => {
    await visit(port, `/callback?state=${STATE}&code=a?b/c?d`);
    assert.equal((await loopback.callback).get('code'), 'a?b/c?d');
  });

  it('tells the browser of a denial, in OAuth 2.0 and in 1.0a', async () => {
    await visit(port, `/callback?error=access_denied&state=${STATE}`);
    assert.equal((await loopback.callback).get('error'), 'access_denied');
    assert.deepEqual(pages, ['denied']);
    await loopback.close();
    await listen({ isAnswer: (parameters) => parameters.get('denied') === 'request-token' });
    await visit(port, '/callback?denied=request-token');
    assert.equal((await loopback.callback).get('denied'), 'request-token');
    assert.deepEqual(pages, ['denied']);
  });

  it('tells the browser of another error', async () => {
    await visit(port, `/callback?error=invalid_scope&state=${STATE}`);
    assert.equal((await loopback.callback).get('error'), 'invalid_scope');
    assert.deepEqual(pages, ['error']);
  });

  for (const target of [
    '/callback?state=other&code=c',
    '/callback?state=other&error=access_denied',
    '/callback?oauth_token=other&oauth_verifier=v',
    '/callback?denied=other',
  ]) {
    it(`tells a person whose sign-in is no longer waited for, and waits on (${target})`, async () => {
      const answer = await visit(port, target, { headers: NAVIGATION });
      assert.deepEqual([answer.status, answer.body], [410, '<p>Zurück zum Editor</p>']);
      assert.equal((await send(port, target, { headers: { 'sec-fetch-mode': 'no-cors' } })).status, 404);
      assert.equal((await visit(port, CALLBACK)).status, 200);
      assert.equal((await loopback.callback).get('code'), 'the-code');
      assert.deepEqual(pages, ['ended', 'code']);
    });
  }

  it('has no page for a person who comes with nothing', async () => {
    for (const target of ['/callback?', '/callback?code=c', '/callback?state=other', `/?state=other&code=c`]) {
      assert.equal((await send(port, target, { headers: NAVIGATION })).status, 404, target);
    }
    assert.deepEqual(pages, []);
  });

  for (const name of ['127.0.0.1', 'localhost', 'LocalHost']) {
    it(`answers to its own name, ${name}`, async () => {
      assert.equal((await visit(port, CALLBACK, { headers: { host: `${name}:${port}` } })).status, 200);
    });
  }

  describe('does not take', () => {
    const never: readonly (readonly [what: string, target: string, sent?: Sent])[] = [
      ['another state', '/callback?state=other&code=c'],
      ['no state', '/callback?code=c'],
      ['the state in a fragment of its query', `/callback?a=b#state=${STATE}&code=c`],
      ['the state twice', `/callback?state=${STATE}&state=${STATE}&code=c`],
      ['the state and another', `/callback?state=${STATE}&state=other&code=c`],
      ['two codes', `/callback?state=${STATE}&code=a&code=b`],
      ['two errors', `/callback?state=${STATE}&error=a&error=b`],
      ['no query', '/callback'],
      ['another path', `/?state=${STATE}&code=c`],
      ['its path with a slash', `/callback/?state=${STATE}&code=c`],
      ['its path below another', `/x/callback?state=${STATE}&code=c`],
      ['its path in a query', `/somewher?state=${STATE}&code=c&to=/callback?`],
      ['its path in another case', `/Callback?state=${STATE}&code=c`],
      ['its path percent-encoded', `/%63allback?state=${STATE}&code=c`],
      ['its path by detours', `/x/../callback?state=${STATE}&code=c`],
      ['two slashes', `//callback?state=${STATE}&code=c`],
      ['a whole URL, as for a proxy', `http://127.0.0.1/callback?state=${STATE}&code=c`],
      ['a whole URL of another host', `http://evil.example/callback?state=${STATE}&code=c`],
      ['HEAD', CALLBACK, { method: 'HEAD' }],
      ['POST', CALLBACK, { method: 'POST', body: `state=${STATE}&code=c` }],
      ['PUT', CALLBACK, { method: 'PUT', body: 'x' }],
      ['DELETE', CALLBACK, { method: 'DELETE' }],
      [
        'OPTIONS, as before a request from another site',
        CALLBACK,
        { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } },
      ],
      ['a foreign Host', CALLBACK, { headers: { host: 'evil.example' } }],
      ['a Host that begins like ours', CALLBACK, { headers: { host: '127.0.0.1.evil.example' } }],
      ['a Host without our port', CALLBACK, { headers: { host: '127.0.0.1' } }],
      ['a Host with another port', CALLBACK, { headers: { host: '127.0.0.1:1' } }],
      ['a Host of a proxy with another port', CALLBACK, { headers: { host: 'code.example.com:8443' } }],
      ['an error without a state and a browser', '/callback?error=access_denied'],
    ];
    for (const [what, target, sent] of never) {
      it(what, async () => {
        const answer = await send(port, target, sent);
        assert.equal(answer.status, 404);
        assert.ok(answer.body === '' || answer.body === 'There is nothing here.\n');
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
        assert.equal((await visit(port, CALLBACK)).status, 200);
        assert.equal((await loopback.callback).get('code'), 'the-code');
        assert.deepEqual(pages, ['code']);
      });
    }

    it('HTTP/1.0 without a Host', async () => {
      assert.match(await sendBytes(port, `GET ${CALLBACK} HTTP/1.0\r\n\r\n`), /^HTTP\/1\.1 404 /);
    });

    it('an empty Host', async () => {
      assert.match(await sendBytes(port, `GET ${CALLBACK} HTTP/1.1\r\nHost:\r\n\r\n`), /^HTTP\/1\.1 40[04] /);
      assert.equal(arrived, undefined);
    });

    it('HTTP/1.1 without a Host, or with two', async () => {
      assert.match(await sendBytes(port, `GET ${CALLBACK} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 400 /);
      const two = `Host: evil.example\r\nHost: 127.0.0.1:${port}\r\n`;
      assert.match(await sendBytes(port, `GET ${CALLBACK} HTTP/1.1\r\n${two}\r\n`), /^HTTP\/1\.1 40[04] /);
      assert.equal(arrived, undefined);
    });
  });

  for (const host of ['code.example.com', 'CODE.example.com', 'forwarded.example.com:8443']) {
    it(`answers to the Host of the proxy in front of it (${host})`, async () => {
      assert.equal((await visit(port, CALLBACK, { headers: { host } })).status, 200);
    });
  }

  it('tells of an error without a state from a browser that navigates, and goes on waiting', async () => {
    for (const [error, page] of [
      ['access_denied', 'denied'],
      ['invalid_request', 'error'],
    ]) {
      const answer = await visit(port, `/callback?error=${error}`, { headers: NAVIGATION });
      assert.deepEqual([answer.status, answer.body], [200, '<p>Zurück zum Editor</p>']);
      assert.equal(pages.at(-1), page);
    }
    assert.deepEqual(errors, ['error=access_denied', 'error=invalid_request']);
    assert.equal(arrived, undefined);
    assert.equal((await visit(port, CALLBACK)).status, 200);
    assert.equal((await loopback.callback).get('code'), 'the-code');
    const late = await visit(port, '/callback?error=access_denied', { headers: NAVIGATION });
    assert.equal(late.status, 410);
    assert.equal(errors.length, 2);
  });

  for (const headers of [
    { ...NAVIGATION, 'sec-fetch-dest': 'iframe' },
    { ...NAVIGATION, 'sec-fetch-dest': 'object' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-mode': 'navigate' },
    { 'sec-fetch-dest': 'document' },
  ]) {
    it(`does not take one from a page (${JSON.stringify(headers)})`, async () => {
      assert.equal((await send(port, '/callback?error=access_denied', { headers })).status, 404);
      assert.deepEqual(errors, []);
      assert.equal(
        (await visit(port, CALLBACK, { headers })).status,
        200,
        'what has the state is from X, however it comes',
      );
    });
  }

  it('does not take an error without a state when it is not for this sign-in', async () => {
    await loopback.close();
    await listen({
      isAnswer: (parameters) => parameters.get('oauth_token') === 'request-token',
      takeError: () => false,
    });
    assert.equal((await send(port, '/callback?error=access_denied', { headers: NAVIGATION })).status, 404);
    assert.equal((await visit(port, '/callback?oauth_token=request-token&oauth_verifier=v')).status, 200);
  });

  it('takes the callback once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(port, CALLBACK)));
    assert.deepEqual(answers.map(({ status }) => String(status)).toSorted(), ['303', ...Array<string>(19).fill('410')]);
    const [taken] = answers.filter(({ status }) => status === 303);
    assert.ok(taken);
    assert.equal((await send(port, ledTo(taken, CALLBACK))).status, 200);
    assert.deepEqual(pages, ['code']);
  });

  it('listens on 127.0.0.1 and nowhere else', async () => {
    assert.equal(await isRefused('127.0.0.1', port), false);
    assert.equal(await isRefused('127.0.0.2', port), true);
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address, scopeid }) => (scopeid ? undefined : address))
      .filter((address) => address !== undefined && address !== '127.0.0.1');
    for (const address of ['::1', ...others]) assert.equal(await isRefused(address ?? '', port), true, address);
  });

  it('hands the callback of another sign-in to whoever waits for it, and goes on waiting for its own', async () => {
    const handedOver: string[] = [];
    await loopback.close();
    await listen({
      handOver: async (parameters) => handedOver.push(String(parameters)) === 1,
    });
    const taken = await visit(port, '/callback?code=theirs&state=another');
    assert.deepEqual([taken.status, taken.body], [200, '<p>Zurück zum Editor</p>']);
    assert.equal((await send(port, '/callback?code=theirs&state=another')).status, 404, 'once');
    assert.deepEqual(handedOver, ['code=theirs&state=another', 'code=theirs&state=another']);
    assert.equal(arrived, undefined);
    await visit(port, CALLBACK);
    assert.equal((await loopback.callback).get('state'), STATE);
  });

  it('says that a port is taken, and which', async () => {
    await assert.rejects(
      listenOnLoopback({
        port,
        path: '/callback',
        hosts: [],
        isAnswer: () => true,
        takeError: () => false,
        handOver: async () => false,
        page: async () => '',
      }),
      (error) => error instanceof PortUnavailableError && error.port === port,
    );
    assert.equal((await visit(port, CALLBACK)).status, 200, 'and leaves whoever has it alone');
  });

  it('gives the port back at once, for the next sign-in', async () => {
    for (let round = 0; round < 20; round++) {
      await visit(port, CALLBACK);
      await loopback.callback;
      await loopback.close();
      await listen();
    }
  });

  it('gives the port back while connections are open, silent, half-said or kept alive', async () => {
    const agent = new Agent({ keepAlive: true });
    await send(port, '/favicon.ico', { agent, headers: { connection: 'keep-alive' } });
    const silent = connect(port, '127.0.0.1');
    const halfSaid = connect(port, '127.0.0.1');
    const posting = connect(port, '127.0.0.1');
    const sockets = [silent, halfSaid, posting];
    const closed = sockets.map(
      (socket) => new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve)),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    halfSaid.write(`GET ${CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
    posting.write(`POST ${CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100\r\n\r\nhalf`);
    await once(posting, 'data');
    await loopback.close();
    await Promise.all(closed);
    agent.destroy();
    const other = createServer();
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    other.close();
  });

  it('can be closed twice', async () => {
    await loopback.close();
    await loopback.close();
  });

  it('gives the browser its whole page, however large, before it closes the port', async () => {
    await loopback.close();
    const html = 'ä'.repeat(2 * 1024 * 1024);
    await listen({ page: async () => html });
    const closed = loopback.callback.then(() => loopback.close());
    const { body } = await visit(port, CALLBACK);
    assert.ok(body === html);
    await closed;
  });

  it('lets the sign-in go on at once, and stays for the page of a browser that is slow', async () => {
    await loopback.close();
    const page = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    await listen({
      page: () => {
        asked.resolve();
        return page.promise;
      },
    });
    const answer = await send(port, CALLBACK);
    await loopback.callback;
    const closed = loopback.close();
    assert.equal((await send(port, CALLBACK)).status, 410, 'nothing else is taken meanwhile');
    const shown = send(port, ledTo(answer, CALLBACK));
    await asked.promise;
    assert.equal(await isRefused('127.0.0.1', port), false);
    page.resolve('there');
    assert.equal((await shown).body, 'there');
    await closed;
    assert.equal(await isRefused('127.0.0.1', port), true);
  });

  it('frees the port in time when the browser does not fetch its page', async () => {
    await loopback.close();
    await listen({ pageMs: 50 });
    await send(port, CALLBACK);
    await loopback.callback;
    await loopback.close();
    assert.equal(await isRefused('127.0.0.1', port), true);
    assert.deepEqual(pages, []);
  });

  it('frees the port at once for a browser that was sent to a page of another sign-in', async () => {
    await loopback.close();
    await listen({ pageMs: 60_000 });
    await send(port, '/callback?state=other&code=c', { headers: NAVIGATION });
    await loopback.close();
    assert.equal(await isRefused('127.0.0.1', port), true);
  });

  it('goes on when the browser is gone before it is answered', async () => {
    await loopback.close();
    await listen({ pageMs: 50 });
    const browser = connect(port, '127.0.0.1');
    browser.write(`GET ${CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, () => browser.destroy());
    assert.equal((await loopback.callback).get('code'), 'the-code');
  });

  const failing: readonly (readonly [what: string, page: () => Promise<string>])[] = [
    ['fails', () => Promise.reject(new Error('SECRET'))],
    [
      'throws',
      () => {
        throw new Error('SECRET');
      },
    ],
    ['never comes', () => new Promise(() => undefined)],
  ];
  for (const [what, page] of failing) {
    it(`goes on when the page ${what}`, async function () {
      this.timeout(10_000);
      await loopback.close();
      await listen({ page });
      const { status, body } = await visit(port, CALLBACK);
      assert.deepEqual([status, body], [200, 'Go back to the editor.\n']);
      assert.equal((await loopback.callback).get('code'), 'the-code');
    });
  }

  it('ends connections that say nothing, or only half of it, in time', async () => {
    await loopback.close();
    await listen({ requestMs: 100 });
    const began = performance.now();
    const silent = connect(port, '127.0.0.1');
    const halfSaid = connect(port, '127.0.0.1');
    halfSaid.write(`GET ${CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
    await Promise.all([silent, halfSaid].map((socket) => once(socket.resume(), 'close')));
    assert.ok(performance.now() - began < 5_000, 'Node itself looks every 30 seconds');
    assert.equal((await visit(port, CALLBACK)).status, 200);
  });

  it('lets the callback through when twice as many connections as it bears say nothing, and drops the oldest', async function () {
    this.timeout(20_000);
    const sockets = await flood(600);
    const dropped = sockets.slice(0, 300).filter((socket) => !socket.closed);
    await Promise.all(dropped.map((socket) => new Promise((resolve) => socket.resume().once('close', resolve))));
    assert.equal((await visit(port, CALLBACK)).status, 200);
    assert.equal((await loopback.callback).get('code'), 'the-code');
    for (const socket of sockets) socket.destroy();
  });

  it('keeps the connection that gets the page, whatever else connects', async function () {
    this.timeout(20_000);
    await loopback.close();
    const page = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    await listen({
      page: () => {
        asked.resolve();
        return page.promise;
      },
    });
    const answer = visit(port, CALLBACK);
    await asked.promise;
    const sockets = await flood(600);
    page.resolve('there');
    assert.equal((await answer).status, 200);
    for (const socket of sockets) socket.destroy();
  });

  it('goes through five thousand garbage requests with one sign-in and one request to the token endpoint', async function () {
    this.timeout(60_000);
    await loopback.close();
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    await using x = await startFakeX({ apps: [{ ...NATIVE_APP, redirectUris: [redirectUri] }] });
    const endpoints = oauth2Endpoints({ api: x.apiBaseUrl, authorization: x.authorizationBaseUrl });
    const client = { clientId: NATIVE_APP.clientId };
    const deps = { fetch: bounded(fetch, 5000), now: Date.now };
    const newRequest = (): AuthorizationRequest => ({
      redirectUri,
      scopes: ['tweet.read', 'users.read'],
      state: newState(),
      verifier: newVerifier(),
    });
    const consent = async (asked: AuthorizationRequest): Promise<string> => {
      const url = await authorizationUrl(endpoints, client, asked);
      return (await x.consent(url, { as: 'ada', decision: 'authorize' })).slice(`http://127.0.0.1:${port}`.length);
    };

    const earlier = newRequest();
    const earlierTarget = await consent(earlier);
    const asked = newRequest();
    const { state } = asked;
    const target = await consent(asked);
    await listen({ isAnswer: answerTo(state) });
    const signedIn = loopback.callback.then((callback) =>
      exchangeCode(endpoints, client, asked, checkCallback(endpoints, client, asked, callback), deps),
    );

    const host = `Host: 127.0.0.1:${port}\r\n`;
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 97) % 256));
    const kinds: readonly ((index: number) => Promise<Answer | string>)[] = [
      // Another state, guessed, left out, empty, twice, or of another sign-in.
      (index) => send(port, `/callback?state=${state.slice(0, -1)}${index % 10}x&code=c`),
      (index) => send(port, `/callback?code=${index}`),
      () => send(port, '/callback?state=&code=c'),
      () => send(port, `/callback?state=${state}&state=${state}&code=c`),
      () => send(port, earlierTarget),
      // Denials that nobody can have meant, and one of a sign-in before.
      () => send(port, '/callback?error=access_denied'),
      () => send(port, '/callback?error=access_denied', { headers: { ...NAVIGATION, 'sec-fetch-dest': 'iframe' } }),
      () => visit(port, '/callback?error=access_denied&state=other', { headers: NAVIGATION }),
      // The right state, and all else wrong.
      (index) => send(port, `/${index}${target}`),
      () => send(port, target.replace('/callback', '/callback/')),
      () => send(port, `http://127.0.0.1:${port}${target}`),
      () => send(port, target, { method: 'POST', body: target }),
      () => send(port, target, { method: 'HEAD' }),
      () => send(port, target, { method: 'OPTIONS' }),
      () => send(port, target, { headers: { host: 'evil.example' } }),
      () => send(port, target, { headers: { host: `localhost.evil.example:${port}` } }),
      // No HTTP, or too much of it.
      () => sendBytes(port, bytes),
      () => sendBytes(port, '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'),
      () => sendBytes(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      () => sendBytes(port, `GET ${target} HTTP/1.1\r\n${host}X-Huge: ${'x'.repeat(64 * 1024)}\r\n\r\n`),
      () => sendBytes(port, `GET ${target}${'x'.repeat(64 * 1024)} HTTP/1.1\r\n${host}\r\n`),
      () => sendBytes(port, `GET ${target} HTTP/1.1\r\n${host}Host: evil.example\r\nContent-Length: x\r\n\r\n`),
      () => sendBytes(port, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${host}\r\n`),
      () => sendBytes(port, `GET /${target} HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
      () => sendBytes(port, `GET ${target} HTTP/1.1\r\n${host}`),
    ];
    const halfOpen: Socket[] = [];
    const open = (): void => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(`GET ${target} HTTP/1.1\r\n`);
      halfOpen.push(socket);
    };
    const statuses: Record<number, number> = {};
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      for (let more = 0; more < 4; more++) open();
      const garbage = [0, 1, 2, 3].flatMap((more) => kinds.map((kind) => kind(4 * round + more)));
      for (const answer of await Promise.all(garbage)) {
        if (typeof answer === 'string') assert.doesNotMatch(answer, /^HTTP\/1\.1 (?!4)/);
        else statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      }
      sent += garbage.length;
    }
    assert.equal(sent, 5000);
    assert.deepEqual(Object.keys(statuses), ['404', '410']);
    assert.equal(arrived, undefined);
    assert.deepEqual(pages, Array<Arrival>(statuses[410] ?? 0).fill('ended'));
    assert.equal(pages.length, 200);
    assert.equal(x.requestsTo('/2/oauth2/token').length, 0);

    assert.equal((await visit(port, target, { headers: NAVIGATION })).status, 200);
    const { accessToken } = await signedIn;
    assert.equal((await send(port, target, { headers: NAVIGATION })).status, 410, 'a replay');
    assert.ok(x.grants.isLive(accessToken));
    assert.equal(x.requestsTo('/2/oauth2/token').length, 1);
    assert.equal(pages.at(-1), 'code');
    for (const socket of halfOpen) socket.destroy();
  });
});
