import { authentication, commands } from 'vscode';
import { behavesLikeAuthentication } from '../../packages/testing/test/authenticationContract.ts';
import type { FakeX } from 'x-authentication-testing';
import { tenMinutesPass } from './clock.ts';
import { startFakeXForEditor } from './fakeX.ts';

/** The fake in testing/ does the same: test/unit/testing has it tell this story, too. */
describe('VS Code, as other extensions fake it', () => {
  let x: FakeX;
  before(async () => {
    x = await startFakeXForEditor();
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
