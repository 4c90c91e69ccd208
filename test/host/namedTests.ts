import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.ts';

const SUITES = ['unit', 'editor', 'e2e'] as const;

/** A test that SECURITY.md names as the one that holds a claim. */
export interface NamedTest {
  readonly suite: (typeof SUITES)[number];
  /** Those of its `describe` blocks and its own, joined by spaces, as mocha prints them. */
  readonly title: string;
}

/** The tests that a page names, each as its suite and its title: unit: `The loopback takes a GET only`. */
export function namedTests(page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')): readonly NamedTest[] {
  return [...page.matchAll(/\b(unit|editor|e2e): `([^`]+)`/g)].flatMap(([, name, title]) => {
    const suite = SUITES.find((candidate) => candidate === name);
    return suite === undefined || title === undefined ? [] : [{ suite, title }];
  });
}

/** Those that no file of their suite has: neither the whole title nor an `it` that it ends with. */
export function missingTests(named: readonly NamedTest[]): readonly NamedTest[] {
  const titles = new Map(SUITES.map((suite) => [suite, titlesIn(suite)]));
  return named.filter(({ suite, title }) => {
    const all = titles.get(suite) ?? [];
    return !all.some(({ its, describes }) => its.some((it) => describes.some((outer) => title === `${outer} ${it}`)));
  });
}

interface Titles {
  readonly describes: readonly string[];
  readonly its: readonly string[];
}

function titlesIn(suite: string): readonly Titles[] {
  return globSync(`test/${suite}/**/*.test.ts`, { cwd: ROOT }).map((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    return { describes: nested(literalsAfter('describe', source)), its: literalsAfter('it', source) };
  });
}

/** Each `describe` alone, and within each one before it: which of them are nested can't be told without running the file. */
function nested(describes: readonly string[]): readonly string[] {
  return describes.flatMap((inner, index) => [inner, ...describes.slice(0, index).map((outer) => `${outer} ${inner}`)]);
}

function literalsAfter(name: string, source: string): readonly string[] {
  const call = new RegExp(`\\b${name}\\(\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)")`, 'g');
  return [...source.matchAll(call)].map(([, single, double]) => (single ?? double ?? '').replace(/\\(.)/g, '$1'));
}
