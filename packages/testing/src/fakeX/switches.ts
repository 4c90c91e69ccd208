/** Where X's behaviour is unknown, varies, or is easier to test without a click. A test sets what it needs: `x.switches.… = …`. */
export interface Switches {
  /** Answers consent pages at once, without showing them: an editor's tests have nobody to click. */
  autoConsent: { readonly as: string; readonly decision: 'authorize' | 'cancel' } | undefined;
  /** Whether `error=access_denied` comes without `state` (docs/what-x-does.md, 4: unverified). */
  cancelOmitsState: boolean;
  /** The order of `scope` in a token answer: X promises none. */
  scopeOrder: 'asked' | 'reversed';
  /** Whether a spent refresh token that is used again kills the whole grant (docs/what-x-does.md, 2: claimed once). */
  reuseKillsFamily: boolean;
  /** Whether a refresh kills the earlier access token (unverified). */
  refreshKillsAccessToken: boolean;
  /** Whether a new sign-in kills the earlier access token, as it kills the earlier refresh token (unverified). */
  signInKillsAccessToken: boolean;
  /** Whether revoking one token of a grant kills the other (unverified). */
  revokeKillsPartner: boolean;
  /** Whether a refresh starts the refresh token's six months anew (unverified). */
  refreshRestartsLifetime: boolean;
  /** Whether errors of the token endpoint carry `errors: […]` as well (docs/what-x-does.md, 3: sometimes). */
  errorsListToo: boolean;
  /** How OAuth 1.0a errors are written (docs/what-x-does.md, 5: mostly JSON, sometimes XML or text). */
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
