import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Program } from '../host/program.ts';
import { CACHE, ROOT, SOURCE_CONDITION } from '../host/project.ts';

const INSIDE = join(import.meta.dirname, 'inside.ts');
const HOOK = pathToFileURL(join(import.meta.dirname, 'hook.ts')).href;

interface Run {
  /** `late` if the tests did not come to an end. */
  readonly outcome: 'passed' | 'failed' | 'late';
  /** The file with the test that failed, if it was a test that did. */
  readonly failedIn: string | undefined;
  readonly ms: number;
  /** The last lines of what they printed. */
  readonly output: string;
}

/** Runs test files of this project in a process of their own, in their order, until a test fails. */
export async function runTests(files: readonly string[], limitMs: number, env: NodeJS.ProcessEnv): Promise<Run> {
  const startedAt = performance.now();
  const { code, isLate, output } = await runInside(files, limitMs, env, () => {});
  return {
    outcome: code === 0 ? 'passed' : isLate ? 'late' : 'failed',
    failedIn: /^Failed in (.+?): /m.exec(output)?.[1],
    ms: Math.round(performance.now() - startedAt),
    output,
  };
}

/**
 * Runs test files in one process for several mutants that can be switched on, which is much quicker. Returns those that were
 * caught, with the file that did it, or none if the tests did not come to an end; all others are to be looked at on their own.
 * `limitMs` is the time for one mutant.
 */
export async function caughtTogether(
  files: readonly string[],
  mutants: readonly number[],
  limitMs: number,
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<number, string | undefined>> {
  const caught = new Map<number, string | undefined>();
  let left = mutants;
  while (left.length > 0) {
    let done = 0;
    const { isLate } = await runInside(files, limitMs, { ...env, MUTANTS: left.join() }, (line) => {
      const [, mutant, file] = /^(\d+) (?:survived|caught (.*))$/.exec(line) ?? [];
      if (mutant === undefined) return;
      done++;
      if (file !== undefined && file !== '') caught.set(Number(mutant), file);
    });
    const last = left[done];
    if (isLate && last !== undefined) caught.set(last, undefined);
    // The one that the process ended with is left out as well.
    left = left.slice(done + 1);
  }
  return caught;
}

async function runInside(
  files: readonly string[],
  limitMs: number,
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<{ readonly code: number; readonly isLate: boolean; readonly output: string }> {
  // Tests that are killed don't tidy up.
  const temporary = await mkdtemp(join(tmpdir(), 'mutants-'));
  let isLate = false;
  const program = new Program(process.execPath, [INSIDE, ...files], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...env,
      TMPDIR: temporary,
      // Processes that the tests start have the mutant as well.
      NODE_OPTIONS: `--import=${HOOK} --conditions=${SOURCE_CONDITION}`,
      NODE_COMPILE_CACHE: join(CACHE, 'mutants', 'compiled'),
    },
    onLine: (line) => {
      limit.refresh();
      onLine(line);
    },
  });
  const limit = setTimeout(() => {
    isLate = true;
    program.kill('SIGKILL');
  }, limitMs);
  const code = await program.exit();
  clearTimeout(limit);
  program.kill('SIGKILL');
  await program.stop();
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  return { code, isLate, output: program.output };
}
