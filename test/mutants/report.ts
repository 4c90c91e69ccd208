import type { Mutant } from './mutate.ts';

/** What became of the mutants of a source file. */
export interface Result {
  readonly file: string;
  readonly caught: number;
  /** Those of the caught ones that the tests did not come to an end with. */
  readonly late: number;
  readonly survivors: readonly Survivor[];
}

export interface Survivor {
  readonly mutant: Mutant;
  readonly why: string | undefined;
}

/** Why a mutant may survive. It is known by the function that it is in and the change, which stay when lines move. */
export interface Reason {
  readonly within: string;
  readonly was: string;
  readonly now: string;
  readonly why: string;
}

const LONGEST = 100;

/** The two sides of a change, each in one line. */
function sidesOf({ was, now }: Mutant): { readonly was: string; readonly now: string } {
  return { was: inOneLine(was), now: now === '' ? '(nothing)' : inOneLine(now) };
}

function inOneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

export function isFor(reason: Reason, mutant: Mutant): boolean {
  const { was, now } = sidesOf(mutant);
  return reason.within === mutant.within && reason.was === was && reason.now === now;
}

/** How many were caught of those that can be, rounded down, so that nothing is called complete that is not. */
export function percent(result: Result): number {
  const all = result.caught + result.survivors.length - equalsOf(result);
  return all === 0 ? 100 : Math.floor((100 * result.caught) / all);
}

/** Those that do the same as the source, which no test can catch: their reasons begin so. */
function equalsOf({ survivors }: Result): number {
  return survivors.filter(({ why }) => why?.startsWith('Equal')).length;
}

/** A survivor for the terminal, with all that a reason for it has to say. */
export function lineOf(file: string, { mutant, why }: Survivor): string {
  const { was, now } = sidesOf(mutant);
  return `${file}:${mutant.line} ${mutant.within}: ${was} → ${now}${why === undefined ? '' : ` (${why})`}`;
}

const BEGIN = '<!-- written by npm run mutants -->';
const END = '<!-- end -->';

/** The page with these results in the place of earlier ones. */
export function intoPage(page: string, results: readonly Result[], isNear: boolean): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`There is no place for the results: ${BEGIN} … ${END}`);
  const asked = isNear ? ['Only the tests about each file were asked (`--near`).'] : [];
  const parts = [BEGIN, ...asked, table(results), '## Survivors', ...results.flatMap(survivorsOf), ''];
  return `${page.slice(0, begin)}${parts.join('\n\n')}${page.slice(end)}`;
}

function table(results: readonly Result[]): string {
  const sum = (count: (result: Result) => number): number => results.reduce((all, result) => all + count(result), 0);
  const all = {
    file: '**all**',
    caught: sum(({ caught }) => caught),
    late: sum(({ late }) => late),
    survivors: results.flatMap(({ survivors }) => survivors),
  };
  const rows = [...results, all].map((result) => {
    const { file, caught, late, survivors } = result;
    const equal = equalsOf(result);
    const cells = [file, caught + survivors.length, caught, late, equal, survivors.length - equal];
    return `| ${cells.join(' | ')} | ${percent(result)} % |`;
  });
  return [
    '| file | mutants | caught | of these by time | equal | others | caught of what can be |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

function survivorsOf({ file, survivors }: Result): readonly string[] {
  if (survivors.length === 0) return [];
  const rows = survivors.map(({ mutant, why = 'nobody knows yet' }) => {
    const { was, now } = sidesOf(mutant);
    return `| ${mutant.line} | ${code(was)} | ${now === '(nothing)' ? now : code(now)} | ${why} |`;
  });
  return [`### ${file}`, ['| line | was | became | why it may |', '| --: | --- | --- | --- |', ...rows].join('\n')];
}

function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  const space = fence.length > 1 ? ' ' : '';
  return `${fence}${space}${text.replaceAll('|', '\\|')}${space}${fence}`;
}
