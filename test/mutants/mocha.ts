import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Program } from '../host/program.ts';
import { CACHE, ROOT } from '../host/project.ts';

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
export async function runTests(files: readonly string[], limitMs: number, env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const startedAt = performance.now();
  // Tests that are killed don't tidy up.
  const temporary = await mkdtemp(join(tmpdir(), 'mutants-'));
  const program = new Program(process.execPath, [INSIDE, ...files], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...env,
      TMPDIR: temporary,
      // Processes that the tests start have the mutant as well.
      NODE_OPTIONS: `--import=${HOOK}`,
      NODE_COMPILE_CACHE: join(CACHE, 'mutants', 'compiled'),
    },
  });
  const limit = AbortSignal.timeout(limitMs);
  limit.addEventListener('abort', () => program.kill('SIGKILL'));
  const code = await program.exit();
  program.kill('SIGKILL');
  await program.stop();
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  return {
    outcome: code === 0 ? 'passed' : limit.aborted ? 'late' : 'failed',
    failedIn: /^Failed in (.+?): /m.exec(program.output)?.[1],
    ms: Math.round(performance.now() - startedAt),
    output: program.output,
  };
}
