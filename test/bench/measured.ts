/** How large the built extension is, in bytes: what activation loads, and all of it. */
interface BundleSize {
  readonly atActivation: number;
  readonly all: number;
}
import type { Activation, Listing } from './tasks.ts';

/** Everything that one run of the bench has measured, before anybody judges it. */
export interface Measured {
  /** One list for each extension host that was started. */
  readonly activations: readonly (readonly Activation[])[];
  /** How long each call of `getSession` took, in milliseconds, by provider. */
  readonly warmMs: {
    readonly x: readonly number[];
    readonly github: readonly number[];
    readonly constant: readonly number[];
  };
  /** From few accounts to many. */
  readonly listings: readonly Listing[];
  readonly listingRequests: number;
  readonly expiries: { readonly oneWindow: Expiries; readonly eightWindows: Expiries };
  readonly signIn: OAuth2SignIn;
  readonly bundle: BundleSize;
  readonly packageBytes: number;
  readonly versions: { readonly vscode: string; readonly chromium: string };
}

/** Callers that all ask when the token has ended. */
export interface Expiries {
  readonly callers: number;
  /** Requests to X for each time that it ended. */
  readonly requests: readonly number[];
  /** How many callers got a session, each time. */
  readonly served: readonly number[];
  /** How long until the last caller had a token, each time. */
  readonly ms: readonly number[];
}

export interface OAuth2SignIn {
  /** For one sign-in. */
  readonly tokenRequests: number;
  readonly userRequests: number;
  /** How long each took, where X answers at once and where it takes {@link latencyMs} for every request. */
  readonly nearMs: readonly number[];
  readonly farMs: readonly number[];
  readonly latencyMs: number;
}
