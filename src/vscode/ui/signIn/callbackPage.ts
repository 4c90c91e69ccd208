import * as vscode from 'vscode';
import type { Arrival } from '../../../oauth/loopback.ts';

/** The page from `media/` that the browser shows after the callback, in the editor's language. */
export async function callbackPage(extensionUri: vscode.Uri, arrival: Arrival): Promise<string> {
  const { title, text } = arrivalText(arrival);
  const template = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'media', 'callback.html'));
  const values: Readonly<Record<string, string>> = {
    arrival,
    title,
    text,
    language: vscode.env.language,
    editor: vscode.env.appName,
    back: await linkToEditor(),
    backText: vscode.l10n.t({
      message: 'Back to {0}',
      args: [vscode.env.appName],
      comment: ['A link on a page in the browser. {0} is the name of the editor.'],
    }),
  };
  return Buffer.from(template)
    .toString('utf8')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
}

/**
 * What brings this window to the front, or nothing: an editor in a browser has no address for that. The path is not the callback's, so
 * that nothing else happens.
 */
async function linkToEditor(): Promise<string> {
  if (vscode.env.uiKind === vscode.UIKind.Web) return '';
  const uri = vscode.Uri.parse(`${vscode.env.uriScheme}://xauth.x-authentication/`);
  return (await vscode.env.asExternalUri(uri)).toString(true);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The words of the page that the browser shows after the callback. */
function arrivalText(arrival: Arrival): { readonly title: string; readonly text: string } {
  switch (arrival) {
    case 'code':
      return {
        title: vscode.l10n.t('X has answered'),
        text: vscode.l10n.t('The editor finishes signing you in. You can close this tab.'),
      };
    case 'denied':
      return {
        title: vscode.l10n.t('You are not signed in'),
        text: vscode.l10n.t('You did not give access at X. You can close this tab and sign in again in the editor.'),
      };
    case 'error':
      return {
        title: vscode.l10n.t('You are not signed in'),
        text: vscode.l10n.t('X did not accept the sign-in. You can close this tab: the editor says what to do.'),
      };
    case 'ended':
      return {
        title: vscode.l10n.t('This sign-in has ended'),
        text: vscode.l10n.t(
          'It was cancelled, took too long, or a newer one took its place. You can close this tab and start again in the editor.',
        ),
      };
  }
}
