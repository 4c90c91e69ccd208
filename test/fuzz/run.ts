import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../host/project.ts';

const HELP = `Tries the properties of test/fuzz with many cases: callbacks, pasted text, scopes, settings, answers of X, what is stored, requests.

  npm run fuzz                 100,000 cases, of a seed that is printed
  npm run fuzz -- --runs N     another number of cases, of all properties together
  npm run fuzz -- --seed N     the cases of that seed again
  npm run fuzz -- --grep TEXT  only the properties with that in their titles, with as many cases as they have among all
`;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    grep: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (options.help) console.log(HELP);
else fuzz();

function fuzz(): void {
  for (const number of [options.runs, options.seed]) {
    if (!/^\d{1,10}$/.test(number)) throw new Error(`${number} is not a number that can be used.`);
  }
  const startedAt = performance.now();
  console.log(`${options.runs} cases, seed ${options.seed}`);
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js'), 'test/fuzz/**/*.test.ts', '--grep', options.grep],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, X_FUZZ_RUNS: options.runs, X_FUZZ_SEED: options.seed } },
  );
  console.log(`It took ${Math.round((performance.now() - startedAt) / 1000)} s.`);
  process.exitCode = status ?? 1;
}
