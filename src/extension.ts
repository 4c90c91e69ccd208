import { join } from 'node:path';
import * as vscode from 'vscode';
import { bounded } from './oauth/http.ts';
import { BackOff } from './sessions/backOff.ts';
import { Clients } from './sessions/clients.ts';
import { Grants } from './sessions/grants.ts';
import { HandOver } from './sessions/handOver.ts';
import { FolderLocks } from './sessions/lock.ts';
import { GrantRecords } from './sessions/records.ts';
import { Renewal } from './sessions/renewal.ts';
import { SealedNotes } from './sessions/sealedNotes.ts';
import { Sessions, TICK_MS } from './sessions/sessions.ts';
import { AppSetUp } from './vscode/app.ts';
import { callbackPage } from './vscode/callbackPage.ts';
import { registerCommands } from './vscode/commands.ts';
import { PROVIDER_ID, XProvider } from './vscode/provider.ts';
import { SECTION, settings } from './vscode/settings.ts';
import { Messages } from './vscode/showMessages.ts';
import { callbackUrlsHere, SignIn } from './vscode/signIn.ts';
import { oauth2Endpoints } from './x/endpoints.ts';

/** Long enough for a slow answer, because what X has sent and nobody has read is lost. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Builds every part and connects them. Nothing here waits, reads a secret or uses the network. */
export function activate(context: vscode.ExtensionContext): void {
  const { secrets, extensionUri, globalStorageUri } = context;
  const log = vscode.window.createOutputChannel('X Authentication', { log: true });
  const now = (): number => Date.now();
  const random = (): number => Math.random();
  const endpoints = () => oauth2Endpoints(settings.baseUrls());
  const world = {
    // The global one, asked for at every request: only that honours VS Code's proxy and certificates.
    fetch: bounded((url, init) => fetch(url, init), REQUEST_TIMEOUT_MS),
    now,
    random,
    endpoints,
    apiBaseUrl: () => settings.baseUrls().api,
    defaultClientId: () => settings.clientId(),
    unnamedLabel: vscode.l10n.t('X account'),
  };

  const notes = new SealedNotes(join(globalStorageUri.fsPath, 'notes'));
  const locks = new FolderLocks(join(globalStorageUri.fsPath, 'locks'));
  const handOver = new HandOver(notes);
  const clients = new Clients(secrets);
  const grants = new Grants(new GrantRecords(secrets, log), handOver, log);
  const backOff = new BackOff(now, random);
  const messages = new Messages(() => signIn, log);
  const notify = messages.notice.bind(messages);
  const renewal = new Renewal({ grants, handOver, clients, locks, backOff, world, notify, log });
  const sessions = new Sessions({ grants, renewal, clients, backOff, world, notify, log });
  const appSetUp = new AppSetUp(clients, callbackUrlsHere);
  const signIn = new SignIn({
    sessions,
    appSetUp,
    endpoints,
    page: (arrival) => callbackPage(extensionUri, arrival),
    log,
  });
  const provider = new XProvider({
    grants,
    sessions,
    signIn,
    onFailure: (error, request) => messages.failure(error, request),
  });
  grants.onUnreadable = (count) => notify({ kind: 'unreadable', count });

  const ticking = setInterval(() => void sessions.tick().catch((error: unknown) => log.error(String(error))), TICK_MS);
  context.subscriptions.push(
    log,
    provider,
    vscode.authentication.registerAuthenticationProvider(PROVIDER_ID, 'X', provider, {
      supportsMultipleAccounts: true,
    }),
    registerCommands({ sessions, signIn, appSetUp, messages, log }),
    secrets.onDidChange(({ key }) => void grants.storedRecordChanged(key)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) sessions.settingsChanged();
    }),
    { dispose: () => clearInterval(ticking) },
  );
}
