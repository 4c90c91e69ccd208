import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { bounded } from './oauth/http.ts';
import { BackOff } from './sessions/backOff.ts';
import { Clients } from './sessions/clients.ts';
import { watchFolder } from './sessions/folderWatch.ts';
import { Grants } from './sessions/grants.ts';
import { HandOver } from './sessions/handOver.ts';
import { FolderLocks } from './sessions/lock.ts';
import { GrantRecords } from './sessions/records.ts';
import { Renewal } from './sessions/renewal.ts';
import { Roster } from './sessions/roster.ts';
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

/** How long a window may have slept and still find what the others left for it. */
const KEEP_NOTES_MS = 7 * 24 * 60 * 60_000;

/** When an editor that starts has done what people wait for. */
const SETTLED_AFTER_MS = 5_000;

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

  const notesFolder = join(globalStorageUri.fsPath, 'notes');
  const notes = new SealedNotes(notesFolder);
  const locks = new FolderLocks(join(globalStorageUri.fsPath, 'locks'));
  const handOver = new HandOver(notes);
  const clients = new Clients(secrets);
  const grants = new Grants(new GrantRecords(secrets, log), handOver, log, rosterOf(context, now));
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
  grants.onVanished = (labels) => notify({ kind: 'vanished', labels });

  const logged = (work: Promise<unknown>): void => void work.catch((error: unknown) => log.error(String(error)));
  const ticking = setInterval(() => logged(sessions.tick()), TICK_MS);
  // Not at activation, which every start of the editor waits for.
  const later = setTimeout(() => {
    context.subscriptions.push(watchFolder(notesFolder, () => logged(grants.catchUp())));
    logged(notes.sweep(KEEP_NOTES_MS));
    logged(locks.sweep(KEEP_NOTES_MS));
  }, SETTLED_AFTER_MS);
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
    {
      dispose: () => {
        clearInterval(ticking);
        clearTimeout(later);
      },
    },
  );
}

/** What SecretStorage should hold, under an id that is kept where it is: on a server, every browser has its own of both. */
function rosterOf({ globalState, globalStorageUri }: vscode.ExtensionContext, now: () => number): Roster {
  const known = globalState.get<string>('installId');
  const installId = known ?? randomUUID();
  if (known === undefined) void globalState.update('installId', installId);
  return new Roster(join(globalStorageUri.fsPath, 'roster', installId), now);
}
