import type { Event } from './schedule.ts';

/** What steps are for, where their own words do not say it; '' for what is part of another. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^makes locks\/\S+\.0{9}$/, ''],
  [/^makes locks\/\S+$/, ''],
  [/^renames locks\/\S+ to locks\/(\S+)$/, 'takes lock $1'],
  [/^removes locks\/[^/\s]+\/\S+$/, ''],
  [/^removes locks\/(\S+)$/, 'lets go of lock $1'],
  [/^(makes|writes|removes|leaves|renames) \S*manifest\/.*$/, ''],
  [/^(makes|writes|removes) \S+\.tmp$/, ''],
  [/^(?:renames|links|copies) \S+ (?:to|as) (\S+)$/, 'leaves $1'],
  [/^makes [a-z]+$/, ''],
];

/** What happened, a line for each time that one task went on; `isWhole`: also what only looked. */
export function storyOf(events: readonly Event[], isWhole = false): readonly string[] {
  const lines: { who: string; what: string[] }[] = [];
  for (const { task, text, matters } of events) {
    const meaning = isWhole ? text : matters ? meaningOf(text) : '';
    if (meaning === '') continue;
    const who = task?.name ?? '';
    const last = lines.at(-1);
    if (last !== undefined && last.who === who && !isWhole) last.what.push(meaning);
    else lines.push({ who, what: [meaning] });
  }
  return lines.map(({ who, what }) => (who === '' ? what.join('; ') : `${who}: ${what.join(' · ')}`));
}

function meaningOf(text: string): string {
  const [known, meaning] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return known === undefined || meaning === undefined ? text : text.replace(known, meaning);
}
