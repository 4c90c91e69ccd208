import { remedyLabel } from '../messages/remedies.ts';
import * as vscode from 'vscode';
import { SECTION } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import { askForCallback, copyLink } from './callbackPrompts.ts';
import { readEnvironment } from './environment.ts';
import type { FlowChoice } from './flows/flow.ts';
import { flowsToOffer } from './flows/flows.ts';
import type { PendingAttempt } from './pendingAttempt.ts';

const { l10n } = vscode;

type HelpRow = vscode.QuickPickItem & { readonly act: () => Promise<void> | void };

/** Offers what a person can do when the browser does not come back from an attempt. */
export async function offerHelp(pending: PendingAttempt): Promise<void> {
  const { choice, offered } = pending;
  const rows: readonly HelpRow[] = [
    ...(choice.flow.method === 'pin' ? pinRows(pending) : callbackRows(pending)),
    ...offered
      .filter(({ flow: { method } }) => method !== choice.flow.method && method !== 'paste')
      .map((other) => ({
        label: flowLabel(other.flow.method),
        detail: needs(other),
        act: () => pending.switchTo(other),
      })),
    {
      label: l10n.t('Cancel the Sign-In'),
      detail: l10n.t('Nothing changes, here or at X.'),
      act: () => pending.cancel(),
    },
  ];
  const title = l10n.t('The browser does not come back from X');
  const chosen = await vscode.window.showQuickPick(rows, { title, ignoreFocusOut: true }, pending.ended);
  await chosen?.act();
}

function pinRows(pending: PendingAttempt): readonly HelpRow[] {
  return [
    {
      label: flowLabel('pin'),
      detail: l10n.t('The number that X shows in the browser.'),
      act: () => askForCallback(pending),
    },
    linkRow(pending),
  ];
}

function callbackRows(pending: PendingAttempt): readonly HelpRow[] {
  return [
    {
      label: flowLabel('paste'),
      detail: l10n.t("The address that the browser ended on, even if it says that the page can't be opened."),
      act: () => askForCallback(pending),
    },
    linkRow(pending),
    {
      label: l10n.t('See What to Check'),
      detail: l10n.t('If X says that something went wrong.'),
      act: () => showChecklist(pending.choice.redirectUri),
    },
  ];
}

function linkRow(pending: PendingAttempt): HelpRow {
  return {
    label: l10n.t('Copy the Link'),
    detail: l10n.t('To sign in with another browser, or on another machine.'),
    act: () => copyLink(pending),
  };
}

/** Asks how the browser should come back from the next sign-in. */
export async function chooseMethod(): Promise<SignInMethod | undefined> {
  const rows = flowsToOffer(await readEnvironment()).flatMap((choice) => {
    const { method } = choice.flow;
    return method === 'pin' ? [] : [{ method, label: flowLabel(method), detail: needs(choice) }];
  });
  const title = l10n.t('How shall the browser come back from X?');
  return (await vscode.window.showQuickPick(rows, { title }))?.method;
}

const needs = ({ redirectUri }: FlowChoice): string => l10n.t('The app at X needs this callback URL: {0}', redirectUri);

/** What has to be right at X for the browser to come back at all: X shows an error page of its own otherwise. */
export async function showChecklist(redirectUri: string): Promise<void> {
  const { title, detail, copy, setUp } = checklist(redirectUri);
  const chosen = await vscode.window.showInformationMessage(title, { modal: true, detail }, copy, setUp);
  if (chosen === copy) {
    await vscode.env.clipboard.writeText(redirectUri);
    void vscode.window.setStatusBarMessage(l10n.t('Copied the callback URL.'), 5_000);
  }
  if (chosen === setUp) await vscode.commands.executeCommand(`${SECTION}.setUpApp`);
}

/** What has to be right with the app at X for the browser to come back from it. */
function checklist(callbackUrl: string): {
  readonly title: string;
  readonly detail: string;
  readonly copy: string;
  readonly setUp: string;
} {
  return {
    title: l10n.t('If X says that something went wrong, check this:'),
    detail: [
      l10n.t('1. The callback URL of this editor is registered with the app, to the letter: {0}', callbackUrl),
      l10n.t('2. The Website URL of the app is filled in.'),
      l10n.t('3. The "User authentication settings" of the app are saved.'),
      l10n.t('4. The Client ID here is the OAuth 2.0 one, not the API Key.'),
      l10n.t('5. The Client Secret, if the app has one, was copied without anything around it.'),
    ].join('\n'),
    copy: l10n.t('Copy the Callback URL'),
    setUp: remedyLabel('set-up-app'),
  };
}

/** A flow, as a person chooses it. */
function flowLabel(method: FlowChoice['flow']['method']): string {
  switch (method) {
    case 'loopback':
      return l10n.t('Come Back by the Loopback Port');
    case 'relay':
      return l10n.t('Come Back by the Relay Page');
    case 'uri':
      return l10n.t("Come Back by the Editor's Own Address");
    case 'paste':
      return l10n.t('Paste the Callback URL');
    case 'pin':
      return l10n.t('Type the PIN');
  }
}
