import * as v from 'valibot';
import * as vscode from 'vscode';
import { CLIENT_ID, SCOPE } from '../oauth/characters.ts';
import { X_API } from '../x/endpoints.ts';
import { UserFacingError } from './userFacingError.ts';
import { SIGN_IN_METHOD_SETTINGS, type SignInMethodSetting } from './signInMethodSetting.ts';
import { readBaseUrl, UnsafeBaseUrlError, type BaseUrls, type Traffic } from '../x/baseUrls.ts';

const { l10n } = vscode;

export const SECTION = 'xAuthentication';

/** A setting whose value can't be used, because `reason`. */
function invalid(setting: string, reason: string): UserFacingError {
  return new UserFacingError(
    'Misconfigured',
    l10n.t({
      message: "The setting {0} can't be used ({1}): correct it and try again.",
      args: [`${SECTION}.${setting}`, reason],
      comment: ['{1} says why, such as "it must be a list of scopes".'],
    }),
    ['open-settings'],
  );
}

/**
 * The settings, read anew at every use and never trusted: a person can write anything into a file. Every getter throws a
 * {@link UserFacingError}, `Misconfigured`, unless it says otherwise.
 */
export const settings = {
  /** Empty when none is set. */
  clientId(): string {
    const reason = l10n.t('it must be the OAuth 2.0 Client ID of an app at X');
    const clientId = read('clientId', v.pipe(v.string(), v.trim()), reason);
    if (clientId !== '' && !CLIENT_ID.test(clientId)) throw invalid('clientId', reason);
    return clientId;
  },

  /** What was written there, to be corrected or compared. Never throws. */
  clientIdAsWritten(): string {
    const written = vscode.workspace.getConfiguration(SECTION).get<unknown>('clientId');
    return typeof written === 'string' ? written.trim() : '';
  },

  async setClientId(clientId: string): Promise<void> {
    await vscode.workspace.getConfiguration(SECTION).update('clientId', clientId, vscode.ConfigurationTarget.Global);
  },

  signInMethod(): SignInMethodSetting {
    return read(
      'signInMethod',
      v.picklist(SIGN_IN_METHOD_SETTINGS),
      l10n.t('it must be one of {0}', SIGN_IN_METHOD_SETTINGS.join(', ')),
    );
  },

  loopbackPort(): number {
    const port = v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65535));
    return read('loopbackPort', port, l10n.t('it must be a whole number from 1024 to 65535'));
  },

  /** To the letter, since X compares it so. */
  relayUrl(): string {
    baseUrl('relayUrl');
    // Not what an editor would make a link of, nor what nobody sees: it is shown in messages, to the letter.
    return read('relayUrl', v.pipe(v.string(), v.trim(), v.regex(/^(?!.*\]\()[^\s\p{C}]*$/u)), urlReason());
  },

  apiBaseUrl(): string {
    return baseUrl('apiBaseUrl');
  },

  baseUrls(): BaseUrls {
    return { api: baseUrl('apiBaseUrl'), authorization: baseUrl('authorizationBaseUrl', 'pages') };
  },

  /** The server whose sessions are shown: X while the setting can't be used, which is told as soon as more depends on it. Never throws. */
  shownBaseUrl(): string {
    try {
      return baseUrl('apiBaseUrl');
    } catch {
      return X_API;
    }
  },

  defaultScopes(): readonly string[] {
    return read('defaultScopes', v.array(v.pipe(v.string(), v.regex(SCOPE))), l10n.t('it must be a list of scopes'));
  },
};

const urlReason = (): string =>
  l10n.t('it must be a URL that begins with https:, without a user name, a query or a fragment');

function baseUrl(name: string, traffic?: Traffic): string {
  const text = read(name, v.string(), urlReason());
  try {
    return readBaseUrl(text, traffic);
  } catch (error) {
    if (error instanceof UnsafeBaseUrlError) throw invalid(name, urlReason());
    throw error;
  }
}

function read<T>(name: string, schema: v.GenericSchema<unknown, T>, reason: string): T {
  const parsed = v.safeParse(schema, vscode.workspace.getConfiguration(SECTION).get<unknown>(name));
  if (!parsed.success) throw invalid(name, reason);
  return parsed.output;
}
