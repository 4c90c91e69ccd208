import * as vscode from 'vscode';
import type { Arrival } from '../oauth/loopback.ts';
import { arrivalText } from './messages.ts';

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
  };
  return Buffer.from(template)
    .toString('utf8')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
