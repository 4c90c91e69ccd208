import { parentPort, workerData } from 'node:worker_threads';
import type { Job } from './pool.ts';
import { program } from './program.ts';
import { scenarios } from './scenarios.ts';
import { search } from './search.ts';

// Files that are not there are looked for all the time, and nobody reads where that was.
Error.stackTraceLimit = 0;

/** Searches what it is told to, one job after another. */
const programs = new Map<string, ReturnType<typeof program>>();

parentPort?.on('message', ({ scenario: name, kind, bounds, code, seconds, until }: Job) => {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
  const known = programs.get(code) ?? program(codes[code] ?? '');
  programs.set(code, known);
  void search(scenario, kind, bounds, known, { seconds, until }).then((result) => parentPort?.postMessage(result));
});

/** Bundles, by their names. */
const codes: Readonly<Record<string, string>> = workerData;
