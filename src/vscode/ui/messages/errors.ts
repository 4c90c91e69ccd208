import { l10n } from 'vscode';
import { SessionEndedError, UnknownSessionError } from '../../../api/apiRequests.ts';
import type { Log } from '../../../common/log.ts';
import {
  AuthorizationDeniedError,
  CallbackMismatchError,
  plainWords,
  RefusedError,
  UnreachableError,
} from '../../../oauth/errors.ts';
import { PortUnavailableError } from '../../../oauth/loopback.ts';
import { InvalidScopesError } from '../../../sessions/scopeRequest.ts';
import { StoreKeyUnavailableError } from '../../../sessions/store/storeKey.ts';
import { ForbiddenDestinationError } from '../../../x/apiHosts.ts';
import { UserFacingError } from '../../userFacingError.ts';
import { refusedError, type SignInApp } from './refusedErrors.ts';

/** Turns whatever went wrong into a sentence that says what to do. `app`: the one that a sign-in was for. */
export function toUserFacingError(error: unknown, app?: SignInApp): UserFacingError {
  if (error instanceof UserFacingError) return error;
  const options = { cause: error, app };
  return signInError(error, options) ?? requestError(error, options) ?? unexpectedError(options);
}

/** Runs a sign-in. What goes wrong with it is logged, and thrown as a {@link UserFacingError}. */
export async function withUserFacingErrors<T>(
  what: string,
  log: Pick<Log, 'warn'>,
  signIn: () => Promise<T>,
): Promise<T> {
  try {
    return await signIn();
  } catch (error) {
    const shown = toUserFacingError(error);
    log.warn(`${what}: ${shown.name}. ${shown.message}`);
    throw shown;
  }
}

interface Options {
  readonly cause: unknown;
  readonly app: SignInApp | undefined;
}

function signInError(error: unknown, options: Options): UserFacingError | undefined {
  if (error instanceof AuthorizationDeniedError) return deniedError(error, options);
  if (error instanceof RefusedError) return refusedError(error, options.app);
  if (error instanceof CallbackMismatchError) {
    const text = l10n.t('That address does not belong to this sign-in: sign in again.');
    return new UserFacingError('Refused', text, ['sign-in-again'], options);
  }
  if (error instanceof UnreachableError) {
    const text =
      error.status === undefined
        ? l10n.t('X could not be reached: check the connection and try again. ({0})', error.message)
        : l10n.t('X did not answer as it should: try again in a few minutes. ({0})', error.message);
    return new UserFacingError('Unreachable', text, ['sign-in-again', 'show-log'], options);
  }
  if (error instanceof PortUnavailableError) {
    const text = l10n.t(
      'Port {0} is in use: finish or cancel a sign-in in another window, or choose another port in the setting xAuthentication.loopbackPort and register its callback URL with X.',
      String(error.port),
    );
    return new UserFacingError('Misconfigured', text, ['paste-instead', 'open-settings'], options);
  }
  if (error instanceof StoreKeyUnavailableError) {
    const text = l10n.t(
      'This window was opened before X Authentication was used here for the first time: reload it, then sign in.',
    );
    return new UserFacingError('Misconfigured', text, ['reload-window'], options);
  }
  if (error instanceof InvalidScopesError)
    return new UserFacingError('Misconfigured', malformedScopes(error), ['show-log'], options);
  return undefined;
}

function requestError(error: unknown, options: Options): UserFacingError | undefined {
  if (error instanceof UnknownSessionError) {
    const text = l10n.t('This is not a session of X Authentication: ask VS Code for one.');
    return new UserFacingError('ForeignSession', text, [], options);
  }
  if (error instanceof SessionEndedError)
    return new UserFacingError('SessionEnded', l10n.t('You are signed out of X: sign in again.'), [], options);
  if (error instanceof ForbiddenDestinationError) {
    const text = l10n.t('A session of X is only for requests to X, not to {0}.', plainWords(error.origin));
    return new UserFacingError('ForbiddenDestination', text, [], options);
  }
  return undefined;
}

function unexpectedError(options: Options): UserFacingError {
  const text = l10n.t('Something went wrong in X Authentication: see its log, and report it if it happens again.');
  return new UserFacingError('Unexpected', text, ['show-log'], options);
}

/** To the author of the extension that asked. */
function malformedScopes({ reason }: InvalidScopesError): string {
  switch (reason) {
    case 'scope':
      return l10n.t(
        'One of the scopes is malformed: use letters, digits and . _ : / - only, and at most 100 characters.',
      );
    case 'too-many':
      return l10n.t('There are more than 100 scopes: ask for fewer.');
    case 'client-id':
      return l10n.t('What follows X_CLIENT_ID: is not a Client ID: copy the OAuth 2.0 Client ID of your X app.');
    case 'two-client-ids':
      return l10n.t('The scopes name more than one X_CLIENT_ID: ask for one app at a time.');
  }
}

function deniedError({ code, description }: AuthorizationDeniedError, options: Options): UserFacingError {
  if (code === 'access_denied') {
    const text = l10n.t('Access to X was not given: sign in again if that was a mistake.');
    return new UserFacingError('Denied', text, ['sign-in-again'], options);
  }
  const text = l10n.t(
    "X did not accept the sign-in ({0}): check the app's settings at X and try again.",
    description ?? code,
  );
  return new UserFacingError('Denied', text, ['sign-in-again', 'set-up-app'], options);
}
