/**
 * A server's words, fit to be logged and shown: on one line, not endless, and without a Markdown link, which an editor would
 * make clickable, commands included.
 */
export function plainWords(words: string): string {
  return words
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('](', '] (')
    .trim()
    .slice(0, 300);
}

/** The server answered, and its answer says no: an OAuth error response (RFC 6749 §5.2) or its OAuth 1.0a counterpart. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  /** The `error` of RFC 6749 §5.2, or the number of an `errors[0].code` in decimal. */
  readonly code: string;
  /** The server's own words. They may be shown: they never carry a secret. */
  readonly description: string | undefined;

  constructor(status: number, code: string, description: string | undefined, options?: ErrorOptions) {
    const words = description === undefined ? undefined : plainWords(description);
    super(`The server refused: ${plainWords(code)}${words === undefined ? '' : ` (${words})`}`, options);
    this.status = status;
    this.code = plainWords(code);
    this.description = words;
  }
}

/**
 * There was no usable answer: no connection, a time-out, 429, 5xx, or an answer that is not the protocol's. It has no `cause`:
 * those of `fetch` and of parsers quote what was sent or received, tokens included.
 */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
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
 * The errors of RFC 6749 §4.1.2.1. Without a state, which anyone could leave out, only these are believed, and no other word
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
export class AuthorizationDenied extends Error {
  override readonly name = 'AuthorizationDenied';
  /** `access_denied` when the person said no. */
  readonly code: string;
  readonly description: string | undefined;

  constructor(code: string, description?: string) {
    super(`The authorization was not given: ${plainWords(code)}`);
    this.code = plainWords(code);
    this.description = description === undefined ? undefined : plainWords(description);
  }
}

/** A callback that is not the answer to the sign-in that waits: another state, none, or no code in it. */
export class CallbackMismatch extends Error {
  override readonly name = 'CallbackMismatch';
}
