import { authentication, commands } from 'vscode';
import { behavesLikeAuthentication } from '../contract/authentication.ts';
import type { StandIn } from '../x/standIn.ts';
import { tenMinutesPass } from './clock.ts';
import { startStandInForEditor } from './standIn.ts';

/** The fake in testing/ does the same: test/unit/testing has it tell this story, too. */
describe('VS Code, as other extensions fake it', () => {
  let x: StandIn;
  before(async () => {
    x = await startStandInForEditor();
  });
  after(() => x.stop());

  behavesLikeAuthentication(() => ({
    authentication,
    signIn: async () => commands.executeCommand('x:tests.caller:signIn0'),
    async someoneElseSignsIn() {
      x.switches.autoConsent = { as: 'grace', decision: 'authorize' };
      await commands.executeCommand('xAuthentication.signIn');
    },
    refresh: async () => {
      using _ = tenMinutesPass();
      await commands.executeCommand('xAuthentication.refresh');
    },
  }));
});
