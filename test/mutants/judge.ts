import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE, ROOT } from '../host/project.ts';
import { forEach } from './forEach.ts';
import type { Memory } from './memory.ts';
import { caughtTogether, runTests } from './mocha.ts';
import type { Mutant } from './mutate.ts';
import { type Baseline, hashOf, isAbout, reaches, type Suite } from './suite.ts';
import { withSwitches } from './switches.ts';

/** How long the tests of a mutant take at most, when nothing is changed. Those that take longest are left out. */
const TIMEOUT_MS = 12_000;
/** The tests that are tried first, where no file of tests is about the source file. */
const FIRST_MS = 3_000;
/** Few enough for both processors to be busy until the end. */
const TOGETHER = 20;

export interface Verdict {
  /** `late`: the tests did not come to an end, which counts as caught. */
  readonly outcome: 'caught' | 'late' | 'survived';
  /** The tests that it depends on, and the hash of them. */
  readonly tests: readonly string[];
  readonly hash: string;
}

interface Case {
  readonly id: number;
  readonly mutant: Mutant;
  /** The tests that run the changed code, in the order in which they are tried. */
  readonly batches: readonly (readonly string[])[];
}

/** Finds out which mutants of one source file the tests notice. */
export class Judge {
  readonly #file: string;
  readonly #source: string;
  readonly #suite: Suite;
  readonly #baselines: ReadonlyMap<string, Baseline>;
  readonly #memory: Memory<Verdict>;
  readonly #isNear: (mutant: Mutant) => boolean;

  /** `isNear`: whether only the tests about the file are asked about a mutant, which is quick. */
  constructor(
    file: string,
    source: string,
    parts: {
      suite: Suite;
      baselines: ReadonlyMap<string, Baseline>;
      memory: Memory<Verdict>;
      isNear: (mutant: Mutant) => boolean;
    },
  ) {
    this.#file = file;
    this.#source = source;
    this.#suite = parts.suite;
    this.#baselines = parts.baselines;
    this.#memory = parts.memory;
    this.#isNear = parts.isNear;
  }

  /** A verdict on each, in their order. */
  async verdicts(mutants: readonly Mutant[]): Promise<readonly Verdict[]> {
    const cases = mutants.map((mutant, id): Case => ({ id, mutant, batches: this.#batches(mutant) }));
    const found = new Map<Case, Verdict>();
    for (const each of cases) {
      const known = this.#known(each);
      if (known !== undefined) found.set(each, known);
    }
    if (found.size < cases.length) {
      const env = await this.#environment(mutants);
      for (const batch of [0, 1]) await this.#tryTogether(this.#open(cases, found), batch, env, found);
      await forEach(this.#open(cases, found), async (each) => {
        found.set(each, await this.#tryAlone(each, env));
        this.#remember(each, found);
      });
    }
    return cases.flatMap((each) => found.get(each) ?? []);
  }

  #open(cases: readonly Case[], found: ReadonlyMap<Case, Verdict>): readonly Case[] {
    return cases.filter((each) => !found.has(each));
  }

  /** In one process for many. One that seems to survive may have been switched on too late. */
  async #tryTogether(
    cases: readonly Case[],
    batch: number,
    env: NodeJS.ProcessEnv,
    found: Map<Case, Verdict>,
  ): Promise<void> {
    const able = cases.filter(({ mutant, batches }) => !mutant.isOnce && batches[batch] !== undefined);
    const byTests = Map.groupBy(able, ({ batches }) => (batches[batch] ?? []).join());
    const groups = [...byTests.values()].flatMap((group) => inGroupsOf(TOGETHER, group));
    await forEach(groups, async (group) => {
      const tests = group[0]?.batches[batch] ?? [];
      const ids = group.map(({ id }) => id);
      const caught = await caughtTogether(tests, ids, 8_000 + 3 * this.#msOf(tests), env);
      for (const each of group) {
        if (!caught.has(each.id)) continue;
        const file = caught.get(each.id);
        found.set(each, file === undefined ? this.#ruling('late', tests) : this.#ruling('caught', [file]));
        this.#remember(each, found);
      }
    });
  }

  async #tryAlone({ id, batches }: Case, env: NodeJS.ProcessEnv): Promise<Verdict> {
    for (const tests of batches) {
      const run = await runTests(tests, 10_000 + 4 * this.#msOf(tests), { ...env, MUTANT: String(id) });
      if (run.outcome === 'passed') continue;
      const depends = run.failedIn === undefined ? tests : [run.failedIn];
      return this.#ruling(run.outcome === 'late' ? 'late' : 'caught', depends);
    }
    return this.#ruling('survived', batches.flat());
  }

  /** The file with all of its mutants, and what makes a process take it for the real one. */
  async #environment(mutants: readonly Mutant[]): Promise<NodeJS.ProcessEnv> {
    const source = this.#source;
    const variants = mutants.map(({ host, from, to, now }, id) => {
      return { id, host, text: source.slice(host.from, from) + now + source.slice(to, host.to) };
    });
    const text = withSwitches(source, variants);
    const path = join(CACHE, 'mutants', `${hashOf(text)}.ts`);
    await mkdir(join(CACHE, 'mutants'), { recursive: true });
    await writeFile(path, text);
    return { MUTATED_URL: pathToFileURL(join(ROOT, this.#file)).href, MUTATED_PATH: path };
  }

  #ruling(outcome: Verdict['outcome'], tests: readonly string[]): Verdict {
    return { outcome, tests, hash: this.#suite.hashOf(tests) };
  }

  #remember(each: Case, found: ReadonlyMap<Case, Verdict>): void {
    const verdict = found.get(each);
    if (verdict !== undefined) this.#memory.set(this.#nameOf(each), hashOf(this.#source), verdict);
    this.#memory.save();
  }

  /** What was caught is still, as long as those tests are the same; what survived, if there are no others either. */
  #known(each: Case): Verdict | undefined {
    const known = this.#memory.get(this.#nameOf(each), hashOf(this.#source));
    if (known === undefined || known.hash !== this.#suite.hashOf(known.tests)) return undefined;
    return known.outcome !== 'survived' || known.tests.join() === each.batches.flat().join() ? known : undefined;
  }

  #nameOf({ mutant }: Case): string {
    return `${this.#file} ${mutant.from}-${mutant.to} ${mutant.now}`;
  }

  /** The tests that run the changed code: first those about the file, then the others, the quickest of them first. */
  #batches(mutant: Mutant): readonly (readonly string[])[] {
    const reaching = [...this.#baselines].filter(([, baseline]) => reaches(baseline, this.#file, mutant.from));
    // Code that runs only in a process that is killed leaves no coverage.
    const candidates = reaching.length > 0 ? reaching : [...this.#baselines];
    const sorted = candidates
      .map(([test, { ms }]) => ({ test, ms, rank: this.#rank(test) }))
      .toSorted((a, b) => a.rank - b.rank || a.ms - b.ms);
    const tests: string[] = [];
    let first = 0;
    let ms = 0;
    for (const each of sorted) {
      ms += each.ms;
      if (each.rank > 0 && ms > TIMEOUT_MS) continue;
      tests.push(each.test);
      if (each.rank === 0 || (sorted[0]?.rank !== 0 && ms < FIRST_MS) || first === 0) first++;
    }
    const batches = [tests.slice(0, first), ...(this.#isNear(mutant) ? [] : [tests.slice(first)])];
    return batches.filter((batch) => batch.length > 0);
  }

  #rank(test: string): number {
    if (isAbout(test, this.#file)) return 0;
    return this.#suite.imports(test, this.#file) ? 1 : 2;
  }

  #msOf(tests: readonly string[]): number {
    return tests.reduce((ms, test) => ms + (this.#baselines.get(test)?.ms ?? 0), 0);
  }
}

function inGroupsOf<T>(size: number, all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
