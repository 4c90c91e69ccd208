/** What a test can change about X, mostly because nobody knows what X does: `x.switches.reuseKillsFamily = true`. */
export interface Switches {
  /** Answers consent requests without showing a page, for tests without a browser. */
  autoConsent: { readonly as: string; readonly decision: 'authorize' | 'cancel' } | undefined;
  /** Whether `error=access_denied` comes without `state` (docs/what-x-does.md, 4: unverified). */
  cancelOmitsState: boolean;
  /** The order of `scope` in a token response, which X doesn't guarantee. */
  scopeOrder: 'asked' | 'reversed';
  /** Whether using a spent refresh token kills the whole grant (docs/what-x-does.md, 2: claimed once). */
  reuseKillsFamily: boolean;
  /** Whether a refresh kills the earlier access token (unverified). */
  refreshKillsAccessToken: boolean;
  /** Whether a new sign-in kills the earlier access token, as it kills the earlier refresh token (unverified). */
  signInKillsAccessToken: boolean;
  /** Whether revoking one token of a grant kills the other (unverified). */
  revokeKillsPartner: boolean;
  /** Whether a refresh restarts the refresh token's six months (unverified). */
  refreshRestartsLifetime: boolean;
  /** Whether errors of the token endpoint also have `errors: […]` (docs/what-x-does.md, 3: sometimes). */
  errorsListToo: boolean;
  /** The format of OAuth 1.0a errors (docs/what-x-does.md, 5: mostly JSON, sometimes XML or text). */
  oauth1ErrorsAs: 'json' | 'xml' | 'text';
}

export function defaultSwitches(): Switches {
  return {
    autoConsent: undefined,
    cancelOmitsState: false,
    scopeOrder: 'reversed',
    reuseKillsFamily: false,
    refreshKillsAccessToken: false,
    signInKillsAccessToken: false,
    revokeKillsPartner: false,
    refreshRestartsLifetime: true,
    errorsListToo: false,
    oauth1ErrorsAs: 'json',
  };
}
