import * as vscode from 'vscode';
import type { Sessions } from '../sessions/sessions.ts';
import type { AppSetUp } from './appSetUp.ts';
import type { Browser } from './browser.ts';
import { callbackUrlsHere } from './environment.ts';
import type { SessionSource } from './provider.ts';
import type { Commands } from './registerCommands.ts';
import { settings } from './settings.ts';
import type { Attempt, Messages } from './showMessages.ts';

const { l10n } = vscode;

/** A provider as commands see it. */
export interface SignInKind {
  readonly id: string;
  readonly label: string;
  readonly sessions: SessionSource;
  readonly signIn: (scopes: readonly string[], accountId?: string) => Attempt;
}

/** The commands, as functions of what they act on. Each resolves when the person has been told how it went. */
export function commandsOf(parts: {
  x: SignInKind;
  oauth1: SignInKind;
  appOnly: SignInKind;
  sessions: Sessions;
  browser: Browser;
  appSetUp: AppSetUp;
  messages: Messages;
  log: vscode.LogOutputChannel;
}): Commands {
  const { x, oauth1, appOnly, sessions, browser, appSetUp, messages, log } = parts;

  return {
    signIn: () => messages.signIn(x.signIn(settings.defaultScopes())),
    signInOAuth1: () => messages.signIn(oauth1.signIn([])),
    signInApp: () => messages.signIn(appOnly.signIn([])),

    async signOut() {
      const items = (await Promise.all([x, oauth1, appOnly].map(accountsOf))).flat();
      if (items.length === 0) {
        void vscode.window.showInformationMessage(l10n.t('You are not signed in to X.'));
        return;
      }
      const chosen = await vscode.window.showQuickPick(items, {
        title: l10n.t('Sign out of X'),
        placeHolder: l10n.t('Extensions that use this account lose it.'),
      });
      if (chosen === undefined) return;
      // A notice says what else there is to know.
      if (await chosen.signOut())
        void vscode.window.showInformationMessage(l10n.t('{0} is signed out of X.', chosen.label));
    },

    async setUpApp() {
      await appSetUp.run();
      void vscode.window.showInformationMessage(l10n.t('The X app is set up.'));
    },

    async copyCallbackUrls() {
      const urls = await callbackUrlsHere();
      await vscode.env.clipboard.writeText(urls.join('\n'));
      messages.callbackUrlsCopied(urls);
    },

    pasteCallback: () => browser.paste(),
    copySignInLink: () => browser.copyLink(),

    async refresh() {
      const outcomes = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: l10n.t('Refreshing the sessions of X…') },
        () => sessions.renewAll(),
      );
      const renewed = outcomes.filter((outcome) => outcome === 'current').length;
      if (renewed < outcomes.length) messages.partlyRefreshed(renewed, outcomes.length);
      else void vscode.window.showInformationMessage(l10n.t('{0} of {1} sessions of X are fresh.', renewed, renewed));
    },

    showLog: () => log.show(),
  };
}

async function accountsOf({
  label: kind,
  sessions,
}: SignInKind): Promise<(vscode.QuickPickItem & { readonly signOut: () => Promise<boolean> })[]> {
  return (await sessions.all()).map(({ id, account, scopes }) => ({
    label: account.label,
    description: kind,
    detail: scopes.join(' '),
    signOut: () => sessions.signOut(id),
  }));
}
