import { tokenOf, type Account, type Grant } from './grant.ts';

/** A view of a grant, as VS Code hands it to an extension (`vscode.AuthenticationSession`). */
export interface Session {
  readonly id: string;
  readonly accessToken: string;
  readonly account: Account;
  /** Exactly as they were asked for, whatever else the grant covers. */
  readonly scopes: readonly string[];
}

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

/** A view of a grant with the given scopes. */
export function toSession(grant: Grant, scopes: readonly string[]): Session {
  return { id: grant.id, accessToken: tokenOf(grant), account: grant.account, scopes };
}
