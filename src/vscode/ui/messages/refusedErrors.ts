import { l10n } from 'vscode';
import { plainWords, type RefusedError } from '../../../oauth/errors.ts';
import type { App } from '../../../sessions/store/clientSecrets.ts';
import { refusalCause, type RefusalCause } from '../../../x/errors.ts';
import { UserFacingError, type ErrorName, type Remedy } from '../../userFacingError.ts';

/** The app that a sign-in was for. */
export interface SignInApp extends App {
  /** An extension brought it: it is not the one that the person has set up. */
  readonly isForeign: boolean;
}

/** What to say, and what helps. */
interface Advice {
  readonly name: ErrorName;
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

/** Turns a refusal of X into a sentence that says what to do. */
export function refusedError(error: RefusedError, app: SignInApp | undefined): UserFacingError {
  const { name, text, remedies } = advice(error, refusalCause(error), app);
  return new UserFacingError(name, text, remedies, { cause: error, app });
}

function advice(error: RefusedError, cause: RefusalCause, app: SignInApp | undefined): Advice {
  switch (cause) {
    case 'unknown-client':
      return unknownClient(app);
    case 'client-secret':
    case 'api-key':
    case 'app-suspended':
    case 'callback-url':
    case 'wrong-flow':
    case 'not-enrolled':
    case 'credits':
      return appAdvice(cause, app);
    case 'account-suspended':
    case 'account-locked':
    case 'unknown-token':
    case 'verifier':
    case 'clock':
      return personAdvice(cause);
    case 'token':
    case 'other':
      return {
        name: 'Refused',
        text: l10n.t('X refused the sign-in ({0}): try again.', error.description ?? error.code),
        remedies: ['sign-in-again', 'show-log'],
      };
  }
}

function unknownClient(app: SignInApp | undefined): Advice {
  return app?.isForeign === true
    ? {
        name: 'Misconfigured',
        text: l10n.t(
          'X does not know the Client ID {0}, which an extension brought: tell its author.',
          plainWords(app.clientId),
        ),
        remedies: ['show-log'],
      }
    : {
        name: 'Misconfigured',
        text: l10n.t(
          'X does not know this Client ID: copy the OAuth 2.0 Client ID of your X app, not its API key, and set it again.',
        ),
        remedies: ['set-up-app', 'open-walkthrough'],
      };
}

/** Something is wrong with the app at X, or with what is known of it here. */
function appAdvice(
  cause: 'client-secret' | 'api-key' | 'app-suspended' | 'callback-url' | 'wrong-flow' | 'not-enrolled' | 'credits',
  app: SignInApp | undefined,
): Advice {
  const name = 'Misconfigured';
  switch (cause) {
    case 'client-secret':
      return {
        name,
        text: l10n.t(
          "X did not accept the app's secret: give the Client Secret if the app is a Web App or Automated App, and none if it is a Native App.",
        ),
        remedies: [app === undefined ? 'set-up-app' : 'enter-client-secret'],
      };
    case 'api-key':
      return {
        name,
        text: l10n.t('X did not accept the API Key and its secret: enter them again.'),
        remedies: ['enter-api-key'],
      };
    case 'app-suspended':
      return {
        name,
        text: l10n.t("X has suspended the app: look at its page in X's console, or set up another app."),
        remedies: ['enter-api-key'],
      };
    case 'callback-url':
      return {
        name,
        text: l10n.t(
          "X does not know this editor's callback URL: register it with the app at X to the letter, or sign in with a PIN.",
        ),
        remedies: ['copy-callback-urls', 'sign-in-again'],
      };
    case 'wrong-flow':
      return {
        name,
        text: l10n.t(
          'X allows this app only one way to sign in: choose the PIN if you signed in with the browser, and the browser if you used a PIN.',
        ),
        remedies: ['sign-in-again'],
      };
    case 'not-enrolled':
      return {
        name,
        text: l10n.t(
          "The app has no access to X's API: in X's console, move it to the Pay-per-use package and to Production.",
        ),
        remedies: ['open-console'],
      };
    case 'credits':
      return {
        name,
        text: l10n.t("The app has used up its credits at X: add some in X's console."),
        remedies: ['open-console'],
      };
  }
}

/** Something is up with the account, with what the person typed, or with this machine. */
function personAdvice(cause: 'account-suspended' | 'account-locked' | 'unknown-token' | 'verifier' | 'clock'): Advice {
  const remedies = ['sign-in-again'] as const;
  switch (cause) {
    case 'account-suspended':
      return {
        name: 'Refused',
        text: l10n.t('X has suspended this account: sign in with another, or appeal at X.'),
        remedies,
      };
    case 'account-locked':
      return {
        name: 'Refused',
        text: l10n.t('X has locked this account for now: unlock it at x.com and sign in again.'),
        remedies,
      };
    case 'unknown-token':
      return { name: 'Refused', text: l10n.t('X does not know this token any more: sign in again.'), remedies };
    case 'verifier':
      return {
        name: 'Refused',
        text: l10n.t('X did not accept the PIN: sign in again and type the one that X shows then.'),
        remedies,
      };
    case 'clock':
      return {
        name: 'Misconfigured',
        text: l10n.t("X says that this machine's clock is wrong: set it and try again."),
        remedies,
      };
  }
}
