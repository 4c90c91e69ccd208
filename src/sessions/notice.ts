import type { Grant, OAuth2Grant } from './grant.ts';

/** What a person should be told, once across all windows; src/vscode/ui/messages/notices.ts has the words. */
export type Notice =
  /** X ended the grant. `dropped`: an earlier refresh's answer was lost, which is the likely reason. */
  | { readonly kind: 'rejected'; readonly grant: OAuth2Grant; readonly dropped: boolean }
  | { readonly kind: 'unknown-client'; readonly grant: OAuth2Grant }
  | { readonly kind: 'client-secret'; readonly grant: OAuth2Grant; readonly hasSecret: boolean }
  /** A new sign-in took the place of one that allowed more: X keeps one grant per app and person. */
  | { readonly kind: 'narrowed'; readonly grant: OAuth2Grant; readonly lost: readonly string[] }
  /** Stored sign-ins that can't be read were set aside. */
  | { readonly kind: 'unreadable'; readonly count: number }
  /** Sign-ins that should be stored are not: a lost keyring, a cleared store. */
  | { readonly kind: 'vanished'; readonly labels: readonly string[] }
  /** Signed out here, but X did not confirm that it revoked the tokens. */
  | { readonly kind: 'not-revoked'; readonly grant: Grant }
  /** Another sign-in took its place, but X did not confirm that it revoked the earlier tokens. */
  | { readonly kind: 'replaced-not-revoked'; readonly grant: Grant }
  /** Signed out here, and left alone at X, because everyone who uses the app shares the token. */
  | { readonly kind: 'shared-bearer'; readonly grant: Grant };

export type Notify = (notice: Notice) => void;
