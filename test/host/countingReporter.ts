import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Mocha from 'mocha';

/**
 * Mocha's `spec`, which also leaves how many tests passed and failed, and which passed, in the file of `--reporter-option
 * totals=FILE`, if it has one.
 */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const totals: unknown = options.reporterOptions?.totals;
    if (typeof totals !== 'string') return;
    const titles: string[] = [];
    runner.on('pass', (test) => titles.push(test.fullTitle()));
    runner.once('end', () => {
      mkdirSync(dirname(totals), { recursive: true });
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      writeFileSync(totals, JSON.stringify({ passed, failed, skipped, titles }));
    });
  }
}

// oxlint-disable-next-line import/no-default-export -- mocha takes a reporter's default export
export default CountingReporter;
