import * as vscode from 'vscode';
import type { Sessions } from '../sessions/sessions.ts';
import { readScopes } from '../sessions/scopeRequest.ts';
import type { AppSetUp } from './app.ts';
import type { Messages } from './showMessages.ts';
import { settings } from './settings.ts';
import { callbackUrlsHere, type SignIn } from './signIn.ts';

const { l10n } = vscode;

/** The commands, as functions of what they act on. Each resolves when the person has been told how it went. */
export function registerCommands(parts: {
  sessions: Sessions;
  signIn: SignIn;
  appSetUp: AppSetUp;
  messages: Messages;
  log: vscode.LogOutputChannel;
}): vscode.Disposable {
  const { sessions, signIn, appSetUp, messages, log } = parts;

  const commands: Readonly<Record<string, () => Promise<void> | void>> = {
    async signIn() {
      await messages.signIn({ wanted: readScopes(settings.defaultScopes()).wanted });
    },

    async signOut() {
      const items = (await sessions.all()).map(({ id, account, scopes }) => ({
        id,
        label: account.label,
        detail: scopes.join(' '),
      }));
      if (items.length === 0) {
        void vscode.window.showInformationMessage(l10n.t('You are not signed in to X.'));
        return;
      }
      const chosen = await vscode.window.showQuickPick(items, {
        title: l10n.t('Sign out of X'),
        placeHolder: l10n.t('Extensions that use this account lose it.'),
      });
      if (chosen === undefined) return;
      await sessions.signOut(chosen.id);
      void vscode.window.showInformationMessage(l10n.t('{0} is signed out of X.', chosen.label));
    },

    async setUpApp() {
      await appSetUp.run();
      sessions.settingsChanged();
      void vscode.window.showInformationMessage(l10n.t('The X app is set up.'));
    },

    async copyCallbackUrls() {
      const urls = await callbackUrlsHere();
      await vscode.env.clipboard.writeText(urls.join('\n'));
      void vscode.window.showInformationMessage(
        l10n.t('Copied. Register with X, to the letter, as a callback URL of your app: {0}', urls.join('  ')),
      );
    },

    pasteCallback: () => signIn.paste(),
    copySignInLink: () => signIn.copyLink(),

    async refresh() {
      const outcomes = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: l10n.t('Refreshing the sessions of X…') },
        () => sessions.renewAll(),
      );
      const renewed = outcomes.filter((outcome) => outcome === 'current').length;
      if (renewed === outcomes.length)
        void vscode.window.showInformationMessage(
          l10n.t('{0} of {1} sessions of X are fresh.', renewed, outcomes.length),
        );
      else messages.partlyRefreshed(renewed, outcomes.length);
    },

    showLog: () => log.show(),
  };

  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`xAuthentication.${name}`, async () => {
        try {
          await run();
        } catch (error) {
          messages.failure(error);
        }
      }),
    ),
  );
}
