import * as vscode from 'vscode';
import { tokenOf, type Grant } from '../../../sessions/grant.ts';
import type { Status } from '../../../sessions/session.ts';
import { allowsWords, refreshWords, troubleWords } from './accountLabels.ts';
import { copyToken } from './copyToken.ts';
import { cancelled } from '../messages/signInErrors.ts';
import { SHORT_KEY_LENGTH, shortKey } from './grantLabels.ts';
import { ask, choose } from '../prompt.ts';
import { knownScopes, scopeWords } from './scopeLabels.ts';
import { SECTION, settings } from '../../settings.ts';
import type { Messages } from '../messages/messages.ts';
import { showsTrustedExtensions, showTrustedExtensions } from './trustedExtensions.ts';
import type { ProviderKind } from '../../providerKind.ts';

const { l10n, ThemeIcon } = vscode;

export interface AccountRow extends vscode.QuickPickItem {
  readonly of: ProviderKind;
  readonly status: Status;
}

/** Every account of these kinds: its name, how it stands, and what it allows. No network. */
export async function accountRows(kinds: readonly ProviderKind[]): Promise<readonly AccountRow[]> {
  const rows = await Promise.all(
    kinds.map(async (of) => (await of.sessions.statuses()).map((status) => rowOf(of, status))),
  );
  return rows.flat();
}

function rowOf(of: ProviderKind, status: Status): AccountRow {
  const now = Date.now();
  const { session, apiBaseUrl, clientId } = status;
  const trouble = troubleWords(status, now);
  const stands = rests(status)
    ? l10n.t('rests, because it is of {0}', new URL(apiBaseUrl).host)
    : refreshWords(status, now);
  const isOfAnotherApp = of.id === 'x' && clientId !== settings.clientIdAsWritten();
  const isSaid = session.account.label.includes(clientId.slice(0, SHORT_KEY_LENGTH));
  const kind = isOfAnotherApp && !isSaid ? l10n.t('{0}, with the app {1}', of.label, shortKey(clientId)) : of.label;
  return {
    label: session.account.label,
    description: `${kind} · ${stands}`,
    detail: trouble ?? allowsWords(of.id, session.scopes),
    iconPath: new ThemeIcon(trouble === undefined ? 'account' : 'warning'),
    of,
    status,
  };
}

/** Whether it is of another server than the one that is set, where nothing can be done with it until that is set again. */
function rests({ apiBaseUrl }: Status): boolean {
  return apiBaseUrl !== settings.shownBaseUrl();
}

/** What can be done with an account. `again`: then this list is shown once more. */
interface Action extends vscode.QuickPickItem {
  readonly run: () => Promise<'again' | void>;
}

/**
 * Shows every account, and what can be done with each.
 *
 * @throws {UserFacingError} `Cancelled`
 */
export async function manageAccounts(kinds: readonly ProviderKind[], messages: Messages): Promise<void> {
  const rows = await accountRows(kinds);
  const chosen = await choose<AccountRow | WayIn>([...rows, ...waysIn()], {
    title: l10n.t('Accounts of X'),
    placeHolder:
      rows.length === 0
        ? l10n.t('You are not signed in to X: choose how to sign in.')
        : l10n.t('Choose an account to see what can be done with it.'),
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: false,
  });
  if ('command' in chosen) {
    await vscode.commands.executeCommand(`${SECTION}.${chosen.command}`);
    return;
  }
  let row: AccountRow | undefined = chosen;
  while (row !== undefined && (await act(row, messages)) === 'again') {
    const { of, status }: AccountRow = row;
    row = (await accountRows([of])).find((other) => other.status.session.id === status.session.id);
  }
}

interface WayIn extends vscode.QuickPickItem {
  readonly command: string;
}

function waysIn(): readonly WayIn[] {
  const iconPath = new ThemeIcon('add');
  return [
    { command: 'signIn', label: l10n.t('Sign In to X…'), iconPath },
    { command: 'signInOAuth1', label: l10n.t('Sign In to X with OAuth 1.0a…'), iconPath },
    { command: 'signInApp', label: l10n.t('Add an App-Only Bearer Token…'), iconPath },
  ];
}

async function act({ of, status, label, description }: AccountRow, messages: Messages): Promise<'again' | void> {
  const { run } = await choose(await actionsFor(of, status, messages), {
    title: `${label} (${of.label})`,
    placeHolder: troubleWords(status, Date.now()) ?? description ?? '',
    ignoreFocusOut: false,
  });
  return run();
}

async function actionsFor(of: ProviderKind, status: Status, messages: Messages): Promise<readonly Action[]> {
  const { session, clientId } = status;
  const { account, scopes } = session;
  const isOAuth2 = of.id === 'x';
  const signIn = async (more: readonly string[]): Promise<void> => {
    await messages.signIn(of.signIn({ scopes: [...scopes, ...more], clientId, accountId: account.id }));
  };
  const leave: Action = {
    label: l10n.t('Sign Out'),
    detail: l10n.t('Extensions that use this account lose it'),
    iconPath: new ThemeIcon('sign-out'),
    run: () => signOut({ of, status }),
  };
  if (rests(status)) return [leave];
  const actions: readonly (Action | false)[] = [
    isOAuth2 && {
      label: l10n.t('Show Scopes'),
      detail: l10n.t('What this sign-in allows, in words'),
      iconPath: new ThemeIcon('list-unordered'),
      run: () => showScopes(account.label, scopes),
    },
    isOAuth2 && {
      label: l10n.t('Add Scopes…'),
      detail: l10n.t('Allow more; X asks you in the browser'),
      iconPath: new ThemeIcon('add'),
      run: async () => signIn(await askForScopes(account.label, scopes)),
    },
    of.sessions.refreshNow !== undefined && {
      label: l10n.t('Renew Now'),
      detail: l10n.t('Get a new access token; this happens by itself when it is time'),
      iconPath: new ThemeIcon('refresh'),
      run: () => refresh(of, status),
    },
    {
      label: l10n.t('Sign In Again…'),
      detail: isOAuth2 ? l10n.t('In the browser, as whoever is active at X there') : l10n.t('With new credentials'),
      iconPath: new ThemeIcon('sign-in'),
      run: () => signIn([]),
    },
    (await showsTrustedExtensions()) && {
      label: l10n.t('Extensions That Use It…'),
      detail: l10n.t('See which extensions may use this account, and change that'),
      iconPath: new ThemeIcon('extensions'),
      run: () => showTrustedExtensions(of.id, account.label),
    },
    {
      label: l10n.t('Copy the Access Token…'),
      detail: l10n.t('For a tool outside of the editor'),
      iconPath: new ThemeIcon('copy'),
      run: () => copyToken(of, status),
    },
    leave,
  ];
  return actions.filter((action) => action !== false);
}

/** Signs out of one grant, if it is still there: under its own id, or under that of its person's earlier one, which it got with its name. */
export async function signOutOf(grant: Grant, kinds: readonly ProviderKind[]): Promise<void> {
  const row = (await accountRows(kinds)).find(
    ({ status: { session } }) => session.id === grant.id || session.accessToken === tokenOf(grant),
  );
  if (row !== undefined) await signOut(row);
}

export async function signOut({ of, status: { session } }: Pick<AccountRow, 'of' | 'status'>): Promise<void> {
  // A notice says what else there is to know.
  if (await of.sessions.signOut(session.id)) {
    void vscode.window.showInformationMessage(l10n.t('{0} is signed out of X.', session.account.label));
  }
}

/** Success is told; what went wrong stands in the list of actions, to which it leads back. */
async function refresh({ sessions }: ProviderKind, { session }: Status): Promise<'again' | void> {
  const { label } = session.account;
  const outcome = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: l10n.t('Renewing the sign-in of {0} to X…', label) },
    async () => sessions.refreshNow?.(session.id),
  );
  if (outcome !== 'refreshed') return 'again';
  void vscode.window.showInformationMessage(l10n.t('The sign-in of {0} to X is up to date.', label));
  return undefined;
}

async function showScopes(label: string, scopes: readonly string[]): Promise<'again'> {
  const back = { label: l10n.t('Back'), iconPath: new ThemeIcon('arrow-left') };
  const inOrder = [...new Set([...knownScopes().filter((scope) => scopes.includes(scope)), ...scopes])];
  await choose([...inOrder.map(scopeRow), back], {
    title: l10n.t('What the sign-in of {0} allows', label),
    placeHolder: l10n.t('To take something back, sign out and sign in again.'),
    matchOnDescription: true,
    ignoreFocusOut: false,
  });
  return 'again';
}

function scopeRow(scope: string): { readonly label: string; readonly description: string } {
  return { label: scopeWords(scope), description: scope };
}

/** Which scopes to ask for besides those that were granted. */
async function askForScopes(label: string, granted: readonly string[]): Promise<readonly string[]> {
  const known = knownScopes().filter((scope) => !granted.includes(scope));
  const other = { label: l10n.t('Another scope…'), description: l10n.t('you type its name'), alwaysShow: true };
  const chosen = await vscode.window.showQuickPick([...known.map(scopeRow), other], {
    title: l10n.t('Add scopes to the sign-in of {0}', label),
    placeHolder: l10n.t('Check what to allow as well; the rest stays.'),
    matchOnDescription: true,
    canPickMany: true,
  });
  if (chosen === undefined || chosen.length === 0) throw cancelled();
  const scopes = chosen.filter((row) => row !== other).map(({ description }) => description);
  if (!chosen.includes(other)) return scopes;
  const names = await ask({
    title: l10n.t('Add scopes to the sign-in of {0}', label),
    prompt: l10n.t('Type the names of scopes as X writes them, with spaces between them.'),
    placeholder: 'tweet.read users.read',
    problem: (text) =>
      /^[\w.\s]+$/.test(text) ? undefined : l10n.t('A scope has letters and dots, such as tweet.read.'),
  });
  return [...scopes, ...names.split(/\s+/)];
}
