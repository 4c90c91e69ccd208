import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Bounds } from './explore.ts';
import type { Result } from './search.ts';
import type { StoreKind } from './secrets.ts';

/** One search for one worker. */
export interface Job {
  readonly scenario: string;
  readonly kind: StoreKind;
  readonly bounds: readonly Bounds[];
  /** The bundle; its name, where jobs are listed. */
  readonly code: string;
  readonly seconds: number;
  /** `violation`: stops at the first that is not forgiven. */
  readonly until: 'end' | 'violation';
}

/** Searches with several processes. What finishes early leaves its time to the others. */
export class Pool {
  readonly #workers: readonly ChildProcess[];
  readonly #codes: Readonly<Record<string, string>>;

  constructor(codes: Readonly<Record<string, string>>, size: number) {
    const file = join(import.meta.dirname, 'worker.ts');
    this.#codes = codes;
    this.#workers = Array.from({ length: size }, () => fork(file));
  }

  /** The result of every job, as soon as it is there. */
  async run(jobs: readonly Omit<Job, 'seconds'>[], seconds: number, onResult: (result: Result, index: number) => void) {
    const endsAt = performance.now() + seconds * 1000;
    let next = 0;
    const work = async (worker: ChildProcess): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job === undefined) return;
        const share =
          ((endsAt - performance.now()) / 1000) *
          (this.#workers.length / (jobs.length - index + this.#workers.length - 1));
        const code = this.#codes[job.code] ?? '';
        onResult(await ask(worker, { ...job, code, seconds: Math.max(1, share) }), index);
      }
    };
    await Promise.all(this.#workers.map(work));
  }

  close(): void {
    for (const worker of this.#workers) worker.kill();
  }
}

function ask(worker: ChildProcess, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`The search of "${job.scenario}" broke down.`));
    worker.once('exit', fail);
    worker.once('message', (result: Result) => {
      worker.off('exit', fail);
      resolve(result);
    });
    worker.send(job);
  });
}
