import * as vscode from 'vscode';
import { SECTION } from './settings.ts';
import type { Messages } from './showMessages.ts';

const NAMES = [
  'signIn',
  'signInOAuth1',
  'signInApp',
  'signOut',
  'accounts',
  'openWalkthrough',
  'setUpApp',
  'copyCallbackUrls',
  'pasteCallback',
  'copySignInLink',
  'signInHelp',
  'refresh',
  'copyDiagnostics',
  'showLog',
] as const;

export type Commands = Readonly<Record<(typeof NAMES)[number], () => Promise<void> | void>>;

/** Registers the commands, which are loaded when the first of them is run. */
export function registerCommands(
  load: () => Promise<{ readonly commands: Commands; readonly messages: Messages }>,
): vscode.Disposable {
  return vscode.Disposable.from(
    ...NAMES.map((name) =>
      vscode.commands.registerCommand(`${SECTION}.${name}`, async () => {
        const { commands, messages } = await load();
        try {
          await commands[name]();
        } catch (error) {
          messages.failure(error);
        }
      }),
    ),
  );
}
