import * as vscode from 'vscode';
import type { Status } from '../../../sessions/session.ts';
import type { ProviderKind } from '../../providerKind.ts';

const { l10n } = vscode;

/** How long what was done stays in the status bar. */
const TOLD_MS = 5_000;

/** Copies what a session hands to extensions, after two questions: it is a secret, and the clipboard keeps none. */
export async function copyToken({ sessions, id }: ProviderKind, { session }: Status): Promise<void> {
  const { account } = session;
  const power =
    id === 'x-app'
      ? l10n.t('Whoever has it acts as the app until it is regenerated at X.')
      : l10n.t('Whoever has it acts as {0} at X, until it ends or you sign out.', account.label);
  const goOn = l10n.t('Go On');
  const question = l10n.t('Copy the access token of {0}?', account.label);
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail: power }, goOn)) !== goOn) return;
  const copy = l10n.t('Copy the Access Token');
  const clipboard = {
    modal: true,
    detail: l10n.t(
      'Every program on this machine can read the clipboard: paste the token where it belongs, and copy something else then.',
    ),
  };
  if ((await vscode.window.showWarningMessage(l10n.t('Put a secret into the clipboard?'), clipboard, copy)) !== copy)
    return;

  const fresh = await sessions.fresh(session.id);
  if (fresh === undefined) return;
  await vscode.env.clipboard.writeText(fresh.accessToken);
  void vscode.window.setStatusBarMessage(l10n.t('Copied the access token of {0}.', account.label), TOLD_MS);
}
