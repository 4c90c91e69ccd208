import { env, l10n } from 'vscode';
import type { Status, Trouble } from '../../../sessions/session.ts';
import { scopesInWords } from './scopeLabels.ts';

const UNITS = [
  ['day', 24 * 60 * 60_000],
  ['hour', 60 * 60_000],
  ['minute', 60_000],
] as const;

/** How far off a time is, such as "in 2 hours", in the editor's language. */
function relativeTime(at: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(env.language, { numeric: 'auto' });
  const left = at - now;
  for (const [unit, ms] of UNITS) {
    if (Math.abs(left) >= ms) return format.format(Math.trunc(left / ms), unit);
  }
  return format.format(Math.trunc(left / 1000), 'second');
}

/** Whether and when an account refreshes itself. */
export function refreshWords({ refreshesAt, endsAt }: Status, now: number): string {
  if (endsAt === undefined) return l10n.t('does not expire');
  if (refreshesAt === undefined) {
    return endsAt <= now
      ? l10n.t('has ended, and X gave nothing to renew it with')
      : l10n.t("can't be renewed, ends {0}", relativeTime(endsAt, now));
  }
  return refreshesAt <= now
    ? l10n.t('renews when it is used next')
    : l10n.t({
        message: 'renews {0}',
        args: [relativeTime(refreshesAt, now)],
        comment: ['{0} is a time from now, such as "in 2 hours".'],
      });
}

/** What an account allows, as short as a row of a list has to be. */
export function allowsWords(providerId: string, scopes: readonly string[]): string {
  switch (providerId) {
    case 'x-app':
      return l10n.t('Acts as the app, not as a person');
    case 'x-oauth1':
      return scopes.includes('read') ? l10n.t('Reads, and nothing else') : l10n.t('Whatever the app at X may do');
    default:
      return scopesInWords(scopes);
  }
}

/** What is wrong with an account and what to do; undefined when it is well. */
export function troubleWords({ troubles, triesAgainAt }: Status, now: number): string | undefined {
  const [first] = troubles;
  if (first === undefined) return undefined;
  const words = troubleSentence(first);
  return triesAgainAt === undefined
    ? words
    : l10n.t({
        message: '{0} It is tried again {1}.',
        args: [words, relativeTime(triesAgainAt, now)],
        comment: ['{0} is a whole sentence about what went wrong, {1} a time from now, such as "in 2 minutes".'],
      });
}

function troubleSentence(trouble: Trouble): string {
  switch (trouble) {
    case 'misconfigured':
      return l10n.t('X did not accept the app or its secret: set up the app again.');
    case 'unreachable':
      return l10n.t('X could not be reached: you stay signed in.');
    case 'expired':
      return l10n.t('The access has expired: renew it, or sign in again.');
    case 'unnamed':
      return l10n.t('X has not said yet whose account this is: you can use it all the same.');
  }
}
