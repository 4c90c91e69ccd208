import * as vscode from 'vscode';
import { theEnvironment } from './environment.ts';
import { checklist, wayLabel } from '../messages/userFacingErrors.ts';
import { SECTION } from '../../settings.ts';
import { waysToOffer, type WayBack } from './signInMethods.ts';
import type { Way } from './authorizationAttempt.ts';

const { l10n } = vscode;

/** Offers what a person can do about a visit to X from which the browser does not come back. */
export async function offerHelp(
  way: Way,
  otherWays: readonly WayBack[],
  away: vscode.CancellationToken,
  actions: {
    readonly paste: () => Promise<void>;
    readonly copyLink: () => Promise<void>;
    readonly goBy: (way: WayBack) => void;
    readonly cancel: () => void;
  },
): Promise<void> {
  const { redirectUri } = way;
  const isPin = redirectUri === undefined;
  const rows: readonly (vscode.QuickPickItem & { readonly act: () => Promise<void> | void })[] = [
    {
      label: isPin ? l10n.t('Type the PIN') : wayLabel('paste'),
      detail: isPin
        ? l10n.t('The number that X shows in the browser.')
        : l10n.t("The address that the browser ended on, even if it says that the page can't be opened."),
      act: actions.paste,
    },
    {
      label: l10n.t('Copy the Link'),
      detail: l10n.t('To sign in with another browser, or on another machine.'),
      act: actions.copyLink,
    },
    ...(isPin
      ? []
      : [
          {
            label: l10n.t('See What to Check'),
            detail: l10n.t('If X says that something went wrong.'),
            act: () => showChecklist(redirectUri),
          },
        ]),
    ...otherWays
      .filter(({ method }) => method !== way.method && method !== 'paste')
      .map((other) => ({
        label: wayLabel(other.method),
        detail: needs(other),
        act: () => actions.goBy(other),
      })),
    {
      label: l10n.t('Cancel the Sign-In'),
      detail: l10n.t('Nothing changes, here or at X.'),
      act: actions.cancel,
    },
  ];
  const title = l10n.t('The browser does not come back from X');
  const chosen = await vscode.window.showQuickPick(rows, { title, ignoreFocusOut: true }, away);
  await chosen?.act();
}

/** Asks by which way the browser shall come back from the next sign-in. */
export async function chooseWayBack(): Promise<WayBack | undefined> {
  const rows = waysToOffer(await theEnvironment()).map((way) => ({
    way,
    label: wayLabel(way.method),
    detail: needs(way),
  }));
  const title = l10n.t('How shall the browser come back from X?');
  return (await vscode.window.showQuickPick(rows, { title }))?.way;
}

const needs = ({ redirectUri }: WayBack): string => l10n.t('The app at X needs this callback URL: {0}', redirectUri);

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
