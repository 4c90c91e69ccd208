import { type Answer, html, json, problem, text } from '../server/answer.ts';

/** How a request goes wrong. */
export type Fault =
  /** The connection is reset, without an answer. */
  | { readonly kind: 'reset' }
  /** No answer ever comes. */
  | { readonly kind: 'silence' }
  /** This answer is sent. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** An answer of this many bytes is sent. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** The real answer is sent, one byte at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Half of the real answer is sent, then the connection is closed. */
  | { readonly kind: 'break off' }
  /** The real answer is changed before it is sent. */
  | { readonly kind: 'edit'; readonly edit: (answer: Answer) => Answer };

/**
 * When a fault strikes. `unread`: before the body of the request is read. `before`: before the fake X processes the request.
 * `after`: once it has, so that, for example, the refresh token is spent although the answer is lost.
 */
export type FaultStage = 'unread' | 'before' | 'after';

/** Faults by name, for `x.fail(endpoint, faults.…)`. */
export const faults = {
  reset: { kind: 'reset' },
  silence: { kind: 'silence' },
  brokenOff: { kind: 'break off' },
  /** A complete HTTP response whose JSON ends in the middle. */
  truncatedJson: {
    kind: 'edit',
    edit: (answer: Answer) => ({ ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) }),
  },
  hundredMegabytes: { kind: 'huge', bytes: 100 * 1024 * 1024 },
  internalError: { kind: 'answer', answer: text(500, 'Internal Server Error') },
  badGateway: { kind: 'answer', answer: html(502, '<html><body><h1>502 Bad Gateway</h1></body></html>') },
  htmlUnavailable: {
    kind: 'answer',
    answer: html(503, '<!doctype html><html><body><h1>Over capacity</h1><p>Please try again.</p></body></html>'),
  },
  /** A 429 without X's rate limit headers. */
  tooManyRequests: { kind: 'answer', answer: problem(429, 'Too Many Requests', 'Too Many Requests') },
  /** What a gateway would answer, in neither the format of OAuth nor that of API v2. */
  bareUnauthorized: { kind: 'answer', answer: text(401, 'Unauthorized') },
  bareForbidden: { kind: 'answer', answer: html(403, '<html><body><h1>403 Forbidden</h1></body></html>') },
  bareBadRequest: { kind: 'answer', answer: text(400, 'Bad Request') },
  /** API v2's 401. Good tokens got it during an outage in 2026 (docs/what-x-does.md, 3). */
  unauthorized: { kind: 'answer', answer: problem(401, 'Unauthorized', 'Unauthorized') },
  creditsDepleted: {
    kind: 'answer',
    answer: problem(
      402,
      'CreditsDepleted',
      'Your enrolled account does not have any credits to fulfill this request.',
      {
        type: 'credits',
      },
    ),
  },
  clientNotEnrolled: {
    kind: 'answer',
    answer: problem(403, 'Client Forbidden', 'This app is not enrolled in the package that this request needs.', {
      type: 'client-forbidden',
      reason: 'client-not-enrolled',
    }),
  },
  userSuspended: {
    kind: 'answer',
    answer: problem(403, 'User Suspended', 'The user of this token is suspended.', { type: 'user-suspended' }),
  },
} as const satisfies Record<string, Fault>;

/** A 429 with X's rate limit headers; `resetAt` is in epoch milliseconds. */
export function tooManyRequestsUntil(resetAt: number): Fault {
  const { answer } = faults.tooManyRequests;
  const headers = {
    'x-rate-limit-limit': '75',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': String(Math.ceil(resetAt / 1000)),
  };
  return { kind: 'answer', answer: { ...answer, headers: { ...answer.headers, ...headers } } };
}

export function answers(status: number, headers: Readonly<Record<string, string>>, body: string): Fault {
  return { kind: 'answer', answer: { status, headers, body } };
}

export function answersJson(status: number, value: unknown): Fault {
  return { kind: 'answer', answer: json(status, value) };
}

/** The real answer with some members of its JSON object replaced; `undefined` removes one. */
export function withMembers(members: Readonly<Record<string, unknown>>): Fault {
  return {
    kind: 'edit',
    edit: (answer) => ({ ...answer, body: JSON.stringify(Object.assign(JSON.parse(answer.body), members)) }),
  };
}

export function dripping(everyMs: number): Fault {
  return { kind: 'drip', everyMs };
}
