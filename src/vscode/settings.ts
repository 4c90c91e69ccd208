import * as v from 'valibot';
import * as vscode from 'vscode';
import { readBaseUrl, UnsafeBaseUrl, type BaseUrls, type Traffic } from '../x/endpoints.ts';
import { Failure } from './failure.ts';
import { SIGN_IN_METHOD_SETTINGS, type SignInMethodSetting } from './signInMethods.ts';

const { l10n } = vscode;

export const SECTION = 'xAuthentication';

/** A setting whose value can't be used, because `reason`. */
function invalid(setting: string, reason: string): Failure {
  return new Failure(
    'Misconfigured',
    l10n.t({
      message: "The setting {0} can't be used ({1}): correct it and try again.",
      args: [`${SECTION}.${setting}`, reason],
      comment: ['{1} says why, such as "it must be text".'],
    }),
    ['open-settings'],
  );
}

/** The settings, read anew at every use and never trusted: a person can write anything into a file. Every getter throws a {@link Failure}, `Misconfigured`. */
export const settings = {
  /** Empty when none is set. */
  clientId(): string {
    return read('clientId', v.pipe(v.string(), v.trim()), l10n.t('it must be text'));
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
    return read('relayUrl', v.pipe(v.string(), v.trim()), '');
  },

  baseUrls(): BaseUrls {
    return { api: baseUrl('apiBaseUrl'), authorization: baseUrl('authorizationBaseUrl', 'pages') };
  },

  defaultScopes(): readonly string[] {
    return read('defaultScopes', v.array(v.pipe(v.string(), v.nonEmpty())), l10n.t('it must be a list of scopes'));
  },
};

function baseUrl(name: string, traffic?: Traffic): string {
  const reason = l10n.t('it must be a URL that begins with https:, without a user name, a query or a fragment');
  const text = read(name, v.string(), reason);
  try {
    return readBaseUrl(text, traffic);
  } catch (error) {
    if (error instanceof UnsafeBaseUrl) throw invalid(name, reason);
    throw error;
  }
}

function read<T>(name: string, schema: v.GenericSchema<unknown, T>, reason: string): T {
  const parsed = v.safeParse(schema, vscode.workspace.getConfiguration(SECTION).get<unknown>(name));
  if (!parsed.success) throw invalid(name, reason);
  return parsed.output;
}
