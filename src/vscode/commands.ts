import * as vscode from 'vscode';
import type { Sessions } from '../sessions/sessions.ts';
import type { AppSetUp } from './appSetUp.ts';
import type { Browser } from './browser.ts';
import { accountRows, manageAccounts, signOut } from './manageAccounts.ts';
import { choose } from './question.ts';
import type { SessionSource } from './provider.ts';
import type { Commands } from './registerCommands.ts';
import { settings } from './settings.ts';
import type { Attempt, Messages } from './showMessages.ts';
import { openWalkthrough } from './walkthrough.ts';
import { callbackUrlsHere } from './waysBack.ts';

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
  diagnose: () => Promise<string>;
  log: vscode.LogOutputChannel;
}): Commands {
  const { x, oauth1, appOnly, sessions, browser, appSetUp, messages, diagnose, log } = parts;
  const kinds = [x, oauth1, appOnly];

  return {
    signIn: () => messages.signIn(x.signIn(settings.defaultScopes())),
    signInOAuth1: () => messages.signIn(oauth1.signIn([])),
    signInApp: () => messages.signIn(appOnly.signIn([])),

    async signOut() {
      const items = await accountRows(kinds);
      if (items.length === 0) {
        messages.nobodySignedIn();
        return;
      }
      const options = {
        title: l10n.t('Sign out of X'),
        placeHolder: l10n.t('Extensions that use this account lose it.'),
        ignoreFocusOut: false,
      };
      await signOut(await choose(items, options));
    },

    accounts: () => manageAccounts(kinds, messages),
    openWalkthrough: () => openWalkthrough(),

    async setUpApp() {
      await appSetUp.run();
      messages.appIsSetUp();
    },

    async copyCallbackUrls() {
      const urls = await callbackUrlsHere();
      await vscode.env.clipboard.writeText(urls.join('\n'));
      messages.callbackUrlsCopied(urls);
    },

    pasteCallback: (ticket) => browser.paste(ticket),
    copySignInLink: (ticket) => browser.copyLink(ticket),
    signInHelp: (ticket) => browser.help(ticket),

    async refresh() {
      const told = messages.noticeCount;
      const outcomes = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: l10n.t('Renewing the sign-ins to X…') },
        () => sessions.refreshAll(),
      );
      if (outcomes.length === 0) {
        messages.nobodySignedIn();
        return;
      }
      const refreshed = outcomes.filter((outcome) => outcome === 'current').length;
      if (refreshed < outcomes.length) messages.partlyRefreshed(refreshed, outcomes.length, told);
      else
        void vscode.window.showInformationMessage(
          l10n.t('{0} of {1} sign-ins to X are up to date.', refreshed, refreshed),
        );
    },

    async copyDiagnostics() {
      const text = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: l10n.t('Looking at how X Authentication stands…') },
        diagnose,
      );
      await vscode.env.clipboard.writeText(text);
      void messages.diagnosticsCopied(text);
    },

    showLog: () => log.show(),
  };
}
