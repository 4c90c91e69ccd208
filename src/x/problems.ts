import * as v from 'valibot';
import { MAX_CODE, serverWords, withoutSent } from '../oauth/errors.ts';

/** What API v2 says when it refuses (https://docs.x.com/x-api/fundamentals/response-codes-and-errors). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** The last segment of the problem's `type`, whose host varies: `client-forbidden`, `usage-capped`, …; or the title when there is none. */
  readonly kind: string;
  /** What `client-forbidden` is about: `client-not-enrolled`, … */
  readonly reason: string | undefined;

  /** `sent`: the secrets of the request. */
  constructor(
    status: number,
    kind: string,
    reason: string | undefined,
    detail: string | undefined,
    sent: readonly string[],
  ) {
    super(`X answered ${status}: ${serverWords(detail ?? kind, sent)}`);
    this.status = status;
    this.kind = serverWords(kind, sent, MAX_CODE);
    this.reason = reason === undefined ? undefined : serverWords(reason, sent, MAX_CODE);
  }
}

/** RFC 9457 §3.1: what is of another type than it should be is to be ignored. */
const words = v.fallback(v.optional(v.pipe(v.string(), v.nonEmpty())), undefined);

const ProblemBody = v.object({ title: words, detail: words, type: words, reason: words });

/** Reads the body of an answer that is not a success; any body will do. `sent`: the secrets of the request. */
export function readProblem(status: number, body: string, sent: readonly string[]): Problem {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  const parsed = v.safeParse(ProblemBody, json);
  if (!parsed.success) return new Problem(status, 'unknown', undefined, undefined, sent);
  const { title, detail, type, reason } = parsed.output;
  // Struck out before it is cut up: a part of a secret would not be recognized.
  const parts = type === undefined || type === 'about:blank' ? [] : withoutSent(type, sent).split('/');
  const segment = parts.findLast((part) => part !== '');
  return new Problem(status, segment ?? title ?? 'unknown', reason, detail, sent);
}
