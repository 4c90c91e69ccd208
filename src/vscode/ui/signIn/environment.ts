import * as vscode from 'vscode';
import { CALLBACK_PATH } from '../../callbackPath.ts';
import { settings } from '../../settings.ts';
import type { Environment } from './flows/flow.ts';

/** Where this window runs, asked anew every time: a port can be forwarded in between. */
export async function readEnvironment(): Promise<Environment> {
  const loopbackPort = settings.loopbackPort();
  const loopback = vscode.Uri.parse(`http://127.0.0.1:${loopbackPort}${CALLBACK_PATH}`);
  const [loopbackUri, externalAppUri] = await Promise.all([
    vscode.env.asExternalUri(loopback),
    vscode.env.asExternalUri(appUri()),
  ]);
  return {
    loopbackPort,
    loopbackUri: loopbackUri.toString(true),
    appUri: appUri().toString(true),
    externalAppUri: externalAppUri.toString(true),
    isDesktop: vscode.env.uiKind === vscode.UIKind.Desktop,
    relayUrl: settings.relayUrl(),
  };
}

/** The address of this very window's URI handler, with a nonce in it, as a browser can open it. It is new every time. */
export async function windowUri(nonce: string): Promise<string> {
  return (await vscode.env.asExternalUri(appUri().with({ query: `nonce=${nonce}` }))).toString(true);
}

/** What this editor's URI handlers are reached by; which window that is, is not in it. */
function appUri(): vscode.Uri {
  return vscode.Uri.from({ scheme: vscode.env.uriScheme, authority: 'xauth.x-authentication', path: CALLBACK_PATH });
}
