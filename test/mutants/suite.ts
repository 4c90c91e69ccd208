import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CACHE, ROOT } from '../host/project.ts';
import type { Memory } from './memory.ts';
import { runTests } from './mocha.ts';

/** Files of tests that take longer are asked about nothing. */
const LIMIT_MS = 30_000;

/** From one place of a file to another, the latter not included. */
type Span = readonly [from: number, to: number];

/** What a file of tests does when nothing is changed. */
export interface Baseline {
  readonly ms: number;
  /** The code that it runs, by file. */
  readonly reached: Readonly<Record<string, readonly Span[]>>;
}

/** The unit tests, each file with all that it imports or names. */
export class Suite {
  readonly #memory: Memory<Baseline>;
  readonly #neighbours = new Map<string, readonly string[]>();
  readonly #closures = new Map<string, ReadonlySet<string>>();
  readonly #hashes = new Map<string, string>();

  constructor(memory: Memory<Baseline>) {
    this.#memory = memory;
  }

  /** The files with tests that import a source file, directly or not. */
  testsOf(file: string): readonly string[] {
    return globSync('test/unit/**/*.test.ts', { cwd: ROOT })
      .map((test) => test.replaceAll('\\', '/'))
      .toSorted()
      .filter((test) => this.#closure(test).has(file));
  }

  imports(test: string, file: string): boolean {
    return this.#next(test).includes(file);
  }

  /** Changes when one of the tests does, or anything that they import. */
  hashOf(tests: readonly string[]): string {
    const files = new Set(tests.flatMap((test) => [...this.#closure(test)]));
    return hashOf(
      [...files]
        .toSorted()
        .map((file) => `${file} ${this.#hashOfFile(file)}`)
        .join('\n'),
    );
  }

  /** What the tests do as they are. Throws if they fail. */
  async baseline(test: string): Promise<Baseline> {
    const stamp = this.hashOf([test]);
    const known = this.#memory.get(test, stamp);
    if (known !== undefined) return known;
    await mkdir(join(CACHE, 'mutants'), { recursive: true });
    const folder = await mkdtemp(join(CACHE, 'mutants', 'coverage-'));
    try {
      const { outcome, ms, output } = await runTests([test], LIMIT_MS, { NODE_V8_COVERAGE: folder });
      if (outcome === 'failed') throw new Error(`${test} fails without a mutant:\n${output}`);
      const baseline = { ms, reached: outcome === 'late' ? {} : await reachedIn(folder) };
      this.#memory.set(test, stamp, baseline);
      return baseline;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #closure(file: string): ReadonlySet<string> {
    const known = this.#closures.get(file);
    if (known !== undefined) return known;
    const all = new Set([file]);
    // A set that grows is walked to its end.
    for (const each of all) for (const next of this.#next(each)) all.add(next);
    this.#closures.set(file, all);
    return all;
  }

  /** The files of the project that a file names: what it imports, and the programs that it starts. */
  #next(file: string): readonly string[] {
    const known = this.#neighbours.get(file);
    if (known !== undefined) return known;
    const source = readFileSync(join(ROOT, file), 'utf8');
    const named = [...source.matchAll(/['"`]([^'"`\n]+\.(?:ts|js|cjs|mjs|json))['"`]/g)].map(([, name = '']) =>
      relative(ROOT, resolve(ROOT, dirname(file), name)).replaceAll('\\', '/'),
    );
    if (source.includes("from 'x-authentication-testing'")) named.push('packages/testing/src/index.ts');
    const found = [...new Set(named)].filter((name) => ALL.has(name));
    this.#neighbours.set(file, found);
    return found;
  }

  #hashOfFile(file: string): string {
    const known = this.#hashes.get(file) ?? hashOf(readFileSync(join(ROOT, file), 'utf8'));
    this.#hashes.set(file, known);
    return known;
  }
}

const ALL: ReadonlySet<string> = new Set(
  globSync('{src,test,packages/*/{src,test},scripts,media,l10n}/**/*.{ts,js,cjs,mjs,json}', { cwd: ROOT }).map((file) =>
    file.replaceAll('\\', '/'),
  ),
);

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** What any of the processes ran that left their coverage in a folder. Type stripping leaves everything in its place. */
async function reachedIn(folder: string): Promise<Record<string, readonly Span[]>> {
  const reached = new Map<string, Span[]>();
  for (const name of await readdir(folder)) {
    const { result }: Coverage = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = relative(ROOT, fileURLToPath(url.split('?')[0] ?? '')).replaceAll('\\', '/');
      if (!file.startsWith('src/')) continue;
      const known = reached.get(file) ?? [];
      reached.set(file, union([...known, ...spansOf(functions.flatMap(({ ranges }) => ranges))]));
    }
  }
  return Object.fromEntries(reached);
}

/** Ranges lie in each other, and the innermost counts. */
function spansOf(ranges: Coverage['result'][number]['functions'][number]['ranges']): readonly Span[] {
  let spans: Span[] = [];
  const outerFirst = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset: from, endOffset: to, count } of outerFirst) {
    spans = spans.flatMap(([start, end]) => {
      const around: Span[] = [
        [start, Math.min(end, from)],
        [Math.max(start, to), end],
      ];
      return around.filter(([first, last]) => first < last);
    });
    if (count > 0) spans.push([from, to]);
  }
  return spans;
}

function union(spans: readonly Span[]): Span[] {
  const all: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** Whether the tests run what is at a place of a file. */
export function reaches({ reached }: Baseline, file: string, place: number): boolean {
  return (reached[file] ?? []).some(([from, to]) => from <= place && place < to);
}

/** Whether a file of tests is the one about a source file. */
export function isAbout(test: string, file: string): boolean {
  return test === file.replace(/^src/, 'test/unit').replace(/\.ts$/, '.test.ts');
}
