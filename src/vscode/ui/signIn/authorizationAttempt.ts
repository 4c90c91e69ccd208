import type { WayBack } from './signInMethods.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';

/** A visit to X's pages, from which the person comes back with an answer. */
export interface AuthorizationAttempt {
  readonly url: string;
  /** The server that the answer will be sent to. */
  readonly apiBaseUrl: string;
  /** What only this visit's callback names, by which windows find the one that waits for it. */
  readonly secret: string;
  /** The parameters of this visit's callback out of those that came; undefined when they are another's. */
  readonly answerIn: (parameters: URLSearchParams) => URLSearchParams | undefined;
  /** The error in a callback that does not say which visit it is for, so that anybody could have sent it. OAuth 1.0a has none. */
  readonly errorIn?: (parameters: URLSearchParams) => string | undefined;
  /** Reads what the person pasted; throws `CallbackMismatch` when there is no answer in it. */
  readonly read: (pasted: string) => URLSearchParams;
}

/** What brings the person back; without a redirect URI, X shows a PIN instead. */
export interface Way {
  readonly method: SignInMethod;
  readonly redirectUri: string | undefined;
}

export interface WaysBack {
  /** Each is tried when the one before it is {@link FlowUnavailableError}. */
  readonly tried: readonly [Way, ...Way[]];
  /** What the person may choose when the browser does not come back. */
  readonly offered: readonly WayBack[];
}

/** A way back can't serve this visit, for a reason that can be shown. */
export class FlowUnavailableError extends Error {
  override readonly name = 'FlowUnavailableError';
}

/** The person wants to begin the visit that waits anew, by this way back. */
export class BeginAnew extends Error {
  override readonly name = 'BeginAnew';
  readonly way: Way;

  constructor(way: Way) {
    super(way.method);
    this.way = way;
  }
}
