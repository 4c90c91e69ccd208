import { parseArgs } from 'node:util';
import { type Bounds, fromText, toText, weightOf } from './explore.ts';
import { mechanisms } from './mechanisms.ts';
import { type Job, Pool } from './pool.ts';
import { bundled, program } from './program.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { again, type Found, type Result } from './search.ts';
import type { StoreKind } from './secrets.ts';

const WORKERS = 2;
const KINDS = ['desktop', 'browser'] as const satisfies readonly StoreKind[];
const DEFAULT_SECONDS = 6 * 60;

const { values: options } = parseArgs({
  options: {
    /** One alone, or all whose names begin so. */
    scenario: { type: 'string', default: '' },
    store: { type: 'string' },
    /** Instead of each scenario's own bounds: this many switches, and one crash, sleep or loss beside one fewer. */
    switches: { type: 'string' },
    /** For all scenarios together. */
    budget: { type: 'string', default: String(DEFAULT_SECONDS) },
    /** Has one schedule happen again, as a counterexample says, and prints all of it; needs a scenario and a store. */
    replay: { type: 'string' },
    /** With one mechanism after another switched off; or only with this one. */
    mechanisms: { type: 'boolean', default: false },
    mechanism: { type: 'string' },
  },
});

const seconds = Number(options.budget);
const chosen = scenarios.filter(({ name }) => name.startsWith(options.scenario));
const kinds = KINDS.filter((kind) => options.store === undefined || options.store === kind);
if (chosen.length === 0 || kinds.length === 0) throw new Error('There is no such scenario or store.');

if (options.replay !== undefined) await showAgain(options.replay);
else if (options.mechanisms || options.mechanism !== undefined) await withoutEach();
else await searchAll();

async function showAgain(choices: string): Promise<void> {
  const [[scenario], [kind]] = [chosen, kinds];
  if (scenario === undefined || kind === undefined || chosen.length > 1 || kinds.length > 1)
    throw new Error('Name one scenario and one store.');
  const patches = mechanisms.find(({ name }) => name === options.mechanism)?.patches;
  const { story, violations, log } = await again(scenario, kind, fromText(choices), program(await bundled(patches)));
  console.log([...story, '', ...log, '', ...violations.map(({ text }) => text)].join('\n'));
  process.exitCode = violations.some(({ isForgiven }) => !isForgiven) ? 1 : 0;
}

async function searchAll(): Promise<void> {
  const pool = new Pool({ whole: await bundled() }, WORKERS);
  const jobs = jobsOf(chosen, 'whole', 'end');
  console.log(row('scenario', 'store', 'windows', 'bounds', 'schedules', 'tried', 'violations'));
  const results: Result[] = [];
  await pool.run(jobs, seconds, (result) => {
    results.push(result);
    const { windows = 0 } = scenarios.find(({ name }) => name === result.scenario) ?? {};
    const tried = result.left === undefined ? 'all' : `${result.left - 1} all, ${result.left} some`;
    const bounds = (jobs.find((job) => job.scenario === result.scenario)?.bounds ?? []).map(inShort).join(' ');
    const violations = result.found.map(({ kind, isForgiven }) => (isForgiven ? `(${kind})` : kind)).join(', ');
    console.log(row(result.scenario, result.kind, windows, bounds, result.schedules, tried, violations));
  });
  pool.close();
  const schedules = results.reduce((sum, result) => sum + result.schedules, 0);
  console.log(`${schedules} schedules. What could not have been prevented is in brackets.`);
  for (const result of results) {
    const bad = result.found.filter(({ isForgiven }) => !isForgiven);
    for (const [choices, found] of Map.groupBy(bad, (one) => toText(one.choices))) tell(result, choices, found);
  }
  const unpreventable = results.filter(({ found }) =>
    found.some(({ kind, isForgiven }) => kind === 'lost' && isForgiven),
  );
  for (const [index, result] of unpreventable.slice(0, 1).entries()) {
    console.log('\nA loss that can’t be prevented is found, for example:');
    const found = result.found.find(({ kind, isForgiven }) => kind === 'lost' && isForgiven);
    if (found !== undefined && index === 0) tell(result, toText(found.choices), [found]);
  }
  const isWhole = chosen.length === scenarios.length;
  if (isWhole && unpreventable.length === 0)
    console.log('The loss that can’t be prevented was not found: the search is broken.');
  const isBad = results.some(({ found }) => found.some(({ isForgiven }) => !isForgiven));
  process.exitCode = isBad || (isWhole && unpreventable.length === 0) ? 1 : 0;
}

/** Whether the search misses each mechanism: if not, nothing needs it. */
async function withoutEach(): Promise<void> {
  const off = mechanisms.filter(({ name }) => options.mechanism === undefined || name === options.mechanism);
  const codes: Record<string, string> = {};
  for (const { name, patches } of off) codes[name] = await bundled(patches);
  const pool = new Pool(codes, WORKERS);
  const jobs = off.flatMap((mechanism) => {
    const wanted = scenarios.filter(({ name }) => mechanism.scenarios.includes(name));
    return jobsOf(options.scenario === '' ? wanted : chosen, mechanism.name, 'violation');
  });
  const results: (Result & { readonly code: string })[] = [];
  await pool.run(jobs, seconds, (result, index) => results.push({ ...result, code: jobs[index]?.code ?? '' }));
  pool.close();
  console.log('| without | scenario | store | schedules | counterexample | interferences | steps |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const { name } of off) {
    const own = results.filter(({ code }) => code === name);
    const all = own.flatMap((result) =>
      result.found.filter(({ isForgiven }) => !isForgiven).map((found) => ({ result, found })),
    );
    const [shortest] = all.toSorted(
      (a, b) => weightOf(a.found.cost) - weightOf(b.found.cost) || a.found.steps - b.found.steps,
    );
    const tried = own.reduce((sum, { schedules }) => sum + schedules, 0);
    if (shortest === undefined) {
      console.log(`| ${name} | | | ${tried} | **none** | | |`);
      process.exitCode = 1;
      continue;
    }
    const { result, found } = shortest;
    const cells = [name, result.scenario, result.kind, tried, found.kind, inShort(found.cost), found.steps];
    console.log(`| ${cells.join(' | ')} |`);
    if (options.mechanism !== undefined) tell(result, toText(found.choices), [found]);
  }
}

function jobsOf(of: readonly Scenario[], code: string, until: Job['until']): readonly Omit<Job, 'seconds'>[] {
  return of.flatMap(({ name, kinds: own = KINDS, bounds }) =>
    own
      .filter((kind) => kinds.includes(kind))
      .map((kind) => ({
        scenario: name,
        kind,
        bounds: options.switches === undefined ? bounds : upTo(options.switches),
        code,
        until,
      })),
  );
}

function upTo(switches: string): readonly Bounds[] {
  const most = Number(switches);
  const fewer = Math.max(0, most - 1);
  return [
    { switches: most },
    { switches: fewer, crashes: 1 },
    { switches: fewer, sleeps: 1 },
    { switches: fewer, losses: 1 },
  ];
}

/** What one schedule led to. */
function tell({ scenario, kind }: Result, choices: string, found: readonly Found[]): void {
  const [first] = found;
  if (first === undefined) return;
  console.log(`\n${scenario} (${kind}), interferences: ${inShort(first.cost)}`);
  for (const { text } of found) console.log(`  ! ${text}`);
  for (const line of first.story) console.log(`    ${line}`);
  console.log(`  Again: npm run prove -- --scenario "${scenario}" --store ${kind} --replay "${choices}"`);
}

function inShort(bounds: Bounds): string {
  const parts = Object.entries(bounds).filter(([, count]) => count > 0);
  return parts.length === 0 ? 'none' : parts.map(([trouble, count]) => `${count} ${trouble}`).join('+');
}

function row(...cells: readonly (string | number)[]): string {
  const widths = [40, 8, 8, 84, 10, 20, 0];
  return cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' ');
}
