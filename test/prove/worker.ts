import type { Job } from './pool.ts';
import { program, type Program } from './program.ts';
import { scenarios } from './scenarios.ts';
import { search } from './search.ts';

// A process that searches what it is told to, one job after another.

// Files that are not there are looked for all the time, and nobody reads where that was.
Error.stackTraceLimit = 0;

const programs = new Map<string, Program>();

process.on('message', ({ scenario: name, kind, bounds, code, seconds, until }: Job) => {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
  const known = programs.get(code) ?? program(code);
  programs.set(code, known);
  void search(scenario, kind, bounds, known, { seconds, until }).then((result) => process.send?.(result));
});
