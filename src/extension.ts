import * as vscode from 'vscode';
import { ApiRequests } from './api/apiRequests.ts';
import { IssuedSessions } from './api/issuedSessions.ts';
import type { XAuthentication } from './api/x-authentication.d.ts';
import { withTimeout } from './common/abort.ts';
import { createProviders, type LoadUi } from './providers.ts';
import { registerCommands } from './vscode/commands.ts';
import { exportedApi } from './vscode/exportedApi.ts';
import { keepHouse } from './vscode/housekeeping.ts';
import { createPlatform } from './vscode/platform.ts';
import { registerProvider } from './vscode/provider.ts';
import { SECTION } from './vscode/settings.ts';
import type { Ui } from './vscode/ui/ui.ts';
import { UriHandler } from './vscode/uriHandler.ts';
import { lookForApp } from './vscode/walkthrough.ts';

/** How long a window that is closed waits for X at most: VS Code ends its process after 5 s. */
const CLOSING_MS = 4_500;

let finishWork: () => Promise<void> = async () => {};

/**
 * Builds every part and connects them, except for the UI, which is loaded on first use. Nothing here waits, reads a secret or
 * uses the network.
 */
export function activate(context: vscode.ExtensionContext): XAuthentication {
  const log = vscode.window.createOutputChannel('X Authentication', { log: true });
  const platform = createPlatform(context, log);
  const { deps, logged } = platform;

  let opened: Promise<Ui> | undefined;
  // The UI acts on the providers, which show messages and sign in with it.
  const ui: LoadUi = () =>
    // oxlint-disable-next-line no-restricted-imports -- This import is what loads it on first use.
    (opened ??= import('./vscode/ui/ui.ts').then(({ openUi }) => openUi(platform, providers)));
  const providers = createProviders(platform, ui);
  const { x, oauth1, appOnly } = providers;
  const all = [x, oauth1, appOnly];

  const issued = new IssuedSessions(deps.now);
  const requests = new ApiRequests({
    authorizers: all.map(({ authorizer }) => authorizer),
    issued,
    fetch: (input, init) => fetch(input, init),
    apiBaseUrl: deps.apiBaseUrl,
  });
  finishWork = () => x.unfinished.close();

  lookForApp();
  context.subscriptions.push(
    log,
    ...all.map((kind) => registerProvider(kind, issued, ui)),
    ...all.map(({ grants }) => context.secrets.onDidChange(({ key }) => logged(grants.storedRecordChanged(key)))),
    vscode.window.registerUriHandler(new UriHandler(ui, log, deps.now)),
    registerCommands(ui),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SECTION)) return;
      x.sessions.settingsChanged();
      all.forEach(({ grants }) => grants.serverChanged());
      lookForApp();
    }),
    keepHouse(
      platform,
      x.sessions,
      all.map(({ grants }) => grants),
    ),
  );
  return exportedApi(requests, deps.apiBaseUrl, ui, log);
}

/** VS Code waits for this before it ends the window's process: what X answers to a request under way exists nowhere else. */
export async function deactivate(): Promise<void> {
  await withTimeout(CLOSING_MS, finishWork(), undefined);
}
