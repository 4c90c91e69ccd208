import * as v from 'valibot';

/** What API v2 says when it refuses (https://docs.x.com/x-api/fundamentals/response-codes-and-errors). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** The last segment of the problem's `type`, whose host varies: `client-forbidden`, `usage-capped`, …; or the title when there is none. */
  readonly kind: string;
  /** What `client-forbidden` is about: `client-not-enrolled`, … */
  readonly reason: string | undefined;

  constructor(status: number, kind: string, reason: string | undefined, detail: string | undefined) {
    super(`X answered ${status}: ${detail ?? kind}`);
    this.status = status;
    this.kind = kind;
    this.reason = reason;
  }
}

const ProblemBody = v.object({
  title: v.optional(v.string()),
  detail: v.optional(v.string()),
  type: v.optional(v.string()),
  reason: v.optional(v.string()),
});

/** Reads the body of an answer that is not a success; any body will do. */
export function readProblem(status: number, body: string): Problem {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  const parsed = v.safeParse(ProblemBody, json);
  if (!parsed.success) return new Problem(status, 'unknown', undefined, undefined);
  const { title, detail, type, reason } = parsed.output;
  const segment = type === undefined || type === 'about:blank' ? undefined : type.split('/').at(-1);
  return new Problem(status, segment ?? title ?? 'unknown', reason, detail);
}
