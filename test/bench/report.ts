import type { Finding } from './verdicts.ts';

const COLUMNS = ['what', 'X Authentication', 'GitHub’s', 'a constant', 'budget', 'verdict'] as const;

/** The findings as a table of Markdown, aligned for the terminal. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ours, github = '', constant = '', budget }) => {
    const verdict = budget === undefined ? '' : budget.isMet ? 'met' : '**MISSED**';
    return [what, ours, github, constant, budget?.text ?? '', verdict];
  });
  const widths = COLUMNS.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(COLUMNS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const BEGIN = '<!-- written by npm run bench -->';
const END = '<!-- end -->';

/** The page with what was measured in the place of what was measured before. */
export function intoPage(page: string, about: readonly string[], found: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`There is no place for the table: ${BEGIN} … ${END}`);
  const list = about.map((line) => `- ${line}`).join('\n');
  return `${page.slice(0, begin)}${BEGIN}\n\n${found}\n\n${list}\n\n${page.slice(end)}`;
}
