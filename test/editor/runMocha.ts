import { format } from 'node:util';
import Mocha from 'mocha';
import CountingReporter from '../host/countingReporter.ts';

/** Runs inside VS Code's extension host. Rejects when a test fails, which is how VS Code learns of it. */
export async function runMocha(load: () => void): Promise<void> {
  const { TEST_TOTALS: totals, TEST_MARK: mark, TEST_GREP: grep, CI } = process.env;
  if (mark !== undefined) markConsole(mark);
  const mocha = new Mocha({
    timeout: 20_000,
    color: true,
    failZero: true,
    forbidOnly: CI !== undefined,
    reporter: CountingReporter,
    reporterOptions: { totals },
    ...(grep === undefined ? {} : { grep }),
  });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  load();
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve);
  });
  if (failures > 0) throw new Error(failures === 1 ? '1 test failed' : `${failures} tests failed`);
}

/** In a browser, what is printed here arrives among all that the workbench prints. The mark tells it apart. */
function markConsole(mark: string): void {
  const { log } = console;
  const marked = (...args: unknown[]) => log(mark, format(...args));
  Mocha.reporters.Base.consoleLog = marked;
  // VS Code lets nobody assign to its console's methods.
  globalThis.console = { ...console, log: marked };
}
