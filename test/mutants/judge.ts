import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ROOT } from '../host/project.ts';
import type { Replacement } from './hook.ts';
import type { Memory } from './memory.ts';
import { runTests } from './mocha.ts';
import type { Mutant } from './mutate.ts';
import { type Baseline, hashOf, isAbout, reaches, type Suite } from './suite.ts';

/** How long the tests of a mutant take at most, when nothing is changed. Those that take longest are left out. */
const PATIENCE_MS = 12_000;
/** The tests that are tried first, where no file of tests is about the source file. */
const FIRST_MS = 3_000;

export interface Verdict {
  /** `late`: the tests did not come to an end, which counts as caught. */
  readonly outcome: 'caught' | 'late' | 'survived';
  /** The tests that it depends on, and the hash of them. */
  readonly tests: readonly string[];
  readonly hash: string;
}

/** Finds out which mutants of one source file the tests notice. */
export class Judge {
  readonly #file: string;
  readonly #source: string;
  readonly #suite: Suite;
  readonly #baselines: ReadonlyMap<string, Baseline>;
  readonly #memory: Memory<Verdict>;
  readonly #near: boolean;

  /** With `near`, only the tests about the file are asked, which is quick. */
  constructor(
    file: string,
    source: string,
    parts: { suite: Suite; baselines: ReadonlyMap<string, Baseline>; memory: Memory<Verdict>; near: boolean },
  ) {
    this.#file = file;
    this.#source = source;
    this.#suite = parts.suite;
    this.#baselines = parts.baselines;
    this.#memory = parts.memory;
    this.#near = parts.near;
  }

  async verdict(mutant: Mutant): Promise<Verdict> {
    const name = `${this.#file} ${mutant.from}-${mutant.to} ${mutant.now}`;
    const stamp = hashOf(this.#source);
    const batches = this.#batches(mutant).slice(0, this.#near ? 1 : Infinity);
    const all = batches.flat();
    const known = this.#memory.get(name, stamp);
    if (known !== undefined && this.#isStillTrue(known, all)) return known;

    const verdict = await this.#try(mutant, batches);
    this.#memory.set(name, stamp, verdict);
    return verdict;
  }

  async #try(mutant: Mutant, batches: readonly (readonly string[])[]): Promise<Verdict> {
    const { from, to, now } = mutant;
    const replacement: Replacement = { url: pathToFileURL(join(ROOT, this.#file)).href, from, to, now };
    for (const tests of batches) {
      const expectedMs = this.#msOf(tests);
      const run = await runTests(tests, 10_000 + 4 * expectedMs, { MUTANT: JSON.stringify(replacement) });
      if (run.outcome === 'passed') continue;
      return this.#ruling(
        run.outcome === 'late' ? 'late' : 'caught',
        run.failedIn === undefined ? tests : [run.failedIn],
      );
    }
    return this.#ruling('survived', batches.flat());
  }

  #ruling(outcome: Verdict['outcome'], tests: readonly string[]): Verdict {
    return { outcome, tests, hash: this.#suite.hashOf(tests) };
  }

  /** One that was caught is still, as long as those tests are the same; one that survived, if there are no others either. */
  #isStillTrue({ outcome, tests, hash }: Verdict, all: readonly string[]): boolean {
    return (outcome !== 'survived' || tests.join() === all.join()) && hash === this.#suite.hashOf(tests);
  }

  /** The tests that run the changed code: first those about the file, then the others, the quickest of them first. */
  #batches({ from }: Mutant): readonly (readonly string[])[] {
    const reaching = [...this.#baselines].filter(([, baseline]) => reaches(baseline, this.#file, from));
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
      if (each.rank > 0 && ms > PATIENCE_MS) continue;
      tests.push(each.test);
      if (each.rank === 0 || (sorted[0]?.rank !== 0 && ms < FIRST_MS) || first === 0) first++;
    }
    return [tests.slice(0, first), tests.slice(first)].filter((batch) => batch.length > 0);
  }

  #rank(test: string): number {
    if (isAbout(test, this.#file)) return 0;
    return this.#suite.imports(test, this.#file) ? 1 : 2;
  }

  #msOf(tests: readonly string[]): number {
    return tests.reduce((ms, test) => ms + (this.#baselines.get(test)?.ms ?? 0), 0);
  }
}
