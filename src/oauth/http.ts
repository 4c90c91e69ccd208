import { setTimeout as delay } from 'node:timers/promises';
import { UnreachableError } from './errors.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What requests need of the outside. */
export interface HttpDeps {
  /** It must be {@link bounded}. */
  readonly fetch: Fetch;
  /** In epoch milliseconds. */
  readonly now: () => number;
}

/** Larger than any answer of an OAuth endpoint or of `/2/users/me`; smaller than what could hurt the extension host. */
const MAX_BODY_BYTES = 256 * 1024;

/** The time of a request is counted in slices of this length at most. */
const SLICE_MS = 1_000;

/** A slice that took so much longer has not been listened to: the event loop was blocked, or the machine slept. */
const LATE_MS = 100;

/** What a socket was about when it failed before anything could be written to it. */
const BEFORE_SENDING = new Set<unknown>(['connect', 'getaddrinfo']);

/** Other failures of Node's fetch (undici), its TLS and Electron's that happen before a request is written. */
const NEVER_SENT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_NAME_NOT_RESOLVED',
  'ERR_CONNECTION_REFUSED',
  'ERR_INTERNET_DISCONNECTED',
  'ERR_PROXY_CONNECTION_FAILED',
  'ERR_CERT_AUTHORITY_INVALID',
  'ERR_CERT_COMMON_NAME_INVALID',
  'ERR_CERT_DATE_INVALID',
]);

interface PendingAttempt {
  /** A clock that nobody sets, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const REAL_TIME: PendingAttempt = {
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { ref: false, signal }),
};

/**
 * Wraps `fetch` so that an answer arrives whole, within a time and a size, or not at all: the body is read here, so
 * that a slow drip or an endless body is a failure of the request and not of its reader. Only time in which this process listened
 * is counted: an answer that has arrived meanwhile is read first, because it may be the only copy of new tokens.
 *
 * Redirects are not followed: no OAuth endpoint redirects a POST, and following one would hand over what was sent.
 * Never rejects with anything but {@link UnreachableError}, unless the caller's own `signal` aborted.
 */
export function bounded(
  fetch: Fetch,
  timeoutMs: number,
  { maxBodyBytes = MAX_BODY_BYTES, ...waiting }: Partial<PendingAttempt> & { readonly maxBodyBytes?: number } = {},
): Fetch {
  const ask = async (url: string, init: RequestInit | undefined, timeout: AbortSignal): Promise<Response> => {
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let response: Response;
    try {
      response = await fetch(url, { ...init, signal, redirect: 'manual' });
    } catch (error) {
      init?.signal?.throwIfAborted();
      throw unreachable(url, error, timeout.aborted ? 'it took too long' : undefined);
    }
    const { status } = response;
    try {
      const body = await readWhole(response, maxBodyBytes);
      const bodyless = status === 204 || status === 205 || status === 304;
      return new Response(bodyless ? null : body, { status, headers: response.headers });
    } catch (error) {
      init?.signal?.throwIfAborted();
      const reason = timeout.aborted
        ? 'it took too long'
        : error instanceof AnswerTooLongError
          ? error.message
          : undefined;
      const why = reason ?? failureOf(error).code;
      const { host } = new URL(url);
      throw new UnreachableError(`The answer of ${host} broke off${why === undefined ? '' : `: ${why}`}.`, { status });
    }
  };
  return async (url, init) => {
    const timeout = new AbortController();
    const over = new AbortController();
    void listened(timeoutMs, over.signal, { ...REAL_TIME, ...waiting }).then(
      () => timeout.abort(),
      () => undefined,
    );
    try {
      return await ask(url, init, timeout.signal);
    } finally {
      over.abort();
    }
  };
}

/**
 * Resolves when this process has listened for so long. After a time away another slice follows, in which what lies in the socket
 * is read: timers come before the network when an event loop goes on.
 */
async function listened(ms: number, over: AbortSignal, { monotonicMs, sleep }: PendingAttempt): Promise<void> {
  const slice = Math.min(ms, SLICE_MS);
  let wasAway = false;
  for (let left = ms; left > 0 || wasAway; left -= slice) {
    const startedAt = monotonicMs();
    await sleep(slice, over);
    wasAway = monotonicMs() - startedAt > slice + LATE_MS;
  }
}

/** What it means that `fetch` rejected: its own error may quote what was sent, and mostly says nothing. */
export function unreachable(url: string, error: unknown, why?: string): UnreachableError {
  const { code, neverSent } = failureOf(error);
  const reason = why ?? code;
  return new UnreachableError(`No answer from ${new URL(url).host}${reason === undefined ? '' : `: ${reason}`}.`, {
    maybeSent: !neverSent,
  });
}

/** What it means that a server answered with a status that its protocol does not know here; `now` in epoch milliseconds. */
export function unexpectedStatus({ status, headers }: Response, now: number): UnreachableError {
  return new UnreachableError(`The server answered ${status}.`, { status, retryAfterMs: retryAfterMs(headers, now) });
}

class AnswerTooLongError extends Error {}

async function readWhole(response: Response, maxBodyBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // `for await` cancels the stream, and with it the download, when the loop is left early.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw new AnswerTooLongError(`it has more than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

interface NetworkFailure {
  readonly code: string | undefined;
  /** True when it is certain that nothing was written to the server. */
  readonly neverSent: boolean;
}

/** Looks for the error that has a code: `fetch failed` says nothing, and other messages may quote a header, which is a secret. */
function failureOf(error: unknown): NetworkFailure {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    // Happy Eyeballs fails with one error per address that could not be connected to.
    if (cause instanceof AggregateError) return { ...failureOf(cause.errors[0]), neverSent: true };
    const code = 'code' in cause ? cause.code : /^net::(\w+)$/.exec(cause.message)?.[1];
    if (typeof code !== 'string') continue;
    const syscall = 'syscall' in cause ? cause.syscall : undefined;
    return { code, neverSent: BEFORE_SENDING.has(syscall) || NEVER_SENT.has(code) };
  }
  return { code: undefined, neverSent: false };
}

/**
 * How long a 429 or 503 asks us to wait, in milliseconds: `Retry-After` (RFC 9110 §10.2.3) or X's `x-rate-limit-reset`, in
 * Unix seconds.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get('retry-after') ?? '';
  const after = isDigits(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  if (Number.isFinite(after)) return Math.max(0, after);
  const reset = headers.get('x-rate-limit-reset') ?? '';
  return isDigits(reset) ? Math.max(0, Number(reset) * 1000 - now) : undefined;
}

function isDigits(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}
