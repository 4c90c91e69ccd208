/** The server answered, and its answer says no: an OAuth error response (RFC 6749 §5.2) or its OAuth 1.0a counterpart. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  /** The `error` of RFC 6749 §5.2, or the number of an `errors[0].code` in decimal. */
  readonly code: string;
  /** The server's own words. They may be shown: they never carry a secret. */
  readonly description: string | undefined;

  constructor(status: number, code: string, description: string | undefined, options?: ErrorOptions) {
    super(`The server refused: ${code}${description === undefined ? '' : ` (${description})`}`, options);
    this.status = status;
    this.code = code;
    this.description = description;
  }
}

/** There was no usable answer: no connection, a time-out, 429, 5xx, or an answer that is not the protocol's. */
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
    details: { status?: number; retryAfterMs?: number | undefined; maybeSent?: boolean; cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.maybeSent = details.maybeSent ?? true;
  }
}

/** The authorization endpoint sent the browser back with an error instead of a code (RFC 6749 §4.1.2.1). */
export class AuthorizationDenied extends Error {
  override readonly name = 'AuthorizationDenied';
  /** `access_denied` when the person said no. */
  readonly code: string;
  readonly description: string | undefined;

  constructor(code: string, description?: string) {
    super(`The authorization was not given: ${code}`);
    this.code = code;
    this.description = description;
  }
}

/** A callback that is not the answer to the sign-in that waits: another state, none, or no code in it. */
export class CallbackMismatch extends Error {
  override readonly name = 'CallbackMismatch';
}
