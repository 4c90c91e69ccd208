import * as vscode from 'vscode';
import { SECTION } from './settings.ts';
import type { Messages } from './ui/messages/messages.ts';

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

/** What runs when a command does. Any extension can run it, with any argument. */
export type Commands = Readonly<Record<(typeof NAMES)[number], (argument?: unknown) => Promise<void> | void>>;

/** Registers the commands, which are loaded when the first of them is run. */
export function registerCommands(
  load: () => Promise<{ readonly commands: Commands; readonly messages: Messages }>,
): vscode.Disposable {
  return vscode.Disposable.from(
    ...NAMES.map((name) =>
      vscode.commands.registerCommand(`${SECTION}.${name}`, async (argument?: unknown) => {
        const { commands, messages } = await load();
        try {
          await commands[name](argument);
        } catch (error) {
          messages.failure(error);
        }
      }),
    ),
  );
}
