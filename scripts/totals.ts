import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../test/host/project.ts';

/** Adds up what the suites named on the command line left behind. One that left nothing did not get to its end. */
let passed = 0;
let failed = 0;
for (const suite of process.argv.slice(2)) {
  const file = join(CACHE, 'totals', `${suite}.json`);
  if (existsSync(file)) {
    const total: { passed: number; failed: number } = JSON.parse(readFileSync(file, 'utf8'));
    passed += total.passed;
    failed += total.failed;
  } else {
    console.log(`The ${suite} tests did not finish.`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
