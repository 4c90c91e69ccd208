import type { Finding } from './verdicts.ts';

const COLUMNS = ['what', 'X Authentication', 'GitHub’s', 'a constant', 'budget', ''] as const;

/** The findings as a table, for people and for Markdown alike. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ours, github = '', constant = '', budget }) => [
    what,
    ours,
    github,
    constant,
    budget?.text ?? '',
    budget === undefined ? '' : budget.isMet ? 'met' : '**MISSED**',
  ]);
  const widths = COLUMNS.map((column, index) => Math.max(...[column, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(COLUMNS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
