import type { Session } from './sessions.ts';

/** What keeps a grant from being refreshed, or from being what it should be. */
export type Trouble =
  /** The access token has ended, and no new one has come yet. */
  | 'expired'
  /** X could not be reached, or did not answer as it should, when this window tried to refresh it. */
  | 'unreachable'
  /** X does not accept the app or its secret. */
  | 'misconfigured'
  /** X has not said yet whose it is. */
  | 'unnamed';

/** How a grant stands, for a person to see: read from memory, without any network. */
export interface Status {
  /** With the scopes that were granted. */
  readonly session: Session;
  /** Its server, which need not be the one that the settings name: then it rests, and can be signed out of. */
  readonly apiBaseUrl: string;
  readonly clientId: string;
  /** When it is refreshed without being asked; undefined where nothing has to be, or can be, refreshed. */
  readonly refreshesAt: number | undefined;
  /** When the access token ends; undefined for one that does not. */
  readonly endsAt: number | undefined;
  /** When what failed is tried again, where something did. */
  readonly triesAgainAt: number | undefined;
  readonly troubles: readonly Trouble[];
}
