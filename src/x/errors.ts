import * as v from 'valibot';
import { parseJson } from '../common/json.ts';
import { RefusedError, withoutSent } from '../oauth/errors.ts';

/** What a refusal of X is about, and so what mends it. */
export type RefusalCause =
  /** The refresh token is spent, revoked or unknown: only signing in again helps. */
  | 'token'
  /** There is no app with this client id. */
  | 'unknown-client'
  /** The client secret is wrong, missing, or needless: the app is of the other kind. */
  | 'client-secret'
  /** The API key or its secret is wrong. */
  | 'api-key'
  /** X does not know the OAuth 1.0a token, or does not any more. */
  | 'unknown-token'
  /** The verifier or PIN is wrong. */
  | 'verifier'
  /** The time of the request is too far from X's. */
  | 'clock'
  /** The callback URL is not registered with the app. */
  | 'callback-url'
  /** The app takes only a PIN, or only a callback. */
  | 'wrong-flow'
  | 'account-suspended'
  | 'account-locked'
  | 'app-suspended'
  /** The app is in a package of X's that has no access to this. */
  | 'not-enrolled'
  /** The app has no credits left. */
  | 'credits'
  /** Something else; nothing is to be concluded from it. */
  | 'other';

/** The code of a {@link RefusedError} when the verifier or PIN is wrong: X has no number for that. */
export const INVALID_VERIFIER = 'invalid_verifier';

/**
 * By codes of RFC 6749 §5.2, by X's numbers, and by the kinds and reasons of API v2's problems
 * (https://docs.x.com/x-api/fundamentals/response-codes-and-errors).
 */
const CAUSES: Readonly<Record<string, RefusalCause | undefined>> = {
  invalid_client: 'unknown-client',
  unauthorized_client: 'client-secret',
  invalid_grant: 'token',
  [INVALID_VERIFIER]: 'verifier',
  '32': 'api-key',
  '64': 'account-suspended',
  '89': 'unknown-token',
  '99': 'api-key',
  '135': 'clock',
  '215': 'api-key',
  '326': 'account-locked',
  '415': 'callback-url',
  '416': 'app-suspended',
  '417': 'wrong-flow',
  'client-not-enrolled': 'not-enrolled',
  'user-suspended': 'account-suspended',
  credits: 'credits',
  CreditsDepleted: 'credits',
};

/**
 * Reads a refusal by what X says, never by its status (what X answers is in developers' reports, not in its documentation).
 * A dead refresh token is `invalid_request`, the code that every other mistake has as well, so the description decides.
 */
export function refusalCause({ code, description }: RefusedError): RefusalCause {
  if (code === 'invalid_request') return /\btoken was invalid\b/i.test(description ?? '') ? 'token' : 'other';
  return (Object.hasOwn(CAUSES, code) ? CAUSES[code] : undefined) ?? 'other';
}

/** RFC 9457 §3.1: what is of another type than it should be is to be ignored. */
const words = v.fallback(v.optional(v.pipe(v.string(), v.nonEmpty())), undefined);

const ProblemBody = v.object({ title: words, detail: words, type: words, reason: words });

/** What API v2 says when it refuses (RFC 9457). */
interface Problem {
  /** The last segment of the problem's `type`, whose host varies: `client-forbidden`, `usage-capped`, …; or the title when there is none. */
  readonly kind: string;
  /** What `client-forbidden` is about: `client-not-enrolled`, … */
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}

/** Reads the body of an answer that is not a success; undefined where there is no problem in it. `sent`: the secrets of the request. */
export function readProblem(body: string, sent: readonly string[]): Problem | undefined {
  const { title, detail, type, reason } = parseJson(ProblemBody, body) ?? {};
  // Struck out before it is cut up: a part of a secret would not be recognized.
  const parts = type === undefined || type === 'about:blank' ? [] : withoutSent(type, sent).split('/');
  const kind = parts.findLast((part) => part !== '') ?? title;
  return kind === undefined ? undefined : { kind, reason, detail };
}

/** The error that an answer of API v2 stands for which is not a success, whatever is in it. `sent`: the secrets of the request. */
export function refusedByApi(status: number, body: string, sent: readonly string[]): RefusedError {
  const { kind = 'unknown', reason, detail } = readProblem(body, sent) ?? {};
  return new RefusedError(status, reason ?? kind, detail, sent);
}
