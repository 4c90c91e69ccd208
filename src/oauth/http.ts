import { Unreachable } from './errors.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Larger than any answer of an OAuth endpoint or of `/2/users/me`; smaller than what could hurt the extension host. */
const MAX_BODY_BYTES = 256 * 1024;

/** Failures of Node's fetch (undici) and its sockets that happen before a request is written. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

/**
 * Wraps `fetch` so that an answer arrives whole, within a time and a size, or not at all: the body is read here, so
 * that a slow drip or an endless body is a failure of the request and not of its reader.
 *
 * Redirects are not followed: no OAuth endpoint redirects a POST, and following one would hand over what was sent.
 * Never rejects with anything but {@link Unreachable}, unless the caller's own `signal` aborted.
 */
export function bounded(fetch: Fetch, timeoutMs: number, maxBodyBytes = MAX_BODY_BYTES): Fetch {
  return async (url, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const { host } = new URL(url);
    let response: Response;
    try {
      response = await fetch(url, { ...init, signal, redirect: 'manual' });
    } catch (error) {
      init?.signal?.throwIfAborted();
      throw new Unreachable(`No answer from ${host}: ${reasonOf(error)}`, {
        maybeSent: maybeSent(error),
        cause: error,
      });
    }
    const { status } = response;
    try {
      const body = await readWhole(response, maxBodyBytes);
      const bodyless = status === 204 || status === 205 || status === 304;
      return new Response(bodyless ? null : body, { status, headers: response.headers });
    } catch (error) {
      init?.signal?.throwIfAborted();
      throw new Unreachable(`The answer of ${host} broke off: ${reasonOf(error)}`, { status, cause: error });
    }
  };
}

async function readWhole(response: Response, maxBodyBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // `for await` cancels the stream, and with it the download, when the loop is left early.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw new Error(`more than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function maybeSent(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || !NEVER_SENT.has(code);
}

/** `fetch failed` says nothing; the code of its cause does. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'it took too long';
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    // Happy Eyeballs fails with one error per address; they say the same.
    if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return codeOf(cause.errors[0]);
  }
  return undefined;
}

/** How long a 429 or 503 asks us to wait, in milliseconds: `Retry-After` (RFC 9110 §10.2.3) or X's `x-rate-limit-reset`, in Unix seconds. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get('retry-after');
  if (retryAfter !== null) {
    const seconds = Number(retryAfter);
    const until = Number.isFinite(seconds) ? now + seconds * 1000 : Date.parse(retryAfter);
    if (Number.isFinite(until)) return Math.max(0, until - now);
  }
  const reset = headers.get('x-rate-limit-reset');
  const resetAt = reset === null ? Number.NaN : Number(reset) * 1000;
  return Number.isFinite(resetAt) ? Math.max(0, resetAt - now) : undefined;
}
