import type { Grant } from '../sessions/grant.ts';
import type { Outcome } from '../sessions/refresh.ts';
import type { Session, Status } from '../sessions/session.ts';
import type { SignInMethod } from './signInMethodSetting.ts';

/** A provider as commands see it. */
export interface ProviderKind {
  readonly id: string;
  readonly label: string;
  readonly sessions: SessionSource;
  readonly signIn: (scopes: readonly string[], accountId?: string) => SignInAttempt;
}

/** A sign-in that can be tried again, with the same request. */
export interface SignInAttempt {
  readonly run: () => Promise<Grant>;
  /** The same with another way back from the browser, where there is one. */
  readonly by?: (method: SignInMethod) => Promise<Grant>;
}

/** The sessions of one provider: what {@link Provider} needs of `Sessions` and `LastingSessions`. */
export interface SessionSource {
  /** Every grant once. No network: VS Code asks for this at every start. */
  all(): Promise<readonly Session[]>;
  matching(scopes: readonly string[], accountId?: string): Promise<readonly Session[]>;
  sessionOf(grant: Grant, scopes: readonly string[]): Session;
  /** Resolves to true when nothing is left to tell the person: X has ended it, too. */
  signOut(sessionId: string): Promise<boolean>;
  /** How every grant stands. No network. */
  statuses(): Promise<readonly Status[]>;
  /** Refreshes one grant, where they have to be refreshed. */
  refreshNow?(sessionId: string): Promise<Outcome | undefined>;
}
