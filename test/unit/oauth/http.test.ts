import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded, retryAfterMs, type Fetch } from '../../../src/oauth/http.ts';
import {
  answers,
  dripping,
  faults,
  refusingUrl,
  type FakeX,
  startFakeX,
  startUntrustedServer,
} from 'x-authentication-testing';
import { saying, startRaw, type RawServer } from '../rawServer.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

async function unreachable(answer: Promise<unknown>): Promise<UnreachableError> {
  const error: unknown = await answer.then(
    () => assert.fail('there was an answer'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UnreachableError, inspect(error));
  assert.match(error.message, /^[A-Z].*\.$/, 'a sentence');
  return error;
}

describe('bounded', () => {
  const get = bounded(fetch, 5000);
  let x: FakeX;
  let raw: RawServer | undefined;

  beforeEach(async () => {
    x = await startFakeX();
  });
  afterEach(async () => {
    await x.stop();
    await raw?.stop();
    raw = undefined;
  });

  it('hands over status, headers and the whole body, and sends what it was given', async () => {
    x.fail('*', answers(401, { 'x-tea': 'green' }, 'für Elise'));
    const response = await get(`${x.apiBaseUrl}/2/tweets?a=b`, {
      method: 'POST',
      headers: { authorization: 'Bearer one' },
      body: new URLSearchParams({ text: 'two words' }),
    });
    assert.deepEqual(
      [response.status, response.headers.get('x-tea'), await response.text()],
      [401, 'green', 'für Elise'],
    );
    const [{ method, rawQuery, headers, body } = {}] = x.requests;
    assert.deepEqual([method, rawQuery, headers?.authorization, body], ['POST', 'a=b', 'Bearer one', 'text=two+words']);
  });

  for (const status of [204, 205, 304]) {
    it(`hands over ${status}, which has no body`, async () => {
      x.fail('*', answers(status, {}, ''));
      const response = await get(x.apiBaseUrl);
      assert.deepEqual([response.status, await response.text()], [status, '']);
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`does not follow a redirect (${status})`, async () => {
      x.fail('/2/oauth2/token', answers(status, { location: `${x.apiBaseUrl}/elsewhere` }, ''));
      const response = await get(`${x.apiBaseUrl}/2/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({ refresh_token: 'secret' }),
        redirect: 'follow',
      });
      assert.equal(response.status, status);
      assert.deepEqual(
        x.requests.map(({ path }) => path),
        ['/2/oauth2/token'],
      );
    });
  }

  it('stops a body of a hundred megabytes within its first few', async () => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    raw = await startRaw((socket) => {
      const write = (): void => {
        while (!socket.destroyed && socket.bytesWritten < 100 * 1024 * 1024) {
          if (!socket.write(chunk)) {
            socket.once('drain', write);
            return;
          }
        }
      };
      socket.once('data', () => {
        socket.write(`${OK}content-length: ${100 * 1024 * 1024}\r\n\r\n`);
        write();
      });
    });
    const before = process.memoryUsage().arrayBuffers;
    const error = await unreachable(get(raw.url));
    assert.ok(process.memoryUsage().arrayBuffers - before < 20 * 1024 * 1024, 'memory');
    assert.match(error.message, /more than 262144 bytes/);
    assert.deepEqual([error.status, error.maybeSent], [200, true]);
    const [socket] = raw.sockets;
    assert.ok(socket !== undefined);
    await new Promise((resolve) => {
      if (socket.destroyed) resolve(undefined);
      else socket.once('close', resolve);
    });
    assert.ok(socket.bytesWritten < 20 * 1024 * 1024, `${socket.bytesWritten} bytes`);
  });

  it('stops a body that is small until it is unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    assert.ok(packed.byteLength < 100_000);
    raw = await startRaw(saying(`${OK}content-encoding: gzip\r\ncontent-length: ${packed.byteLength}\r\n\r\n`, packed));
    assert.match((await unreachable(get(raw.url))).message, /more than/);
  });

  it('takes a body of exactly the size it allows, and no byte more', async () => {
    const four = bounded(fetch, 5000, { maxBodyBytes: 4 });
    x.fail('*', answers(200, {}, 'four'));
    assert.equal(await (await four(x.apiBaseUrl)).text(), 'four');
    x.fail('*', answers(200, {}, 'fives'));
    await unreachable(four(x.apiBaseUrl));
  });

  it('gives up on a server that says nothing', async () => {
    x.fail('*', faults.silence);
    const error = await unreachable(bounded(fetch, 50)(x.apiBaseUrl));
    assert.match(error.message, /^No answer from 127\.0\.0\.1:\d+: it took too long\.$/);
    assert.deepEqual([error.status, error.maybeSent], [undefined, true]);
  });

  it('counts only the time in which it listened', async () => {
    let nowMs = 0;
    let slept = 0;
    const away = [0, 60_000, 0, 0, 0, 60_000, 60_000, 0];
    const hour = { monotonicMs: () => nowMs, sleep: async (ms: number) => void (nowMs += ms + (away[slept++] ?? 0)) };
    let abortedAfter = 0;
    const silent: Fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => {
          abortedAfter = slept;
          reject(new Error('aborted'));
        });
      });
    const error = await unreachable(bounded(silent, 5000, hour)('https://api.x.com/'));
    assert.match(error.message, /took too long/);
    assert.equal(abortedAfter, 5);

    // Now the time is up when it comes back: it listens on until it was not away.
    slept = 1;
    await unreachable(bounded(silent, 5000, hour)('https://api.x.com/'));
    assert.equal(abortedAfter, 8);
  });

  it('gives up on headers that never end', async () => {
    raw = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const dripped = setInterval(() => socket.write('x-more: of it\r\n'), 5);
      socket.once('close', () => clearInterval(dripped));
    });
    const error = await unreachable(bounded(fetch, 100)(raw.url));
    assert.match(error.message, /took too long/);
  });

  it('gives up on a body that drips, whoever reads it', async () => {
    x.fail('/2/users/me', dripping(200));
    const error = await unreachable(bounded(fetch, 600)(`${x.apiBaseUrl}/2/users/me`));
    assert.match(error.message, /^The answer of 127\.0\.0\.1:\d+ broke off: it took too long\.$/);
    assert.deepEqual([error.status, error.maybeSent], [401, true]);
  });

  for (const at of ['unread', 'before', 'after'] as const) {
    it(`may have been heard when the connection is reset (${at})`, async () => {
      x.fail('/2/users/me', faults.reset, { at });
      const error = await unreachable(get(`${x.apiBaseUrl}/2/users/me`));
      assert.match(error.message, /^No answer from 127\.0\.0\.1:\d+: \w+\.$/);
      assert.deepEqual([error.status, error.maybeSent], [undefined, true]);
    });
  }

  it('was heard when the answer breaks off', async () => {
    x.fail('/2/users/me', faults.brokenOff);
    const error = await unreachable(get(`${x.apiBaseUrl}/2/users/me`));
    assert.match(error.message, /broke off/);
    assert.deepEqual([error.status, error.maybeSent], [401, true]);
  });

  it('was not heard when nobody listens', async () => {
    const error = await unreachable(get(await refusingUrl()));
    assert.match(error.message, /^No answer from 127\.0\.0\.1:\d+: ECONNREFUSED\.$/);
    assert.deepEqual([error.status, error.maybeSent], [undefined, false]);
  });

  it('was not heard when nobody listens on any address of a name', async () => {
    const url = (await refusingUrl()).replace('127.0.0.1', 'localhost');
    const error = await unreachable(get(url));
    assert.match(error.message, /ECONNREFUSED/);
    assert.equal(error.maybeSent, false);
  });

  it('was not heard when the name is unknown', async () => {
    const error = await unreachable(get('https://api.x.invalid/2/users/me?secret'));
    assert.match(error.message, /^No answer from api\.x\.invalid: (ENOTFOUND|EAI_AGAIN)\.$/);
    assert.equal(error.maybeSent, false);
  });

  it('was not heard when the certificate is not trusted', async () => {
    const untrusted = await startUntrustedServer();
    try {
      const error = await unreachable(get(untrusted.url));
      assert.match(error.message, /DEPTH_ZERO_SELF_SIGNED_CERT/);
      assert.equal(error.maybeSent, false);
    } finally {
      await untrusted.stop();
    }
  });

  it('was not heard when https meets http', async () => {
    const error = await unreachable(get(x.apiBaseUrl.replace('http:', 'https:')));
    assert.match(error.message, /WRONG_VERSION_NUMBER/);
    assert.equal(error.maybeSent, false);
    assert.equal(x.requests.length, 0);
  });

  const networkError = (message: string, members: object): TypeError =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), members) });
  const nested = (depth: number, members: object): Error =>
    depth === 0 ? Object.assign(new Error(''), members) : new Error('', { cause: nested(depth - 1, members) });
  const circular = new Error('');
  circular.cause = circular;
  const shapes: readonly (readonly [what: string, error: unknown, reason: string | undefined, maybeSent: boolean])[] = [
    [
      'a lost route while connecting',
      networkError('', { code: 'EHOSTUNREACH', syscall: 'connect' }),
      'EHOSTUNREACH',
      false,
    ],
    [
      'a lost route while waiting for the answer',
      networkError('', { code: 'EHOSTUNREACH', syscall: 'read' }),
      'EHOSTUNREACH',
      true,
    ],
    ['a name server that is away', networkError('', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }), 'EAI_AGAIN', false],
    ['no connection in time', networkError('', { code: 'UND_ERR_CONNECT_TIMEOUT' }), 'UND_ERR_CONNECT_TIMEOUT', false],
    [
      'every address of a name that refuses',
      new TypeError('fetch failed', {
        cause: Object.assign(new AggregateError([Object.assign(new Error(''), { code: 'ECONNREFUSED' })]), {
          code: 'ECONNREFUSED',
        }),
      }),
      'ECONNREFUSED',
      false,
    ],
    ['no headers in time', networkError('', { code: 'UND_ERR_HEADERS_TIMEOUT' }), 'UND_ERR_HEADERS_TIMEOUT', true],
    ['Electron without a network', new Error('net::ERR_INTERNET_DISCONNECTED'), 'ERR_INTERNET_DISCONNECTED', false],
    ['Electron without an answer', new Error('net::ERR_EMPTY_RESPONSE'), 'ERR_EMPTY_RESPONSE', true],
    ['Electron in a longer sentence', new Error('It says net::ERR_INTERNET_DISCONNECTED'), undefined, true],
    ['Electron with an address', new Error('net::ERR_INTERNET_DISCONNECTED SECRET'), undefined, true],
    ['a code behind four errors', nested(4, { code: 'ECONNRESET' }), 'ECONNRESET', true],
    ['a code behind five errors', nested(5, { code: 'ECONNRESET' }), undefined, true],
    ['an error that is its own cause', circular, undefined, true],
    ['an error that says nothing', new TypeError('fetch failed'), undefined, true],
    ['what is no error', 'SECRET', undefined, true],
  ];
  for (const [what, thrown, reason, maybeSent] of shapes) {
    it(`tells ${what} by its code`, async () => {
      const failing: Fetch = () => Promise.reject(thrown);
      const error = await unreachable(bounded(failing, 5000)('https://api.x.com/'));
      assert.equal(error.message, `No answer from api.x.com${reason === undefined ? '' : `: ${reason}`}.`);
      assert.equal(error.maybeSent, maybeSent);
    });
  }

  for (const code of [
    'UND_ERR_CONNECT_TIMEOUT',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'net::ERR_NAME_NOT_RESOLVED',
    'net::ERR_CONNECTION_REFUSED',
    'net::ERR_INTERNET_DISCONNECTED',
    'net::ERR_PROXY_CONNECTION_FAILED',
    'net::ERR_CERT_AUTHORITY_INVALID',
    'net::ERR_CERT_COMMON_NAME_INVALID',
    'net::ERR_CERT_DATE_INVALID',
  ]) {
    it(`was not heard after ${code}`, async () => {
      const thrown = code.startsWith('net::') ? new Error(code) : networkError('', { code });
      const error = await unreachable(bounded(() => Promise.reject(thrown), 5000)('https://api.x.com/'));
      assert.equal(error.maybeSent, false);
    });
  }

  it('tells why an answer broke off by the code of the error, and never by its words', async () => {
    for (const [thrown, end] of [
      [networkError('SECRET', { code: 'ECONNRESET' }), ': ECONNRESET.'],
      [new Error('SECRET'), '.'],
    ] as const) {
      const body = new ReadableStream({ start: (controller) => controller.error(thrown) });
      const error = await unreachable(bounded(async () => new Response(body), 5000)('https://api.x.com/'));
      assert.equal(error.message, `The answer of api.x.com broke off${end}`);
    }
  });

  it('reads what has arrived while the event loop was blocked', async () => {
    const blocked: Fetch = (_, init) => {
      const until = performance.now() + 300;
      while (performance.now() < until);
      return new Promise((resolve, reject) => {
        setImmediate(() => resolve(new Response('tokens')));
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    assert.equal(await (await bounded(blocked, 50)('https://api.x.com/')).text(), 'tokens');
  });

  it('has not been away when it was a tenth of a second late', async () => {
    for (const [late, slices, timeoutMs] of [
      [100, 1, 1000],
      [101, 2, 1000],
      [0, 2, 1001],
    ] as const) {
      let nowMs = 0;
      let slept = 0;
      const deps = {
        monotonicMs: () => nowMs,
        sleep: async (ms: number) => void (nowMs += ms + (slept++ === 0 ? late : 0)),
      };
      const silent: Fetch = (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
      await unreachable(bounded(silent, timeoutMs, deps)('https://api.x.com/'));
      assert.equal(slept, slices);
    }
  });

  it('stops counting when the answer is there', async () => {
    let over: AbortSignal | undefined;
    const sleep = (_: number, signal: AbortSignal): Promise<void> => ((over = signal), new Promise(() => {}));
    await bounded(async () => new Response('at once'), 60_000, { sleep })('https://api.x.com/');
    assert.equal(over?.aborted, true);
  });

  it('rejects with the reason for which the caller gave up, before, during and after the headers', async () => {
    const reason = new Error('the person cancelled');
    await assert.rejects(get(x.apiBaseUrl, { signal: AbortSignal.abort(reason) }), reason);

    x.fail('/2/users/me', faults.silence);
    const during = new AbortController();
    const waiting = get(`${x.apiBaseUrl}/2/users/me`, { signal: during.signal });
    await x.arrival('/2/users/me');
    during.abort(reason);
    await assert.rejects(waiting, reason);

    const after = new AbortController();
    raw = await startRaw(saying(`${OK}content-length: 10\r\n\r\nhalf`));
    const reading = bounded(async (...request) => {
      const response = await fetch(...request);
      after.abort(reason);
      return response;
    }, 5000)(raw.url, { signal: after.signal });
    await assert.rejects(reading, reason);
  });

  const garbage: readonly (readonly [what: string, bytes: string])[] = [
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9 SECRET\r\n'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nSECRET SECRET\r\n\r\nSECRET'],
    ['a broken chunk', `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n{"access_token":"SECRET"}`],
    ['less than it announced', `${OK}content-length: 100\r\n\r\n{"access_token":"SECRET"`],
    ['what is not packed', `${OK}content-encoding: gzip\r\ncontent-length: 6\r\n\r\nSECRET`],
    ['a status that is none', 'HTTP/1.1 999 SECRET\r\ncontent-length: 6\r\n\r\nSECRET'],
    ['nothing', ''],
  ];
  for (const [what, bytes] of garbage) {
    it(`is UnreachableError when the server answers ${what}, and does not quote it`, async () => {
      raw = await startRaw(saying(bytes));
      const error = await unreachable(get(raw.url, { headers: { authorization: 'Bearer SECRET' } }));
      assert.equal(error.maybeSent, true);
      assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /SECRET/);
    });
  }

  it('does not quote a header that can not be sent', async () => {
    const error = await unreachable(get(x.apiBaseUrl, { headers: { authorization: 'Bearer SECRET\nx' } }));
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /SECRET/);
    assert.equal(x.requests.length, 0);
  });

  it('never names more of the URL than its host', async () => {
    x.fail('*', faults.reset);
    const error = await unreachable(get(`${x.apiBaseUrl.replace('http://', 'http://user:SECRET@')}/SECRET?SECRET`));
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /SECRET/);
  });
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);
  const inSeconds = (seconds: number): string => String(now / 1000 + seconds);
  const cases: readonly (readonly [headers: Record<string, string>, wait: number | undefined])[] = [
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'x-rate-limit-reset': inSeconds(900) }, 900_000],
    [{ 'x-rate-limit-reset': inSeconds(-900) }, 0],
    [{ 'retry-after': '5', 'x-rate-limit-reset': inSeconds(900) }, 5_000],
    [{ 'retry-after': 'later', 'x-rate-limit-reset': inSeconds(900) }, 900_000],
    [{ 'retry-after': '' }, undefined],
    [{ 'x-rate-limit-reset': '' }, undefined],
    [{ 'x-rate-limit-reset': 'never' }, undefined],
    [{ 'x-rate-limit-reset': 'x60' }, undefined],
    [{ 'x-rate-limit-reset': '60x' }, undefined],
    [{}, undefined],
  ];
  for (const [headers, wait] of cases) {
    it(`reads ${JSON.stringify(headers)} as ${String(wait)}`, () => {
      assert.equal(retryAfterMs(new Headers(headers), now), wait);
    });
  }
});
