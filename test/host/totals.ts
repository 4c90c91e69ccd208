import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './project.ts';
import { namedTests } from './namedTests.ts';

/** What a suite leaves behind: test/host/countingReporter.ts. */
interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly titles: readonly string[];
}

/** Adds up what the suites named on the command line left behind. One that left nothing did not get to its end. */
let passed = 0;
let failed = 0;
for (const suite of process.argv.slice(2)) {
  const file = join(CACHE, 'totals', `${suite}.json`);
  if (existsSync(file)) {
    const total: Total = JSON.parse(readFileSync(file, 'utf8'));
    passed += total.passed;
    failed += total.failed;
    for (const { title } of namedTests().filter(
      (named) => named.suite === suite && !total.titles.includes(named.title),
    )) {
      console.log(`SECURITY.md names a test that did not pass: ${suite}: ${title}`);
      failed += 1;
    }
  } else {
    console.log(`The ${suite} tests did not finish.`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
