import * as vscode from 'vscode';
import { CALLBACK_PATH } from './browser.ts';
import { settings } from './settings.ts';
import { callbackUrls, type Environment } from './signInMethods.ts';

/** Where this window runs, asked anew every time: a port can be forwarded in between. */
export async function theEnvironment(): Promise<Environment> {
  const loopback = vscode.Uri.parse(`http://127.0.0.1:${settings.loopbackPort()}${CALLBACK_PATH}`);
  return { loopbackUri: (await vscode.env.asExternalUri(loopback)).toString(true) };
}

/** What to register with X, for this very editor. */
export async function callbackUrlsHere(): Promise<readonly string[]> {
  return callbackUrls(await theEnvironment());
}
