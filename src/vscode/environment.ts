import * as vscode from 'vscode';
import { CALLBACK_PATH } from './browser.ts';
import { settings } from './settings.ts';
import { callbackUrls, redirectUriOf, signInMethods, type Environment, type SignInMethod } from './signInMethods.ts';

/** Where this window runs, asked anew every time: a port can be forwarded in between. */
async function theEnvironment(): Promise<Environment> {
  const loopback = vscode.Uri.parse(`http://127.0.0.1:${settings.loopbackPort()}${CALLBACK_PATH}`);
  return { loopbackUri: (await vscode.env.asExternalUri(loopback)).toString(true) };
}

/** How the browser comes back from X. */
export interface WayBack {
  readonly method: SignInMethod;
  readonly redirectUri: string;
}

/** The way back to try first here, or the one that the person chose for this once. */
export async function wayBack(chosen?: SignInMethod): Promise<WayBack> {
  const environment = await theEnvironment();
  const [method = 'paste'] = signInMethods(chosen ?? settings.signInMethod(), environment);
  return { method, redirectUri: redirectUriOf(method, environment) ?? environment.loopbackUri };
}

/** What to register with X, for this very editor. */
export async function callbackUrlsHere(): Promise<readonly string[]> {
  return callbackUrls(await theEnvironment());
}
