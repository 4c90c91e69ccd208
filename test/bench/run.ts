import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../host/project.ts';
import { machine } from './machine.ts';
import { measure } from './measure.ts';
import { intoPage, table } from './report.ts';
import { judge } from './verdicts.ts';

/** Measures the budgets, prints them, and writes them into the page. Fails when one is missed. */
const PAGE = join(ROOT, 'docs', 'performance.md');

const startedAt = performance.now();
const loadBefore = load();
const bundle = JSON.parse(await readFile(join(ROOT, 'dist', 'size.json'), 'utf8'));
const measured = await measure(bundle, (what) => console.log(`${seconds()} s: ${what} …`));
const findings = judge(measured);
const found = table(findings);
const about = [
  ...machine(measured.versions),
  `${new Date().toISOString().slice(0, 10)}; ${seconds()} s; load average ${loadBefore} before, ${load()} after`,
];
console.log(`\n${about.join('\n')}\n\n${found}\n`);

const page = intoPage(await readFile(PAGE, 'utf8'), about, found);
await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
const missed = findings.filter(({ budget }) => budget?.isMet === false);
for (const { what } of missed) console.log(`Missed: ${what}`);
console.log(
  missed.length === 0
    ? 'Every budget is met.'
    : 'Run it again on a machine that does nothing else before you believe it.',
);
process.exit(missed.length === 0 ? 0 : 1);

function seconds(): number {
  return Math.round((performance.now() - startedAt) / 1000);
}

/** How many processes wanted a processor in the last minute, on average; on Windows always 0. */
function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
