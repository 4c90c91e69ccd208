import * as vscode from 'vscode';
import type { Sessions } from '../../sessions/sessions.ts';
import type { ClientCredentialsPrompt } from './signIn/clientCredentialsPrompt.ts';
import type { BrowserFlow } from './signIn/browserFlow.ts';
import { accountRows, manageAccounts, signOut } from './accounts/manageAccounts.ts';
import { choose } from './prompt.ts';
import type { Commands } from '../commands.ts';
import type { ProviderKind } from '../providerKind.ts';
import { settings } from '../settings.ts';
import type { Messages } from './messages/messages.ts';
import { openWalkthrough } from '../walkthrough.ts';
import { callbackUrlsHere } from './signIn/flowPlan.ts';

const { l10n } = vscode;

/** The commands, as functions of what they act on. Each resolves when the person has been told how it went. */
export function commandHandlers(parts: {
  x: ProviderKind;
  oauth1: ProviderKind;
  appOnly: ProviderKind;
  sessions: Sessions;
  browser: BrowserFlow;
  clientCredentialsPrompt: ClientCredentialsPrompt;
  messages: Messages;
  diagnose: () => Promise<string>;
  log: vscode.LogOutputChannel;
}): Commands {
  const { x, oauth1, appOnly, sessions, browser, clientCredentialsPrompt, messages, diagnose, log } = parts;
  const kinds = [x, oauth1, appOnly];

  return {
    signIn: () => messages.signIn(x.signIn({ scopes: settings.defaultScopes() })),
    signInOAuth1: () => messages.signIn(oauth1.signIn({ scopes: [] })),
    signInApp: () => messages.signIn(appOnly.signIn({ scopes: [] })),

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
      await clientCredentialsPrompt.run();
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
      const refreshed = outcomes.filter((outcome) => outcome === 'refreshed').length;
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
