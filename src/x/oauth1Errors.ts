import * as v from 'valibot';
import { RefusedError, type UnreachableError } from '../oauth/errors.ts';
import { unexpectedStatus } from '../oauth/http.ts';
import { INVALID_VERIFIER, readProblem } from './errors.ts';

/** The code of a {@link RefusedError} when X refuses in words that are new to us; its description has them. */
export const UNKNOWN = 'unknown';

/**
 * Reads what X's OAuth 1.0a and app-only endpoints answer when they refuse: JSON, XML or a bare sentence, whatever the
 * Content-Type says (developers' reports). A status alone never makes a refusal, because gateways answer 4xx too. `sent`: the
 * secrets of the request.
 */
export async function errorOf(
  response: Response,
  sent: readonly string[],
  now: number,
): Promise<RefusedError | UnreachableError> {
  const { status } = response;
  const body = (await response.text()).trim();
  const mayRefuse = status >= 400 && status < 500 && status !== 429;
  const refusal = mayRefuse ? (readJson(body, sent) ?? readXml(body) ?? readSentence(body)) : undefined;
  if (refusal !== undefined) return new RefusedError(status, refusal.code, refusal.description, sent);
  return unexpectedStatus(response, now);
}

interface Refusal {
  readonly code: string;
  readonly description: string | undefined;
}

const ErrorsBody = v.object({ errors: v.array(v.unknown()) });

/** One of them: a number that X writes in more than one way, a sentence, or both. */
const ErrorEntry = v.object({ code: v.optional(v.unknown()), message: v.optional(v.string()) });

/** RFC 6749 §5.2, or in older answers a sentence. */
const ErrorBody = v.object({ error: v.string(), error_description: v.optional(v.string()) });

function readJson(body: string, sent: readonly string[]): Refusal | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const first = v.is(ErrorsBody, json) ? json.errors[0] : undefined;
  if (v.is(ErrorEntry, first)) {
    const { code, message } = first;
    const isCode = typeof code === 'number' || typeof code === 'string';
    return { code: isCode ? String(code) : numberOf(message), description: message };
  }
  if (v.is(ErrorBody, json)) {
    const { error, error_description: description } = json;
    return /^\w+$/.test(error) ? { code: error, description } : { code: numberOf(error), description: error };
  }
  const problem = readProblem(body, sent);
  return problem && { code: problem.reason ?? problem.kind, description: problem.detail };
}

/**
 * `<errors><error code="415">…</error></errors>`, or `<hash><error>…</error><request>…</request></hash>`, whose
 * `request` repeats what was sent and so must not be shown.
 */
function readXml(body: string): Refusal | undefined {
  const [, code, text] = /<error(?:\s+code=["'](\d+)["'])?\s*>([^<]*)<\/error>/.exec(body) ?? [];
  if (text === undefined) return undefined;
  const description = text
    .replace(/&(?:apos|#39|#x27);/gi, "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
  return { code: code ?? numberOf(description), description };
}

/** A bare sentence could be a gateway's: only X's own are a refusal. */
function readSentence(body: string): Refusal | undefined {
  const code = /[<{]/.test(body) ? UNKNOWN : numberOf(body);
  return code === UNKNOWN ? undefined : { code, description: body };
}

/** X's numbers (https://docs.x.com/x-api/fundamentals/response-codes-and-errors) for the words that come without one. */
const SENTENCES: readonly (readonly [code: string, words: RegExp])[] = [
  ['32', /could not authenticate you|validate oauth signature/i],
  ['64', /account is suspended/i],
  ['89', /invalid (?:or|\/) expired token|invalid request token|request token missing|reverse auth credentials/i],
  ['99', /unable to verify your credentials/i],
  ['135', /timestamp out of bounds/i],
  ['215', /bad authentication data/i],
  ['326', /temporarily locked/i],
  ['415', /callback url not approved/i],
  ['416', /suspended application/i],
  ['417', /the oauth_callback value/i],
  [INVALID_VERIFIER, /invalid oauth_verifier/i],
];

function numberOf(words: string | undefined): string {
  return SENTENCES.find(([, pattern]) => pattern.test(words ?? ''))?.[0] ?? UNKNOWN;
}
