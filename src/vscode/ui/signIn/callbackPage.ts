import * as vscode from 'vscode';
import type { Arrival } from '../../../oauth/loopback.ts';
import { arrivalText } from '../messages/userFacingErrors.ts';

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
