/** One attempt to have a person authorize the app on X's pages. */
export interface AuthorizationAttempt {
  /** X's page. */
  readonly url: string;
  /** The server that the answer will be sent to. */
  readonly apiBaseUrl: string;
  /** What only this attempt's callback names, by which another window finds the one that waits for it. */
  readonly correlationId: string;
  /** The parameters of this attempt's callback out of those that came; undefined when they are another's. */
  readonly matchCallback: (parameters: URLSearchParams) => URLSearchParams | undefined;
  /** The error in a callback that does not say which attempt it is for, so that anybody could have sent it. OAuth 1.0a has none. */
  readonly unprovenError?: (parameters: URLSearchParams) => string | undefined;
  /** Reads what the person pasted. @throws {CallbackMismatchError} when there is no answer in it */
  readonly parsePasted: (pasted: string) => URLSearchParams;
}
