import { relative } from 'node:path';
import Mocha from 'mocha';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../host/project.ts';

/** Runs the test files that it is given, as the program `mocha` would, only faster, and ends at once when a test fails. */
const mocha = new Mocha({ ...packageJson.mocha, reporter: Mocha.reporters.Base, bail: true });
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run().on('fail', ({ file, title }, error: unknown) => {
  console.log(`Failed in ${relative(ROOT, file ?? '').replaceAll('\\', '/')}: ${title}`, error);
  process.exit(1);
});
