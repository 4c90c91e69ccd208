import type { App } from '../sessions/store/clientSecrets.ts';
import type { XApiErrorName, XSignInErrorName } from '../api/x-authentication.d.ts';

/**
 * The `name` of an error that another extension gets. Of an error that a provider throws, it gets `name` and `message` and
 * nothing else, so these names are part of the contract with extension authors.
 */
export type ErrorName = XSignInErrorName | XApiErrorName;

/** What a person can do about a failure, as a button beside its message. */
export type Remedy =
  | 'set-up-app'
  | 'enter-client-secret'
  | 'enter-api-key'
  | 'open-settings'
  | 'sign-in'
  | 'sign-in-again'
  | 'paste-instead'
  | 'another-way'
  | 'see-checklist'
  | 'copy-callback-urls'
  | 'open-console'
  | 'open-connected-apps'
  | 'open-walkthrough'
  | 'reload-window'
  | 'show-log';

/** A failure in words for people: one sentence that says what to do. */
export class UserFacingError extends Error {
  override readonly name: ErrorName;
  readonly remedies: readonly Remedy[];
  /** The app that it is about, where that matters to what mends it. */
  readonly app: App | undefined;
  /** The callback URL that X may not know. */
  readonly redirectUri: string | undefined;

  constructor(
    name: ErrorName,
    message: string,
    remedies: readonly Remedy[] = [],
    options: ErrorOptions & { readonly app?: App | undefined; readonly redirectUri?: string | undefined } = {},
  ) {
    super(message, options);
    this.name = name;
    this.remedies = remedies;
    this.app = options.app;
    this.redirectUri = options.redirectUri;
  }
}
