import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationTarget, env, Uri, workspace } from 'vscode';
import { freePort } from '../host/freePort.ts';
import { NATIVE_APP, type FakeX, startFakeX, WEB_APP } from 'x-authentication-testing';

/**
 * Starts a fake X, in the extension host, that answers consent pages by itself, and points the settings at it and its
 * public app. Its apps have registered what this editor makes of the loopback URL.
 */
export async function startFakeXForEditor(): Promise<FakeX> {
  await forgetLabels();
  const settings = workspace.getConfiguration('xAuthentication');
  const port = await freePort();
  await settings.update('loopbackPort', port, ConfigurationTarget.Global);
  const callback = (await env.asExternalUri(Uri.parse(`http://127.0.0.1:${port}/callback`))).toString(true);
  // Other client ids for each fake X: what is left of an earlier one, VS Code keeps.
  const apps = [NATIVE_APP, WEB_APP].map((app) => ({
    ...app,
    clientId: app.clientId + randomBytes(4).toString('hex'),
    redirectUris: [callback],
  }));
  const x = await startFakeX({ apps });
  x.switches.autoConsent = { decision: 'authorize', as: 'ada' };
  await settings.update('clientId', apps[0]?.clientId, ConfigurationTarget.Global);
  await settings.update('apiBaseUrl', x.apiBaseUrl, ConfigurationTarget.Global);
  await settings.update('authorizationBaseUrl', x.authorizationBaseUrl, ConfigurationTarget.Global);
  return x;
}

/** Every fake X is another X, whose people would not get the labels that those of the one before have had. */
async function forgetLabels(): Promise<void> {
  const userData = process.env['TEST_USER_DATA'];
  if (userData === undefined) throw new Error('TEST_USER_DATA does not say where VS Code keeps what extensions store.');
  const labels = join(userData, 'User', 'globalStorage', 'xauth.x-authentication', 'labels');
  await rm(labels, { recursive: true, force: true });
}
