import { l10n } from 'vscode';
import {
  AuthorizationDeniedError,
  CallbackMismatchError,
  plainWords,
  RefusedError,
  UnreachableError,
} from '../../../oauth/errors.ts';
import { PortUnavailableError, type Arrival } from '../../../oauth/loopback.ts';
import { UnknownSessionError, SessionEndedError } from '../../../api/apiRequests.ts';
import type { App } from '../../../sessions/store/clientSecrets.ts';
import type { Log } from '../../../common/log.ts';
import type { Notice } from '../../../sessions/notice.ts';
import { InvalidScopesError } from '../../../sessions/scopeRequest.ts';
import { ForbiddenDestinationError } from '../../../x/apiHosts.ts';
import type { NotAClientId } from '../../../x/clientId.ts';
import { refusalCause } from '../../../x/refusals.ts';
import { INVALID_VERIFIER } from '../../../x/oauth1Errors.ts';
import { Problem } from '../../../x/problems.ts';
import { UserFacingError, type ErrorName, type Remedy } from '../../userFacingError.ts';
import type { Environment, Flow } from '../signIn/flows/flow.ts';
import type { SignInMethodSetting } from '../../signInMethodSetting.ts';
import { StoreKeyUnavailableError } from '../../../sessions/store/storeKey.ts';

/** The app that a sign-in was for. */
interface SignInApp extends App {
  /** An extension brought it (`X_CLIENT_ID:`): it is not the one that the person has set up. */
  readonly isForeign: boolean;
}

/** Turns whatever went wrong into a sentence that says what to do. */
export function toUserFacingError(error: unknown, app?: SignInApp): UserFacingError {
  if (error instanceof UserFacingError) return error;
  const [name, message, remedies] = wordsFor(error, app);
  return new UserFacingError(name, message, remedies, { cause: error, app });
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
    const failure = toUserFacingError(error);
    log.warn(`${what}: ${failure.name}. ${failure.message}`);
    throw failure;
  }
}

type Words = readonly [name: ErrorName, message: string, remedies: readonly Remedy[]];

function wordsFor(error: unknown, app: SignInApp | undefined): Words {
  if (error instanceof AuthorizationDeniedError) return denied(error);
  if (error instanceof RefusedError) return refused(error, app);
  if (error instanceof Problem) {
    return refused(new RefusedError(error.status, error.reason ?? error.kind, error.message, []), app);
  }
  if (error instanceof CallbackMismatchError) {
    return ['Refused', l10n.t('That address does not belong to this sign-in: sign in again.'), ['sign-in-again']];
  }
  if (error instanceof UnreachableError) {
    return [
      'Unreachable',
      error.status === undefined
        ? l10n.t('X could not be reached: check the connection and try again. ({0})', error.message)
        : l10n.t('X did not answer as it should: try again in a few minutes. ({0})', error.message),
      ['sign-in-again', 'show-log'],
    ];
  }
  if (error instanceof PortUnavailableError) {
    return [
      'Misconfigured',
      l10n.t(
        'Port {0} is in use: finish or cancel a sign-in in another window, or choose another port in the setting xAuthentication.loopbackPort and register its callback URL with X.',
        String(error.port),
      ),
      ['paste-instead', 'open-settings'],
    ];
  }
  if (error instanceof StoreKeyUnavailableError) {
    return [
      'Misconfigured',
      l10n.t(
        'This window was opened before X Authentication was used here for the first time: reload it, then sign in.',
      ),
      ['reload-window'],
    ];
  }
  if (error instanceof InvalidScopesError) return ['Misconfigured', malformed(error), ['show-log']];
  if (error instanceof UnknownSessionError) {
    return ['ForeignSession', l10n.t('This is not a session of X Authentication: ask VS Code for one.'), []];
  }
  if (error instanceof SessionEndedError)
    return ['SessionEnded', l10n.t('You are signed out of X: sign in again.'), []];
  if (error instanceof ForbiddenDestinationError) {
    return [
      'ForbiddenDestination',
      l10n.t('A session of X is only for requests to X, not to {0}.', plainWords(error.origin)),
      [],
    ];
  }
  return [
    'Unexpected',
    l10n.t('Something went wrong in X Authentication: see its log, and report it if it happens again.'),
    ['show-log'],
  ];
}

/** To the author of the extension that asked. */
function malformed({ reason }: InvalidScopesError): string {
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

function denied({ code, description }: AuthorizationDeniedError): Words {
  if (code === 'access_denied') {
    return ['Denied', l10n.t('Access to X was not given: sign in again if that was a mistake.'), ['sign-in-again']];
  }
  return [
    'Denied',
    l10n.t("X did not accept the sign-in ({0}): check the app's settings at X and try again.", description ?? code),
    ['sign-in-again', 'set-up-app'],
  ];
}

function refused(error: RefusedError, app: SignInApp | undefined): Words {
  const cause = refusalCause(error);
  if (cause === 'unknown-client') {
    return app?.isForeign === true
      ? [
          'Misconfigured',
          l10n.t(
            'X does not know the Client ID {0}, which an extension brought: tell its author.',
            plainWords(app.clientId),
          ),
          ['show-log'],
        ]
      : [
          'Misconfigured',
          l10n.t(
            'X does not know this Client ID: copy the OAuth 2.0 Client ID of your X app, not its API key, and set it again.',
          ),
          ['set-up-app', 'open-walkthrough'],
        ];
  }
  if (cause === 'client-secret') {
    return [
      'Misconfigured',
      l10n.t(
        "X did not accept the app's secret: give the Client Secret if the app is a Web App or Automated App, and none if it is a Native App.",
      ),
      [app === undefined ? 'set-up-app' : 'enter-client-secret'],
    ];
  }
  return (
    numbered(error.code) ?? [
      'Refused',
      l10n.t('X refused the sign-in ({0}): try again.', error.description ?? error.code),
      ['sign-in-again', 'show-log'],
    ]
  );
}

/** X's numbers (https://docs.x.com/x-api/fundamentals/response-codes-and-errors), and the kinds of API v2's problems. */
function numbered(code: string): Words | undefined {
  switch (code) {
    case '32':
    case '99':
    case '215':
      return [
        'Misconfigured',
        l10n.t('X did not accept the API Key and its secret: enter them again.'),
        ['enter-api-key'],
      ];
    case '64':
    case 'user-suspended':
      return [
        'Refused',
        l10n.t('X has suspended this account: sign in with another, or appeal at X.'),
        ['sign-in-again'],
      ];
    case '89':
      return ['Refused', l10n.t('X does not know this token any more: sign in again.'), ['sign-in-again']];
    case INVALID_VERIFIER:
      return [
        'Refused',
        l10n.t('X did not accept the PIN: sign in again and type the one that X shows then.'),
        ['sign-in-again'],
      ];
    case '135':
      return [
        'Misconfigured',
        l10n.t("X says that this machine's clock is wrong: set it and try again."),
        ['sign-in-again'],
      ];
    case '326':
      return [
        'Refused',
        l10n.t('X has locked this account for now: unlock it at x.com and sign in again.'),
        ['sign-in-again'],
      ];
    case '415':
      return [
        'Misconfigured',
        l10n.t(
          "X does not know this editor's callback URL: register it with the app at X to the letter, or sign in with a PIN.",
        ),
        ['copy-callback-urls', 'sign-in-again'],
      ];
    case '416':
      return [
        'Misconfigured',
        l10n.t("X has suspended the app: look at its page in X's console, or set up another app."),
        ['enter-api-key'],
      ];
    // Of apps that take no PIN, and of apps that take nothing else.
    case '417':
      return [
        'Misconfigured',
        l10n.t(
          'X allows this app only one way to sign in: choose the PIN if you signed in with the browser, and the browser if you used a PIN.',
        ),
        ['sign-in-again'],
      ];
    case 'client-not-enrolled':
      return [
        'Misconfigured',
        l10n.t(
          "The app has no access to X's API: in X's console, move it to the Pay-per-use package and to Production.",
        ),
        ['open-console'],
      ];
    case 'credits':
    case 'CreditsDepleted':
      return [
        'Misconfigured',
        l10n.t("The app has used up its credits at X: add some in X's console."),
        ['open-console'],
      ];
    default:
      return undefined;
  }
}

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

/** Enough of an API key to recognize it by. */
export const SHORT_KEY_LENGTH = 6;

export function shortKey(apiKey: string): string {
  return `${apiKey.slice(0, SHORT_KEY_LENGTH)}…`;
}

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

/** What has to be right with the app at X for the browser to come back from it. */
export function checklist(callbackUrl: string): {
  readonly title: string;
  readonly detail: string;
  readonly copy: string;
  readonly setUp: string;
} {
  return {
    title: l10n.t('If X says that something went wrong, check this:'),
    detail: [
      l10n.t('1. The callback URL of this editor is registered with the app, to the letter: {0}', callbackUrl),
      l10n.t('2. The Website URL of the app is filled in.'),
      l10n.t('3. The "User authentication settings" of the app are saved.'),
      l10n.t('4. The Client ID here is the OAuth 2.0 one, not the API Key.'),
      l10n.t('5. The Client Secret, if the app has one, was copied without anything around it.'),
    ].join('\n'),
    copy: l10n.t('Copy the Callback URL'),
    setUp: remedyLabel('set-up-app'),
  };
}

/** A flow, as a person chooses it. */
export function flowLabel(method: Flow['method']): string {
  switch (method) {
    case 'loopback':
      return l10n.t('Come Back by the Loopback Port');
    case 'relay':
      return l10n.t('Come Back by the Relay Page');
    case 'uri':
      return l10n.t("Come Back by the Editor's Own Address");
    case 'paste':
      return l10n.t('Paste the Callback URL');
    case 'pin':
      return l10n.t('Type the PIN');
  }
}

export const portInUse = (port: number): string =>
  l10n.t("Port {0} is in use, so the browser can't come back by itself.", String(port));

/** What is said of an error that came without a state, while an answer with one is still waited for. `code` is of RFC 6749. */
export function unprovenError(code: string): {
  readonly text: string;
  readonly cancel: string;
  readonly again: string;
} {
  return {
    text:
      code === 'access_denied'
        ? l10n.t(
            'X reports that access was not given. A web page could have faked this, so the sign-in waits a moment longer.',
          )
        : l10n.t(
            'X reports that the sign-in failed ({0}). A web page could have faked this, so the sign-in waits a moment longer.',
            code,
          ),
    cancel: l10n.t('Cancel'),
    again: remedyLabel('sign-in-again'),
  };
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

/** What came by the editor's own address and is nobody's. */
export const strayCallback = (): string =>
  l10n.t('No sign-in to X is waiting for what the browser brought back: sign in again.');

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

/** The words of the box that takes what the browser ended with. */
export function pasteWords(what: 'callback' | 'pin'): {
  readonly title: string;
  readonly prompt: string;
  readonly placeHolder: string;
  /** What was pasted belongs to another sign-in. */
  readonly other: string;
  /** There is no answer in what was pasted. */
  readonly nothing: string;
} {
  const title = l10n.t('Finish signing in to X');
  return what === 'pin'
    ? {
        title,
        prompt: l10n.t('Type the PIN that X shows in the browser.'),
        placeHolder: l10n.t('About seven digits'),
        other: l10n.t('This is from another sign-in: type the number that the browser shows now.'),
        nothing: l10n.t('A PIN has only digits.'),
      }
    : {
        title,
        prompt: l10n.t(
          "Copy the whole address of the page that the browser ended on, even if it says that the page can't be opened.",
        ),
        placeHolder: l10n.t('The callback URL, or only its code'),
        other: l10n.t('This address is from another sign-in: copy the one that the browser shows now.'),
        nothing: l10n.t('There is no code in this: copy the whole address, with everything after "?".'),
      };
}

/** What a notice says, and what can be done about it. `clientId` is of the app that is set up. */
export function noticeText(
  notice: Notice,
  clientId: string,
): {
  readonly text: string;
  readonly remedies: readonly Remedy[];
} {
  switch (notice.kind) {
    case 'rejected':
      return {
        text: notice.dropped
          ? l10n.t(
              'The connection dropped while the sign-in of {0} to X was being renewed, and X has ended it: sign in again.',
              notice.grant.account.label,
            )
          : l10n.t('X has ended the sign-in of {0}: sign in again.', notice.grant.account.label),
        remedies: ['sign-in-again'],
      };
    case 'unknown-client':
      return notice.grant.clientId === clientId
        ? {
            text: l10n.t(
              "The sign-in of {0} to X can't be renewed, because X does not know the app's Client ID any more: set up the app again.",
              notice.grant.account.label,
            ),
            remedies: ['set-up-app'],
          }
        : {
            text: l10n.t(
              "The sign-in of {0} to X can't be renewed, because X does not know the Client ID {1} any more: tell the author of the extension that uses it.",
              notice.grant.account.label,
              plainWords(notice.grant.clientId),
            ),
            remedies: ['show-log'],
          };
    case 'client-secret':
      return {
        text: notice.hasSecret
          ? l10n.t(
              "The sign-in of {0} to X can't be renewed, because X does not accept the app's secret: correct it, or remove it if the app is a Native App.",
              notice.grant.account.label,
            )
          : l10n.t(
              "The sign-in of {0} to X can't be renewed, because the app at X has a secret that is not known here: add its Client Secret.",
              notice.grant.account.label,
            ),
        remedies: ['enter-client-secret'],
      };
    case 'narrowed':
      return {
        text: l10n.t(
          'The sign-in of {0} now allows less than before: extensions that need the rest will ask again.',
          notice.grant.account.label,
        ),
        remedies: ['sign-in-again'],
      };
    case 'unreadable':
      return {
        text:
          notice.count === 1
            ? l10n.t("A stored sign-in to X can't be read and was set aside: sign in again.")
            : l10n.t("{0} stored sign-ins to X can't be read and were set aside: sign in again.", String(notice.count)),
        remedies: ['sign-in-again', 'show-log'],
      };
    case 'vanished':
      return {
        text: l10n.t(
          "The sign-in to X of {0} is gone from this machine's secret storage: sign in again.",
          notice.labels.join(', '),
        ),
        remedies: ['sign-in-again'],
      };
    case 'shared-bearer':
      return {
        text: l10n.t(
          "{0} is removed here. X keeps the app's bearer token alive, because everyone who uses the app shares it: regenerate it in X's console to end it.",
          notice.grant.account.label,
        ),
        // With a button, since VS Code cuts off a message without one.
        remedies: ['open-console'],
      };
    case 'replaced-not-revoked':
      return {
        text: l10n.t(
          'The earlier tokens of {0} could not be revoked at X: remove the app that they belong to under Connected apps.',
          notice.grant.account.label,
        ),
        remedies: ['open-connected-apps'],
      };
    case 'not-revoked':
      return {
        text: l10n.t(
          '{0} is signed out here, but X could not be told: remove the app under Connected apps at X to end it there, too.',
          notice.grant.account.label,
        ),
        remedies: ['open-connected-apps'],
      };
  }
}

export function remedyLabel(remedy: Remedy): string {
  switch (remedy) {
    case 'set-up-app':
      return l10n.t('Set Up App Credentials');
    case 'enter-client-secret':
      return l10n.t('Enter the Client Secret');
    case 'enter-api-key':
      return l10n.t('Enter the API Key Again');
    case 'open-settings':
      return l10n.t('Open Settings');
    case 'sign-in':
      return l10n.t('Sign In');
    case 'sign-in-again':
      return l10n.t('Sign In Again');
    case 'paste-instead':
      return l10n.t('Paste the Callback URL Instead');
    case 'another-way':
      return l10n.t('Sign In Another Way');
    case 'see-checklist':
      return l10n.t('See What to Check');
    case 'copy-callback-urls':
      return l10n.t('Copy Callback URLs');
    case 'show-log':
      return l10n.t('Show Log');
    case 'open-console':
      return l10n.t("Open X's Developer Console");
    case 'open-connected-apps':
      return l10n.t('Open Connected Apps');
    case 'open-walkthrough':
      return l10n.t('Show Me How');
    case 'reload-window':
      return l10n.t('Reload Window');
  }
}

/** Why a text is not a client id, and where the right one is. */
export function clientIdHint(problem: NotAClientId): string {
  switch (problem) {
    case 'empty':
      return l10n.t('Paste the OAuth 2.0 Client ID of your X app.');
    case 'characters':
      return l10n.t('A Client ID has only letters, digits, "-" and "_": copy it again, without anything around it.');
    case 'bearer-token':
      return l10n.t('This is a bearer token: the OAuth 2.0 Client ID is further down on the same page.');
    case 'app-id':
      return l10n.t('This is the number of the app: the OAuth 2.0 Client ID is under "Keys and tokens".');
    case 'api-key':
      return l10n.t('This looks like an API key: the OAuth 2.0 Client ID is further down on the same page.');
    case 'user-token':
      return l10n.t('This is an OAuth 1.0a access token: the OAuth 2.0 Client ID is further down on the same page.');
  }
}

/** The words of the page that the browser shows after the callback. */
export function arrivalText(arrival: Arrival): { readonly title: string; readonly text: string } {
  switch (arrival) {
    case 'code':
      return {
        title: l10n.t('X has answered'),
        text: l10n.t('The editor finishes signing you in. You can close this tab.'),
      };
    case 'denied':
      return {
        title: l10n.t('You are not signed in'),
        text: l10n.t('You did not give access at X. You can close this tab and sign in again in the editor.'),
      };
    case 'error':
      return {
        title: l10n.t('You are not signed in'),
        text: l10n.t('X did not accept the sign-in. You can close this tab: the editor says what to do.'),
      };
    case 'ended':
      return {
        title: l10n.t('This sign-in has ended'),
        text: l10n.t(
          'It was cancelled, took too long, or a newer one took its place. You can close this tab and start again in the editor.',
        ),
      };
  }
}
