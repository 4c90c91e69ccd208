import type { Authorizer } from '../api/apiRequests.ts';
import type { UnfinishedWork } from '../common/unfinishedWork.ts';
import type { Grant, GrantKind } from '../sessions/grant.ts';
import type { Labels } from '../sessions/labels.ts';
import type { Outcome } from '../sessions/refresh.ts';
import type { Session, Status } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignIns } from '../sessions/signIns.ts';
import type { StaticSessions } from '../sessions/staticSessions.ts';
import type { Grants } from '../sessions/store/grants.ts';
import type { SignInMethod } from './signInMethodSetting.ts';

/** A provider as commands see it. */
export interface ProviderKind {
  readonly id: string;
  readonly label: string;
  readonly sessions: SessionSource;
  readonly signIn: (options: SignInOptions) => SignInAttempt;
}

/** What a sign-in is for. */
export interface SignInOptions {
  /** As they were asked for, set or granted. */
  readonly scopes: readonly string[];
  /** The app to sign in with; unless given, the one that the scopes name, or else the one that is set up. */
  readonly clientId?: string | undefined;
  /** The account that is asked for, if one is. */
  readonly accountId?: string | undefined;
}

/** A sign-in that can be tried again, with the same request. */
export interface SignInAttempt {
  readonly run: () => Promise<Grant>;
  /** The same with another flow, where there is one. */
  readonly by?: (method: SignInMethod) => Promise<Grant>;
}

/** The sessions of one provider: what {@link Provider} needs of `Sessions` and `StaticSessions`. */
export interface SessionSource {
  /** Every grant once. No network: VS Code asks for this at every start. */
  all(): Promise<readonly Session[]>;
  matching(scopes: readonly string[], accountId?: string): Promise<readonly Session[]>;
  sessionOf(grant: Grant, scopes: readonly string[]): Session;
  /** One session with all its scopes, and a token that has some life left. */
  fresh(sessionId: string): Promise<Session | undefined>;
  /** Resolves to true when nothing is left to tell the person: X has ended it, too. */
  signOut(sessionId: string): Promise<boolean>;
  /** How every grant stands. No network. */
  statuses(): Promise<readonly Status[]>;
  /** Refreshes one grant, where they have to be refreshed. */
  refreshNow?(sessionId: string): Promise<Outcome | undefined>;
}

/** One of the three providers, its parts connected. */
interface ProviderOf<Kind extends GrantKind> extends ProviderKind {
  readonly grants: Grants<Kind>;
  /** How its sessions authorize requests of other extensions. */
  readonly authorizer: Authorizer;
}

export interface XProvider extends ProviderOf<'oauth2'> {
  readonly sessions: Sessions;
  readonly signIns: SignIns;
  readonly unfinished: UnfinishedWork;
}

export interface StaticProvider<Kind extends 'oauth1' | 'app-only'> extends ProviderOf<Kind> {
  readonly sessions: StaticSessions<Kind>;
  readonly labels: () => Promise<Labels>;
}

/** The providers by the names that the rest of the code has for them: `x`, `x-oauth1` and `x-app`. */
export interface Providers {
  readonly x: XProvider;
  readonly oauth1: StaticProvider<'oauth1'>;
  readonly appOnly: StaticProvider<'app-only'>;
}
