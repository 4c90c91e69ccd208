import { relative } from 'node:path';
import Mocha from 'mocha';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../host/project.ts';

/**
 * Runs test files as the program `mocha` would, only faster, until a test fails. With `MUTANTS`, a list of numbers, it does so for
 * each of these mutants, one after the other, and tells what became of it.
 */
interface UserFacingError {
  readonly file: string;
  /** Of the test, or of the tests around a hook. */
  readonly title: string;
  readonly error: unknown;
}

const { env } = process;
const mocha = new Mocha({ ...packageJson.mocha, reporter: Mocha.reporters.Base, bail: true });
mocha.cleanReferencesAfterRun(false);
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();

const mutants = env['MUTANTS']?.split(',');
if (mutants === undefined) {
  const failure = await firstFailure();
  if (failure !== undefined) {
    console.log(`Failed in ${failure.file}: ${failure.title}`, failure.error);
    process.exit(1);
  }
} else {
  for (const mutant of mutants) {
    env['MUTANT'] = mutant;
    const failure = await firstFailure();
    delete env['MUTANT'];
    if (failure === undefined) {
      console.log(`${mutant} survived`);
      continue;
    }
    // The same test is good without the mutant, or else an earlier one has left something behind.
    const isClear = (await firstFailure(failure.title)) === undefined;
    console.log(isClear ? `${mutant} caught ${failure.file}` : `${mutant} unclear`);
    if (!isClear) break;
  }
  process.exit();
}

function firstFailure(title?: string): Promise<UserFacingError | undefined> {
  if (title === undefined) mocha.grep(/^/);
  else mocha.fgrep(title);
  return new Promise((resolve) => {
    let failure: UserFacingError | undefined;
    mocha
      .run(() => resolve(failure))
      .on('fail', (failed: Mocha.Runnable, error: unknown) => {
        const file = relative(ROOT, failed.file ?? failed.parent?.file ?? '').replaceAll('\\', '/');
        const all = failed instanceof Mocha.Hook ? failed.parent : failed;
        failure ??= { file, title: all?.fullTitle() ?? '', error };
      });
  });
}
