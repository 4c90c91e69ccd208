const { commands, window } = require('vscode');

/** Extensions of a window share a process, and with it the clock that the tests can't wait for. */
exports.activate = ({ subscriptions }) => {
  let passed = 0;
  subscriptions.push(
    commands.registerCommand('tests.clock.tenMinutesPass', () => {
      const { now } = Date;
      Date.now = () => now.call(Date) + 10 * 60_000;
      passed += 10;
      window.setStatusBarMessage(`${passed} minutes have passed`);
    }),
  );
};
