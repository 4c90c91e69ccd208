import type { Log } from '../../../../common/log.ts';
import type { Arrival } from '../../../../oauth/loopback.ts';
import type { SignInMethod } from '../../../signInMethodSetting.ts';

/** Where this window runs, as far as it decides how a browser comes back. */
export interface Environment {
  readonly loopbackPort: number;
  /** What `asExternalUri` made of the callback URL on the loopback address. */
  readonly loopbackUri: string;
  /** What the operating system hands to this editor: `<uriScheme>://xauth.x-authentication/callback`. */
  readonly appUri: string;
  /** What `asExternalUri` made of that: with a window's number on a desktop, a page of the editor in a browser. */
  readonly externalAppUri: string;
  readonly isDesktop: boolean;
  readonly relayUrl: string;
}

/** Whether a flow can bring the browser back, and why; in English, for the log and the diagnostics. */
export interface Verdict {
  /** `good`: tried by itself. `poor`: offered, because it needs something that is usually missing here. `none`: can't work. */
  readonly fit: 'good' | 'poor' | 'none';
  readonly why: string;
}

/** What a flow is given to wait for the callback of one attempt. */
export interface ListenDeps {
  readonly redirectUri: string;
  /** The port that the settings name. */
  readonly port: number;
  /** Whether these are the parameters of this attempt's callback, and not of another's. */
  readonly isAnswer: (parameters: URLSearchParams) => boolean;
  /** Takes an error that does not say which attempt it is for; false when these parameters are none. */
  readonly takeError: (parameters: URLSearchParams) => boolean;
  /** Hands another attempt's callback to the window that waits for it; resolves to false when none does. */
  readonly handOver: (parameters: URLSearchParams) => Promise<boolean>;
  /** The HTML page that the browser shows afterwards. */
  readonly page: (arrival: Arrival) => Promise<string>;
  /** Whether the person may be asked to paste the callback, should it be unable to arrive. */
  readonly mayPaste: boolean;
  readonly log: Log;
}

/** What waits for the callback of one attempt, beside the URI handler and other windows. */
export interface Listener {
  /** What comes by the flow itself. Never settles if nothing does. */
  readonly callback?: Promise<URLSearchParams>;
  /** The person is asked at once for what the browser shows, because nothing comes by itself. */
  readonly isAsked?: boolean;
  /** The port that is taken, so that nothing can come by itself. */
  readonly busyPort?: number;
  readonly close?: () => Promise<void>;
}

/** How the browser comes back from X. */
export interface Flow {
  /** As the setting `signInMethod` calls it; `pin` is for OAuth 1.0a only, and chosen in its own menu. */
  readonly method: SignInMethod | 'pin';
  readonly judge: (environment: Environment) => Verdict;
  /** What X must have on its list of callback URLs, character for character. */
  readonly redirectUri: (environment: Environment) => string;
  /** Whether the callback comes by the editor's own address. */
  readonly comesByUri: boolean;
  /**
   * Makes the `state` of an attempt out of a nonce, where the flow needs more in it; undefined if X would not carry that. `windowUri` is
   * this window's own address with the nonce in it.
   */
  readonly toState?: (nonce: string, windowUri: (nonce: string) => Promise<string>) => Promise<string | undefined>;
  /** Begins to wait. @throws {PortUnavailableError} */
  readonly listen: (deps: ListenDeps) => Promise<Listener>;
}

/** A flow with the redirect URI that it has here. */
export interface FlowChoice {
  readonly flow: Flow;
  readonly redirectUri: string;
}

/** vscode.dev and github.dev, with the codespaces and tunnels below them. */
export function isMicrosofts(hostname: string): boolean {
  return /(^|\.)(vscode\.dev|github\.dev|devtunnels\.ms)$/.test(hostname);
}
