import { l10n } from 'vscode';
import { labelsWithApp, type LabelWords } from '../../../sessions/labels.ts';

/** What accounts of `x` are called, besides `@name`. */
export const labelWords: LabelWords = {
  unnamed: (code) =>
    l10n.t({
      message: 'X account {0}',
      args: [code],
      comment: ['An account at X whose name is not known; {0} is a code such as "3f2a91".'],
    }),
  withApp: (name, app) =>
    l10n.t({
      message: '{0} (app {1})',
      args: [name, app],
      comment: ['{0} is the username of somebody at X, {1} the beginning of the Client ID of the app that they use.'],
    }),
};

/** What an account of `x-oauth1` is called: the app is named where another has the plain name. */
export function* oauth1Labels(username: string, apiKey: string): Iterable<string> {
  const name = `@${username}`;
  yield name;
  yield* labelsWithApp(apiKey, SHORT_KEY_LENGTH, (key) => l10n.t('{0} (app with API Key {1})', name, key));
}

/** What an account of `x-app` is called that came from an API key. */
export function appLabels(apiKey: string): Iterable<string> {
  return labelsWithApp(apiKey, SHORT_KEY_LENGTH, (key) => l10n.t('App with API Key {0}', key));
}

/** A name, and then the same with a number. */
export function* numbered(name: string): Iterable<string> {
  yield name;
  for (let n = 2; ; n++) yield `${name} ${n}`;
}

/** Enough of an API key to recognize it by. */
export const SHORT_KEY_LENGTH = 6;

export function shortKey(apiKey: string): string {
  return `${apiKey.slice(0, SHORT_KEY_LENGTH)}…`;
}
