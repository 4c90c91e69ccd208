import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bounds } from './explore.ts';
import type { Result } from './search.ts';
import type { StoreKind } from './secrets.ts';

/** One search for one worker. */
export interface Job {
  readonly scenario: string;
  readonly kind: StoreKind;
  readonly bounds: readonly Bounds[];
  /** The name of the bundle. */
  readonly code: string;
  readonly seconds: number;
  /** `violation`: stops at the first that is not forgiven. */
  readonly until: 'end' | 'violation';
}

/** Searches with several workers, each a thread. What finishes early leaves its time to the others. */
export class Pool {
  readonly #workers: readonly Worker[];

  constructor(codes: Readonly<Record<string, string>>, size: number) {
    const file = join(import.meta.dirname, 'worker.ts');
    this.#workers = Array.from({ length: size }, () => new Worker(file, { workerData: codes }));
  }

  /** The result of every job, as soon as it is there. */
  async run(jobs: readonly Omit<Job, 'seconds'>[], seconds: number, onResult: (result: Result, index: number) => void) {
    const endsAt = performance.now() + seconds * 1000;
    let next = 0;
    const work = async (worker: Worker): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job === undefined) return;
        const share =
          ((endsAt - performance.now()) / 1000) *
          (this.#workers.length / (jobs.length - index + this.#workers.length - 1));
        onResult(await ask(worker, { ...job, seconds: Math.max(1, share) }), index);
      }
    };
    await Promise.all(this.#workers.map(work));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = (result: Result | Error): void => {
      worker.off('message', settle).off('error', settle);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    worker.on('message', settle).on('error', settle);
    worker.postMessage(job);
  });
}
