import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { checkCallback } from '../../src/oauth/authorizationCode.ts';
import { AuthorizationDeniedError, CallbackMismatchError } from '../../src/oauth/errors.ts';
import { listenOnLoopback, type Loopback } from '../../src/oauth/loopback.ts';
import { verifierOf } from '../../src/oauth/oauth1Flow.ts';
import { readPastedCallback } from '../../src/oauth/pastedCallback.ts';
import { tokenEndpoints } from '../../src/x/endpoints.ts';
import { freePort } from '../host/freePort.ts';
import { NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';
import { type Editor, startEditor } from '../unit/attacks/editor.ts';
import { holds } from './fuzz.ts';
import { anyText, assertDocumented, assertFit, assertSentence, assertTellsNone, oneOf, secret } from './words.ts';

const STATE = 'the-state-of-this-sign-in-0123456789abcdef';
const CODE = 'a-code-that-X-gave-to-this-one-0123456789';
const REQUEST_TOKEN = { token: 'a-request-token-0123456789', secret: 'its-secret-0123456789' };

const NAMES = [
  'code',
  'state',
  'error',
  'error_description',
  'oauth_token',
  'oauth_verifier',
  'denied',
  'nonce',
] as const;

const parameter = fc.tuple(
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: anyText }),
  fc.oneof(
    fc.constantFrom(STATE, CODE, '', 'access_denied', 'invalid_request', REQUEST_TOKEN.token, `${STATE}x`),
    anyText,
    fc.tuple(anyText, fc.constantFrom(STATE, CODE)).map((parts) => parts.join(' ')),
  ),
);
const parameters = fc.array(parameter, { maxLength: 5 }).map((all) => new URLSearchParams(all));

/** Whether these are the answer to this sign-in: its state, once, beside one code. */
function isAnswer(callback: URLSearchParams): boolean {
  const [codes, states, errors] = ['code', 'state', 'error'].map((name) => callback.getAll(name));
  return codes?.length === 1 && codes[0] !== '' && states?.join() === STATE && errors?.length === 0;
}

describe('A callback, whatever is in it,', () => {
  holds(
    'is taken only with a code and this state, once each; anything else is a documented error that tells nothing',
    fc.asyncProperty(parameters, secret, async (callback, verifier) => {
      const client = { clientId: NATIVE_APP.clientId };
      const request = { redirectUri: 'http://127.0.0.1/callback', scopes: [], state: STATE, verifier };
      try {
        const { checked } = checkCallback(tokenEndpoints('https://api.x.com'), client, request, callback);
        assert.ok(isAnswer(callback), callback.toString());
        assert.equal(checked.get('code'), callback.get('code'));
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(!isAnswer(callback), `${callback.toString()} ${String(error)}`);
        const secrets = [STATE, verifier, ...(callback.get('code') === CODE ? [CODE] : [])];
        assertDocumented(error, [AuthorizationDeniedError, CallbackMismatchError], secrets);
        await assertSentence(error, secrets);
      }
    }),
    4,
  );

  holds(
    'is taken in OAuth 1.0a only with this request token',
    fc.asyncProperty(parameters, async (callback) => {
      try {
        const verifier = verifierOf(REQUEST_TOKEN, callback);
        assert.equal(callback.get('oauth_token'), REQUEST_TOKEN.token);
        assert.ok(verifier !== '' && callback.get('oauth_verifier') === verifier);
      } catch (error) {
        assertDocumented(error, [AuthorizationDeniedError, CallbackMismatchError], [REQUEST_TOKEN.token]);
        const isOurs = callback.get('denied') === REQUEST_TOKEN.token;
        assert.equal(error instanceof AuthorizationDeniedError, isOurs);
      }
    }),
    2,
  );
});

describe('What is pasted', () => {
  const pasted = fc.oneof(
    anyText,
    fc
      .array(
        fc.oneof(fc.constantFrom('?', '&', '#', 'code=', 'error=', 'state=', STATE, CODE, 'http://', '\n'), anyText),
        {
          maxLength: 8,
        },
      )
      .map((parts) => parts.join('')),
    fc
      .tuple(
        fc.constantFrom('"', ' ', '(', 'a ', '&', 'code=&', '\u200b', 'a\u200b'),
        fc.integer({ min: 1, max: 60_000 }),
      )
      .map(([unit, times]) => `x${unit.repeat(times)}x`),
  );

  holds(
    'is read, or refused in a sentence, and at once',
    fc.asyncProperty(pasted, async (text) => {
      const before = process.cpuUsage();
      try {
        const callback = readPastedCallback(text, STATE);
        assert.ok(callback.has('code') || callback.has('error'));
      } catch (error) {
        assertDocumented(error, [CallbackMismatchError], [CODE, STATE]);
        await assertSentence(error, [CODE, STATE]);
      }
      // Not by the clock: other programs may have had the processor.
      assert.ok(process.cpuUsage(before).user < 1_000_000, `${text.length} characters took too long`);
    }),
    3,
  );

  const marks = (...known: readonly string[]): fc.Arbitrary<string> =>
    fc
      .array(fc.constantFrom(' ', '\n', '\t', '"', "'", '`', '\u200b', ...known), { maxLength: 6 })
      .map((all) => all.join(''));

  holds(
    'is read with whatever is copied along, and with lines broken anywhere',
    fc.asyncProperty(
      marks('<', '(', '“'),
      marks('>', ')', '”'),
      fc.array(fc.nat({ max: 120 }), { maxLength: 4 }),
      secret,
      fc.constantFrom('', '#', '#_=_'),
      async (before, behind, breaks, code, fragment) => {
        const query = new URLSearchParams({ state: STATE, code });
        let url = `http://127.0.0.1:41951/callback?${query.toString()}${fragment}`;
        for (const at of breaks) url = `${url.slice(0, at)}\n${url.slice(at)}`;
        const callback = readPastedCallback(before + url + behind, STATE);
        assert.deepEqual([callback.get('code'), callback.get('state')], [code, STATE]);
      },
    ),
    2,
  );
});

describe('The loopback, whatever comes to it over HTTP,', () => {
  const TAKEN = new URLSearchParams({ code: CODE, state: STATE }).toString();
  let port: number;
  let loopback: Loopback;
  let arrived: URLSearchParams | undefined;
  const handedOver: string[] = [];

  before(async () => {
    port = await freePort();
    loopback = await listenOnLoopback({
      port,
      path: '/callback',
      hosts: ['proxy.example'],
      isAnswer: (callback) => callback.get('state') === STATE,
      takeError: () => false,
      handOver: async (callback) => {
        handedOver.push(callback.toString());
        return false;
      },
      page: async (arrival) => `<h1>${arrival}</h1>`,
      requestMs: 1_000,
      pageMs: 100,
    });
    void loopback.callback.then((callback) => (arrived = callback));
  });

  after(() => loopback.close());

  /** Says something on a connection of its own, and reads until the other side ends it. */
  async function say(bytes: Buffer): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.end(bytes);
    return readText(socket).catch(() => '');
  }

  const host = fc.constantFrom('127.0.0.1', 'localhost', 'evil.example', 'PROXY.example', '', '[::1]');
  const line = fc.string({ unit: oneOf('abc /?&=%:#.\\é'), maxLength: 30 });
  const target = fc.oneof(
    parameters.map((callback) => {
      callback.delete('state', STATE);
      return `/callback?${callback.toString()}`;
    }),
    line.map((text) => `/${text.replaceAll(' ', '+')}`),
    fc.constantFrom(
      '*',
      '/callback',
      '/callback?',
      '//callback?code=a&state=b',
      'http://127.0.0.1/callback?code=a',
      '/callback/x',
    ),
  );
  const request = fc
    .record({
      method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'PRI'),
      target,
      host,
      header: fc.constantFrom(
        '',
        'sec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n',
        'content-length: 9\r\n',
        'transfer-encoding: chunked\r\n',
        'expect: 100-continue\r\n',
        'upgrade: websocket\r\nconnection: upgrade\r\n',
        'host: 127.0.0.1\r\n',
        `x: ${'y'.repeat(20_000)}\r\n`,
      ),
      version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9'),
      body: fc.constantFrom('', 'a=b', 'GET / HTTP/1.1\r\n\r\n', 'zz\r\n'),
    })
    .map(({ method, target: path, host: name, header, version, body }) =>
      Buffer.from(`${method} ${path} ${version}\r\nhost: ${name}:${port}\r\n${header}\r\n${body}`),
    );
  const bytes = fc.oneof(
    { weight: 6, arbitrary: request },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given)) },
    { weight: 1, arbitrary: fc.tuple(request, fc.nat({ max: 60 })).map(([whole, at]) => whole.subarray(0, at)) },
  );

  holds(
    'answers with nothing of it, and goes on waiting for the callback',
    fc.asyncProperty(bytes, async (given) => {
      const answered = await say(given);
      assert.ok(
        answered === '' ||
          /^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 (303|400|404|408|410|413|417|431|505) /.test(answered),
        answered,
      );
      assertTellsNone(answered, [STATE, CODE]);
      assert.doesNotMatch(answered, /access-control|set-cookie/i);
      const [, location] = /^location: (.*)$/im.exec(answered) ?? [];
      if (location !== undefined) assert.match(location, /^callback\/[\w-]{36}\r?$/);
      assert.equal(arrived, undefined);
    }),
    1,
  );

  it('and takes it at last', async () => {
    const answered = await say(Buffer.from(`GET /callback?${TAKEN} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`));
    assert.match(answered, /^HTTP\/1\.1 303 /);
    assert.equal((await loopback.callback).toString(), TAKEN);
  });
});

describe('The editor’s own address, whatever it is opened with,', () => {
  let x: FakeX;
  let editor: Editor;

  before(async () => {
    x = await startFakeX();
    editor = await startEditor(x);
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await x.stop();
  });

  const query = fc.oneof(
    parameters.map((callback) => callback.toString()),
    anyText,
    fc
      .tuple(parameters, fc.nat({ max: 6_000 }))
      .map(([callback, length]) => `${callback.toString()}${'x'.repeat(length)}`),
  );

  holds(
    'is quietly ignored while no sign-in waits, and leads to no request',
    fc.asyncProperty(fc.oneof(fc.constantFrom('/callback', '/', ''), anyText), query, async (path, given) => {
      const [logged, said] = [editor.log.length, editor.messages.length];
      assert.ok(editor.uriHandler !== undefined);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      await editor.uriHandler.handleUri({ path, query: given } as Parameters<typeof editor.uriHandler.handleUri>[0]);
      for (const line of editor.log.slice(logged)) assertFit(line, [STATE, CODE]);
      for (const { text } of editor.messages.slice(said)) assertFit(text, [STATE, CODE]);
      assert.deepEqual(x.requests, []);
    }),
    2,
  );

  holds(
    'ends a sign-in that waits only with an answer to it',
    fc.asyncProperty(fc.array(parameters, { minLength: 1, maxLength: 3 }), async (callbacks) => {
      editor.settings.set('xAuthentication.signInMethod', 'uri');
      const sent = x.requestsTo('/2/oauth2/token').length;
      const opened = Promise.withResolvers<string>();
      editor.browse = async (url) => opened.resolve(url);
      const asking = editor.extension('good.extension').getSession('x', ['tweet.read'], { forceNewSession: true });
      asking.catch(() => undefined);
      const url = await opened.promise;
      for (const callback of callbacks) {
        // An error without a state ends it, later, unless an answer comes first.
        if (!callback.has('state')) callback.delete('error');
        await editor.open(`vscode://xauth.x-authentication/callback?${encodeURIComponent(callback.toString())}`);
        assert.equal(x.requestsTo('/2/oauth2/token').length, sent, callback.toString());
      }
      const back = await x.consent(url, { as: 'ada', decision: 'authorize' });
      await editor.open(back);
      const session = await asking;
      assert.ok(x.grants.isLive(session?.accessToken ?? ''));
      for (const line of editor.log) assertFit(line, x.secrets);
      editor.log.length = 0;
      for (const { text } of editor.messages) assertTellsNone(text, x.secrets);
      editor.messages.length = 0;
    }),
    0.1,
  );
});
