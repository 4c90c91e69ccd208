import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request as it was received, and its outcome so far. */
export interface ReceivedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly rawQuery: string;
  readonly query: Readonly<Record<string, string>>;
  /** The `Host` header: `127.0.0.1:PORT` for the API, `x.localhost:PORT` for pages. */
  readonly host: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The body as sent; empty while it has not been read. */
  readonly body: string;
  readonly bodyWasRead: boolean;
  /** The body, if it is `application/x-www-form-urlencoded`. */
  readonly form: Readonly<Record<string, string>> | undefined;
  /** The body, if it is JSON that can be parsed. */
  readonly json: unknown;
  /** When it came, by the fake X's clock, in epoch milliseconds. */
  readonly at: number;
  readonly outcome: Outcome;
}

interface Outcome {
  /** `waiting` until the answer is sent, `held` by a test, `lost` if the client never got the whole answer. */
  readonly state: 'waiting' | 'held' | 'answered' | 'lost';
  /** The status that the client saw. */
  readonly status?: number;
  /** True once the fake X has processed the request, even if the answer never arrives. */
  readonly acted: boolean;
  /** The `kind` of the fault that spoiled it. */
  readonly fault?: string;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The fake X's own, writable view of a {@link ReceivedRequest}. */
export type Incoming = Writable<ReceivedRequest>;

export function receive(message: IncomingMessage, at: number): Incoming {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: Object.fromEntries(new URLSearchParams(rawQuery)),
    host: message.headers.host ?? '',
    headers: message.headers,
    body: '',
    bodyWasRead: false,
    form: undefined,
    json: undefined,
    at,
    outcome: { state: 'waiting', acted: false },
  };
}

/** Reads the body. False when the client disconnected first. */
export async function readBody(message: IncomingMessage, request: Incoming): Promise<boolean> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return false;
  }
  request.bodyWasRead = true;
  request.body = Buffer.concat(chunks).toString('utf8');
  const type = (message.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') {
    request.form = Object.fromEntries(new URLSearchParams(request.body));
  } else if (type === 'application/json') {
    try {
      request.json = JSON.parse(request.body);
    } catch {
      // It stays undefined, and the endpoint answers that the body isn't JSON.
    }
  }
  return true;
}

/** The name of a form parameter that was sent more than once, which RFC 6749 §3.2 forbids. */
export function repeatedParameter(request: ReceivedRequest): string | undefined {
  const names = [...new URLSearchParams(request.body).keys()];
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** Whether a request went to `endpoint`: `*`, or a path that may have `:segments` and a method before it (`POST /2/tweets`). */
export function wentTo(endpoint: string, request: Pick<ReceivedRequest, 'method' | 'path'>): boolean {
  if (endpoint === '*') return true;
  const [first = '', second] = endpoint.split(' ', 2);
  if (second !== undefined && first !== request.method) return false;
  return matchPath(second ?? first, request.path) !== undefined;
}

/** The values of the `:segments` in `path`; undefined when it doesn't match `pattern`. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const got = path.split('/');
  if (wanted.length !== got.length) return undefined;
  const segments: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const found = got[index] ?? '';
    if (part.startsWith(':') && found !== '') segments[part.slice(1)] = found;
    else if (part !== found) return undefined;
  }
  return segments;
}
