import * as fc from 'fast-check';
import type { Fetch } from '../../src/oauth/http.ts';
import { anyJson, anyText, oneOf } from './words.ts';

/** What stands for a part of the request in an answer, which a server or a gateway may repeat. */
const ECHOES = ['⟦body⟧', '⟦authorization⟧', '⟦credentials⟧', '⟦decoded⟧', '⟦values⟧'] as const;

interface Body {
  readonly kind: 'json' | 'text' | 'form' | 'cut' | 'broken' | 'huge' | 'bytes';
  readonly value: unknown;
  readonly cutAt: number;
}

/** What comes instead of an answer, or an answer. */
export interface Answer {
  readonly fails: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** How often what is repeated of the request is percent-encoded. */
  readonly encoded: number;
}

/** What X is known to say, and what only looks like it. */
const SAID = [
  'Value passed for the token was invalid.',
  'Value passed for the authorization code was invalid.',
  'Missing valid authorization header',
  'Could not authenticate you.',
  'Invalid or expired token.',
  'invalid_request',
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'server_error',
  'token was invalid',
  'client-not-enrolled',
  'about:blank',
  'https://api.twitter.com/2/problems/client-forbidden',
];

const echo = fc.constantFrom(...ECHOES);

const word = fc.oneof(fc.constantFrom(...SAID), anyText, echo);

const saying = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SAID) },
  { weight: 3, arbitrary: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')) },
  { weight: 2, arbitrary: echo },
);

const anything = fc.oneof({ weight: 2, arbitrary: saying }, { weight: 1, arbitrary: anyJson });

const members = (...names: readonly string[]): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] });

/** Whatever is in them, these answers have X's names in them. */
const shaped = fc.oneof(
  fc.constantFrom(
    { error: 'invalid_grant' },
    { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
  ),
  saying.map((words) => ({ error: 'invalid_request', error_description: words })),
  saying.map((words) => ({ token_type: 'bearer', access_token: words })),
  members('error', 'error_description', 'errors'),
  members('title', 'detail', 'type', 'reason', 'status'),
  members('code', 'message').map((entry) => ({ errors: [entry] })),
  members('access_token', 'token_type', 'refresh_token', 'expires_in', 'scope'),
  members('access_token', 'refresh_token', 'expires_in', 'scope').map((more) => ({
    token_type: 'bearer',
    access_token: 'fuzzed-access-token-0123456789',
    ...(typeof more === 'object' && more),
  })),
  members('id', 'username', 'profile_image_url').map((data) => ({ data })),
  fc.constant({ data: { id: '1', username: 'ada' } }),
  anyJson,
);

const form = fc
  .record(
    {
      oauth_token: saying,
      oauth_token_secret: saying,
      oauth_callback_confirmed: fc.constantFrom('true', 'false', ''),
      user_id: fc.oneof(fc.constant('12'), anyText),
      screen_name: fc.oneof(fc.constant('ada'), anyText),
      __proto__: anyText,
    },
    { requiredKeys: [] },
  )
  .map((parameters) => new URLSearchParams(parameters).toString());

const xml = saying.map((words) => `<?xml version="1.0"?><errors><error code="32">${words}</error></errors>`);

const value: fc.Arbitrary<Pick<Body, 'kind' | 'value'>> = fc.oneof(
  { weight: 8, arbitrary: shaped.map((json) => ({ kind: 'json' as const, value: json })) },
  { weight: 2, arbitrary: fc.oneof(xml, saying).map((text) => ({ kind: 'text' as const, value: text })) },
  { weight: 2, arbitrary: form.map((text) => ({ kind: 'form' as const, value: text })) },
  { weight: 1, arbitrary: shaped.map((json) => ({ kind: 'cut' as const, value: json })) },
  { weight: 1, arbitrary: shaped.map((json) => ({ kind: 'broken' as const, value: json })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => ({ kind: 'bytes' as const, value: bytes })) },
);

/** Rare, since each takes as long as hundreds of others. */
const huge = fc
  .constantFrom('a', ' ', '[', '{"error":', '<error ', '<error>', '%25', '"\\u0000', '\0', 'x y ')
  .map((unit) => ({ kind: 'huge' as const, value: unit }));

const digits = fc.nat({ max: 4_000_000_000 }).map(String);

const headerText = fc.oneof(
  digits,
  fc.constantFrom('', '-1', '1e9', 'Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', '9'.repeat(400)),
  fc.string({ unit: oneOf('abc019 ,;=/:-é\t'), maxLength: 30 }),
);

const headers = fc.record(
  {
    'retry-after': headerText,
    'x-rate-limit-limit': headerText,
    'x-rate-limit-remaining': headerText,
    'x-rate-limit-reset': headerText,
    date: headerText,
    location: fc.constantFrom('https://evil.example/', '//evil.example/', '/2/oauth2/token'),
    'www-authenticate': headerText,
    'content-type': fc.oneof(
      fc.constantFrom('application/json', 'text/html', 'text/xml; charset=utf-16', 'multipart/form-data'),
      headerText,
    ),
  },
  { requiredKeys: [] },
);

const status = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(200, 400, 401, 403) },
  { weight: 2, arbitrary: fc.constantFrom(201, 204, 301, 302, 304, 307, 402, 404, 408, 429, 500, 502, 503, 520) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
);

/** What `fetch` rejects with, quoting what was sent: `undefined` for nothing. */
const failure = fc.oneof(
  { weight: 20, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('ECONNRESET', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'UND_ERR_SOCKET', 7, null) },
);

/** Anything that may come from X, or from what stands before it. */
export const answer: fc.Arbitrary<Answer> = fc
  .record({
    fails: failure,
    status,
    headers,
    body: fc.oneof({ weight: 60, arbitrary: value }, { weight: 1, arbitrary: huge }),
    cutAt: fc.nat({ max: 200 }),
    encoded: fc.nat({ max: 3 }),
  })
  .map(({ body, cutAt, ...rest }) => ({ ...rest, body: { ...body, cutAt } }));

/** A request as it was sent. */
export interface Sent {
  readonly url: string;
  readonly redirect: string | undefined;
  readonly authorization: string;
  readonly body: string;
  /** What came back, if it was text and came whole. */
  answered?: { readonly status: number; readonly text: string };
}

export function sentBy(url: string, init: RequestInit | undefined): Sent {
  const { body, redirect, headers: given } = init ?? {};
  return {
    url,
    redirect,
    authorization: new Headers(given).get('authorization') ?? '',
    body: body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : '',
  };
}

/** A `fetch` that answers every request in this way, and keeps what was sent. */
export function answering(next: () => Answer, sent: Sent[]): Fetch {
  return async (url, init) => {
    const request = sentBy(url, init);
    sent.push(request);
    return respond(next(), request);
  };
}

function respond(given: Answer, request: Sent): Response {
  const fill = (text: string): string => ECHOES.reduce((kept, part) => kept.replaceAll(part, repeated(part)), text);
  const repeated = (part: (typeof ECHOES)[number]): string => {
    let text = partOf(request, part);
    for (let times = 0; times < given.encoded; times++) text = encodeURIComponent(text);
    return text;
  };
  if (given.fails !== undefined) {
    const cause = Object.assign(new Error(`Invalid header ${request.authorization} ${request.body}`), {
      code: given.fails,
    });
    throw new TypeError(`fetch failed: ${request.authorization}`, { cause });
  }
  const { status: code, headers: sentBack } = given;
  const encoded = Object.fromEntries(
    Object.entries(sentBack).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]),
  );
  const hasNone = code === 204 || code === 205 || code === 304;
  const body = hasNone ? '' : bodyOf(given.body, fill);
  if (typeof body === 'string') request.answered = { status: code, text: body };
  return new Response(hasNone ? null : body, { status: code, headers: encoded });
}

function bodyOf(
  { kind, value: given, cutAt }: Body,
  fill: (text: string) => string,
): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  switch (kind) {
    case 'json':
      return JSON.stringify(filled(given, fill)) ?? '';
    case 'text':
    case 'form':
      return fill(String(given));
    case 'cut':
      return (JSON.stringify(filled(given, fill)) ?? '').slice(0, cutAt);
    case 'broken':
      return broken(JSON.stringify(filled(given, fill)) ?? '');
    case 'huge':
      return String(given).repeat(Math.floor(250_000 / String(given).length) + cutAt * 100);
    case 'bytes':
      return given instanceof Uint8Array ? new Uint8Array(given) : '';
  }
}

function broken(text: string): ReadableStream<Uint8Array> {
  const parts = [new TextEncoder().encode(text)];
  return new ReadableStream({
    pull: (controller) => {
      const part = parts.shift();
      if (part === undefined) controller.error(new Error(`terminated after ${text}`));
      else controller.enqueue(part);
    },
  });
}

function filled(json: unknown, fill: (text: string) => string): unknown {
  if (typeof json === 'string') return fill(json);
  if (Array.isArray(json)) return json.map((entry) => filled(entry, fill));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, entry]) => [name, filled(entry, fill)]));
}

function partOf({ authorization, body }: Sent, part: (typeof ECHOES)[number]): string {
  const credentials = authorization.slice(authorization.indexOf(' ') + 1);
  switch (part) {
    case '⟦body⟧':
      return body;
    case '⟦authorization⟧':
      return authorization;
    case '⟦credentials⟧':
      return credentials;
    case '⟦decoded⟧':
      return Buffer.from(credentials, 'base64').toString();
    case '⟦values⟧':
      return [...new URLSearchParams(body).values()].join('\n');
  }
}
