/**
 * Somebody else's words, fit to be logged and shown: on one line, not endless, and without a Markdown link, which an editor would
 * make clickable, commands included.
 */
export function plainWords(words: string, maxLength = 300): string {
  return words
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('](', '] (')
    .trim()
    .slice(0, maxLength)
    .trim();
}

/** As many words of a server are looked at; many fewer are kept. */
const MAX_READ = 4_000;

/** What an `error` of RFC 6749 §5.2 and its like are cut to. */
export const MAX_CODE = 100;

/** As long as tokens, and of nothing but the characters that they are made of. */
const RUN = /[\w\-.~+/=%]{20,}/g;

/** What runs of a sentence, of an address or of an identifier are made of: a word, an abbreviation or a number. */
const PLAIN_PART = /^(?:[A-Za-z]?[a-z]{0,19}(?:[A-Z][a-z]{0,19})?\d{0,2}|[A-Z]{1,15}|\d{1,19})$/;

/**
 * The {@link plainWords} of a server about a request, without what was sent with it: a server, or a gateway before it, may
 * repeat the request. Struck out are the secrets that were `sent`, also percent-encoded, and whatever else looks like a credential:
 * 20 characters or more that tokens are made of, without a space, unless every part between their punctuation is a word or a
 * number, as in `https://docs.x.com/fundamentals/authentication/oauth-2-0`.
 */
export function serverWords(words: string, sent: readonly string[], maxLength?: number): string {
  const isPlain = (run: string): boolean => run.split(/[^A-Za-z0-9]+/).every((part) => PLAIN_PART.test(part));
  return plainWords(
    withoutSent(words, sent).replace(RUN, (run) => (isPlain(run) ? run : '…')),
    maxLength,
  );
}

/** A server's words with the secrets that were sent struck out of them, and nothing else. */
export function withoutSent(words: string, sent: readonly string[]): string {
  let kept = words.slice(0, MAX_READ);
  // Shorter ones are no secrets, but may be part of any word; longer ones can't be in there.
  for (const secret of sent.filter(({ length }) => length > 5 && length <= MAX_READ))
    kept = kept.replace(anyForm(secret), '…');
  return kept;
}

/** Finds a text as it is and percent-encoded, once or several times over, whichever characters that was done to. */
function anyForm(text: string): RegExp {
  const pattern = text.replace(/[^A-Za-z0-9]/gu, (character) => {
    const bytes = [...Buffer.from(character)].map((byte) => `%(?:25)*${byte.toString(16).padStart(2, '0')}`);
    return `(?:\\u{${character.codePointAt(0)?.toString(16)}}|${bytes.join('')})`;
  });
  return new RegExp(pattern, 'giu');
}

/** The server answered, and its answer says no: an OAuth error response (RFC 6749 §5.2) or its OAuth 1.0a counterpart. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  /** The `error` of RFC 6749 §5.2, or the number of an `errors[0].code` in decimal. */
  readonly code: string;
  /** The server's own words, as {@link serverWords}. They may be shown. */
  readonly description: string | undefined;

  /** `sent`: the secrets of the request that was refused. */
  constructor(status: number, code: string, description: string | undefined, sent: readonly string[]) {
    const kept = serverWords(code, sent, MAX_CODE);
    const words = description === undefined ? undefined : serverWords(description, sent);
    super(`The server refused: ${kept}${words === undefined ? '' : ` (${words})`}`);
    this.status = status;
    this.code = kept;
    this.description = words;
  }
}

/**
 * There was no usable answer: no connection, a time-out, 429, 5xx, or an answer that is not the protocol's. It has no `cause`:
 * those of `fetch` and of parsers quote what was sent or received, tokens included.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** The HTTP status, if there was one. */
  readonly status: number | undefined;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** False when it is certain that the request never reached the server; otherwise it may have been acted on. */
  readonly maybeSent: boolean;

  constructor(
    message: string,
    details: { status?: number; retryAfterMs?: number | undefined; maybeSent?: boolean } = {},
  ) {
    super(message);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.maybeSent = details.maybeSent ?? true;
  }
}

/**
 * The errors of RFC 6749 §4.1.2.1. Without a state, which anyone could leave out, only these are reported, and no other word
 * that came with them.
 */
export const AUTHORIZATION_ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
]);

/** The authorization endpoint sent the browser back with an error instead of a code (RFC 6749 §4.1.2.1). */
export class AuthorizationDeniedError extends Error {
  override readonly name = 'AuthorizationDeniedError';
  /** `access_denied` when the person said no. */
  readonly code: string;
  readonly description: string | undefined;

  /** `sent`: what nobody may see of the request and of the callback. */
  constructor(code: string, description?: string, sent: readonly string[] = []) {
    const kept = serverWords(code, sent, MAX_CODE);
    super(`The authorization was not given: ${kept}`);
    this.code = kept;
    this.description = description === undefined ? undefined : serverWords(description, sent);
  }
}

/** A callback that is not the answer to the sign-in that waits: another state, none, or no code in it. */
export class CallbackMismatchError extends Error {
  override readonly name = 'CallbackMismatchError';
}
