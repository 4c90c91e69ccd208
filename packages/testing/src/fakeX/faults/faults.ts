import { type Answer, html, json, problem, text } from '../server/answer.ts';

/** A way for a request to go wrong. */
export type Fault =
  /** The connection is reset, without an answer. */
  | { readonly kind: 'reset' }
  /** Nothing ever comes. */
  | { readonly kind: 'silence' }
  /** This answer comes. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** An answer of so many bytes comes. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** The true answer comes, a byte at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Half of the true answer comes, then the connection is reset. */
  | { readonly kind: 'break off' }
  /** The true answer comes, changed. */
  | { readonly kind: 'edit'; readonly edit: (answer: Answer) => Answer };

/**
 * When a fault strikes. `unread`: before the body of the request is read. `before`: before the fake X acts on it.
 * `after`: when it has acted, so that a refresh token is spent and the answer lost.
 */
export type FaultStage = 'unread' | 'before' | 'after';

/** Faults by name, for `x.fail(endpoint, faults.…)`. */
export const faults = {
  reset: { kind: 'reset' },
  silence: { kind: 'silence' },
  brokenOff: { kind: 'break off' },
  /** A whole answer, as far as HTTP goes, whose JSON stops in the middle. */
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
  /** 429 that does not say for how long. */
  tooManyRequests: { kind: 'answer', answer: problem(429, 'Too Many Requests', 'Too Many Requests') },
  /** As a gateway answers: not OAuth's and not API v2's. */
  bareUnauthorized: { kind: 'answer', answer: text(401, 'Unauthorized') },
  bareForbidden: { kind: 'answer', answer: html(403, '<html><body><h1>403 Forbidden</h1></body></html>') },
  bareBadRequest: { kind: 'answer', answer: text(400, 'Bad Request') },
  /** 401 as API v2 says it. During one outage in 2026 good tokens got it (docs/what-x-does.md, 3). */
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

/** 429 with X's header; `resetAt` in epoch milliseconds. */
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

/** The true answer, its JSON object with these members changed; `undefined` takes one out. */
export function withMembers(members: Readonly<Record<string, unknown>>): Fault {
  return {
    kind: 'edit',
    edit: (answer) => ({ ...answer, body: JSON.stringify(Object.assign(JSON.parse(answer.body), members)) }),
  };
}

export function dripping(everyMs: number): Fault {
  return { kind: 'drip', everyMs };
}
