import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../host/project.ts';
import { forEach } from './forEach.ts';
import { Judge, type Verdict } from './judge.ts';
import { Memory } from './memory.ts';
import { mutantsOf } from './mutate.ts';
import { intoPage, isFor, lineOf, percent, type Reason, type Result } from './report.ts';
import { type Baseline, isAbout, Suite } from './suite.ts';

/**
 * Changes the source one small step at a time, and finds out which changes no unit test notices. With files, only those;
 * without, everything that unit tests can judge, and the page is written. `--near` asks only the tests about a file, and `--list`
 * prints the survivors that have a reason, too. Fails if a file has too many survivors, or one without a reason.
 */
const SCOPE = ['src/{oauth,x,common,ipc,api}/*.ts', 'src/sessions/**/*.ts', 'src/vscode/ui/signIn/signInMethods.ts'];
const PAGE = join(ROOT, 'docs', 'mutants.md');
const REASONS = join(import.meta.dirname, 'reasons.json');
const ENOUGH_PERCENT = 90;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false }, near: { type: 'boolean', default: false } },
});
setPriority(10);
const baselinesKnown = new Memory<Baseline>('baselines');
const verdictsKnown = new Memory<Verdict>('verdicts');
const suite = new Suite(baselinesKnown);
const reasons: Readonly<Record<string, readonly Reason[]>> = JSON.parse(await readFile(REASONS, 'utf8'));

const files = globSync(positionals.length > 0 ? positionals : SCOPE, { cwd: ROOT })
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted();
const baselines = await baselinesOf(files);
const results: Result[] = [];
for (const file of files) {
  const result = await judged(file);
  if (result === undefined) continue;
  results.push(result);
  const { caught, late, survivors } = result;
  const byTime = late > 0 ? `, ${late} of them by time` : '';
  console.log(
    `${file}: ${caught} of ${caught + survivors.length} caught${byTime} (${percent(result)} % of what can be)`,
  );
  for (const survivor of survivors) {
    if (values.list || survivor.why === undefined) console.log(`  ${lineOf(file, survivor)}`);
  }
}
if (positionals.length === 0) {
  const page = intoPage(await readFile(PAGE, 'utf8'), results, values.near);
  await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}
const failed = results.filter(
  (result) => percent(result) < ENOUGH_PERCENT || result.survivors.some(({ why }) => why === undefined),
);
for (const { file } of failed) console.log(`Not enough: ${file}`);
process.exit(failed.length === 0 ? 0 : 1);

async function baselinesOf(sources: readonly string[]): Promise<ReadonlyMap<string, Baseline>> {
  const tests = [...new Set(sources.flatMap(testsFor))].toSorted();
  console.log(`${sources.length} source files, ${tests.length} files of tests`);
  const found = new Map<string, Baseline>();
  await forEach(tests, async (test) => {
    found.set(test, await suite.baseline(test));
    baselinesKnown.save();
  });
  return found;
}

function testsFor(file: string): readonly string[] {
  const tests = suite.testsOf(file);
  const near = tests.filter((test) => isAbout(test, file));
  return values.near && near.length > 0 ? near : tests;
}

/** Undefined for a file with nothing in it that runs. */
async function judged(file: string): Promise<Result | undefined> {
  const source = await readFile(join(ROOT, file), 'utf8');
  const mutants = mutantsOf(file, source);
  if (mutants.length === 0) return undefined;
  const relevant = new Map(testsFor(file).flatMap((test) => [...baselines].filter(([name]) => name === test)));
  const given = reasons[file] ?? [];
  const judge = new Judge(file, source, {
    suite,
    baselines: relevant,
    memory: verdictsKnown,
    // It takes long to be sure that nothing catches a mutant, and where it does not matter nobody needs to be.
    isNear: (mutant) => values.near || given.some((reason) => isFor(reason, mutant)),
  });
  const outcomes = (await judge.verdicts(mutants)).map(({ outcome }) => outcome);
  const survived = mutants.filter((_, index) => outcomes[index] === 'survived');
  for (const reason of given.filter((each) => !survived.some((mutant) => isFor(each, mutant)))) {
    console.log(`${file}: a reason that nothing needs: ${reason.within}: ${reason.was} → ${reason.now}`);
  }
  return {
    file,
    caught: mutants.length - survived.length,
    late: outcomes.filter((outcome) => outcome === 'late').length,
    survivors: survived.map((mutant) => ({ mutant, why: given.find((reason) => isFor(reason, mutant))?.why })),
  };
}
