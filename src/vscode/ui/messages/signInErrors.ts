import { l10n } from 'vscode';
import { plainWords } from '../../../oauth/errors.ts';
import type { SignInMethodSetting } from '../../signInMethodSetting.ts';
import { UserFacingError } from '../../userFacingError.ts';
import { shortKey } from '../accounts/grantLabels.ts';
import type { Environment } from '../signIn/flows/flow.ts';

export const cancelled = (): UserFacingError =>
  new UserFacingError('Cancelled', l10n.t('The sign-in to X was cancelled.'));

export const replaced = (): UserFacingError =>
  new UserFacingError('Cancelled', l10n.t('The sign-in to X was replaced by a newer one.'));

export const unanswered = (): UserFacingError =>
  new UserFacingError(
    'TimedOut',
    l10n.t('The sign-in to X waited five minutes for an answer in the editor: sign in again when you have it at hand.'),
    ['sign-in-again', 'open-walkthrough'],
  );

export function timedOut(callbackUrl: string | undefined): UserFacingError {
  if (callbackUrl === undefined) {
    return new UserFacingError(
      'TimedOut',
      l10n.t('No PIN was entered: sign in again and type the number that X shows.'),
      ['sign-in-again'],
    );
  }
  return new UserFacingError(
    'TimedOut',
    l10n.t(
      'The browser did not come back from X: if X said that something went wrong, see what to check, and sign in again.',
    ),
    ['sign-in-again', 'see-checklist', 'another-way'],
    { redirectUri: callbackUrl },
  );
}

/** Why the one flow that is set can't be used. */
export function flowRuledOut(method: SignInMethodSetting, environment: Environment): UserFacingError {
  const text =
    method === 'loopback'
      ? l10n.t(
          'The port {0} is forwarded under another number, which X would refuse: sign in another way, or free that port on your own machine.',
          String(environment.loopbackPort),
        )
      : l10n.t(
          'The relay {0} does not forward to this editor: sign in another way, or host a relay of your own.',
          environment.relayUrl,
        );
  return new UserFacingError('Misconfigured', text, ['another-way', 'open-settings']);
}

/** X reports an error, without saying which, when `state` is longer than it takes. */
export const stateTooLong = (): UserFacingError =>
  new UserFacingError('Misconfigured', l10n.t('The address of this window is too long for X: sign in another way.'), [
    'another-way',
    'open-settings',
  ]);

export const scopesWithheld = (scopes: readonly string[]): UserFacingError =>
  new UserFacingError(
    'Denied',
    l10n.t("X did not grant {0}: check the app's permissions at X and sign in again.", plainWords(scopes.join(', '))),
    ['open-console', 'sign-in-again'],
  );

/** The person did not let scopes join what other extensions can do; what it says is for them and for an extension's author. */
export const notAdded = (scopes: readonly string[], labels: readonly string[]): UserFacingError =>
  new UserFacingError(
    'Denied',
    l10n.t(
      '{0} was not added to {1}: you did not allow it for every extension that uses the account. Sign in again to allow it; an extension can also bring an X app of its own (X_CLIENT_ID: in its scopes).',
      scopes.join(', '),
      labels.join(', '),
    ),
    ['sign-in-again'],
  );

/** Why tokens of X's console that were pasted are not kept. X does not say which of them is wrong, or whether the key is. */
export const tokensRefused = (apiKey: string): UserFacingError =>
  new UserFacingError(
    'Refused',
    l10n.t(
      'X did not accept these tokens: copy the Access Token and its secret again, and see that they belong to the app with the API Key {0}.',
      shortKey(apiKey),
    ),
    ['sign-in-again', 'enter-api-key'],
  );

/** Why a bearer token that was pasted is not kept. */
export function bearerRefused(why: 'user' | 'malformed' | 'unknown'): UserFacingError {
  switch (why) {
    case 'user':
      return new UserFacingError(
        'Refused',
        l10n.t('This token belongs to a person, not to an app: sign in with "X: Sign In" instead.'),
        ['sign-in'],
      );
    case 'malformed':
      return new UserFacingError('Refused', notABearer(), ['sign-in-again']);
    case 'unknown':
      return new UserFacingError(
        'Refused',
        l10n.t("X does not know this bearer token: copy it again from the app's page in X's console."),
        ['sign-in-again'],
      );
  }
}

export const notABearer = (): string =>
  l10n.t('This is not a bearer token: copy it again, without anything around it.');
