import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { XAuthentication } from '../x-authentication.d.ts';
import type { Foreground } from './foreground.ts';
import type { Locks } from './ipc/locks.ts';
import { bounded } from './oauth/http.ts';
import { ApiRequests } from './sessions/apiRequests.ts';
import { BackOff } from './sessions/backOff.ts';
import { Clients } from './sessions/clients.ts';
import { watchFolder } from './ipc/folderWatch.ts';
import type { Grant } from './sessions/grant.ts';
import { HandedOut } from './sessions/handedOut.ts';
import type { LabelGrant } from './sessions/labels.ts';
import { LastingSessions } from './sessions/lastingSessions.ts';
import type { FolderLocks } from './ipc/folderLocks.ts';
import type { Notice, Notify } from './sessions/notice.ts';
import { within } from './sessions/patience.ts';
import { Refresh } from './sessions/refresh.ts';
import { readScopes } from './sessions/scopeRequest.ts';
import { Sessions, TICK_MS } from './sessions/sessions.ts';
import { Grants } from './sessions/store/grants.ts';
import { ManifestFile } from './sessions/store/manifest.ts';
import { GrantRecords } from './sessions/store/records.ts';
import { Register } from './sessions/store/register.ts';
import { idOf, keyed, StoreKey } from './sessions/store/storeKey.ts';
import { exportedApi } from './vscode/api.ts';
import { CallbackUriHandler } from './vscode/callbackUriHandler.ts';
import type { SignInKind } from './vscode/commands.ts';
import { Provider } from './vscode/provider.ts';
import { registerCommands } from './vscode/registerCommands.ts';
import { SECTION, settings } from './vscode/settings.ts';
import type { Attempt } from './vscode/showMessages.ts';
import type { SignInMethod } from './vscode/signInMethodSetting.ts';
import { lookForApp } from './vscode/walkthrough.ts';

/** Long enough for a slow answer, because what X has sent and nobody has read is lost. */
const REQUEST_TIMEOUT_MS = 20_000;

const DAY_MS = 24 * 60 * 60_000;

/** How long a window may have slept and still find what the others left for it. */
const KEEP_NOTES_MS = 7 * DAY_MS;

/** How long what can't be read is kept for a version that might. */
const KEEP_UNREADABLE_MS = 30 * DAY_MS;

/** How long it is known of what has ended that it did. */
const KEEP_ENDED_MS = 30 * DAY_MS;

/** When an editor that starts has done what people wait for. */
const SETTLED_AFTER_MS = 5_000;

/** How long a window that is closed waits for X at most: VS Code ends its process after 5 s. */
const CLOSING_MS = 4_500;

let settled: () => Promise<void> = async () => {};

/**
 * Builds every part and connects them, except for what people meet, which is loaded when somebody is there to meet it. Nothing
 * here waits, reads a secret or uses the network.
 */
export function activate(context: vscode.ExtensionContext): XAuthentication {
  const { globalStorageUri } = context;
  const log = vscode.window.createOutputChannel('X Authentication', { log: true });
  const now = (): number => Date.now();
  const random = (): number => Math.random();
  const world = {
    // The global one, asked for at every request: only that honours VS Code's proxy and certificates.
    fetch: bounded((url, init) => fetch(url, init), REQUEST_TIMEOUT_MS),
    now,
    random,
    apiBaseUrl: () => settings.apiBaseUrl(),
    // One that can't be used has no sessions; signing in then says what is wrong with it.
    defaultClientId: () => settings.clientIdAsWritten(),
  };

  const installId = installIdOf(context);
  const folderOf = (...names: readonly string[]): string => join(globalStorageUri.fsPath, ...names);
  const folders = {
    grants: folderOf('grants'),
    notes: folderOf('notes'),
    locks: folderOf('locks'),
    labels: folderOf('labels', installId),
    manifest: folderOf('manifest', installId),
  };
  const notes = async () => new (await import('./ipc/sealedNotes.ts')).SealedNotes(folders.notes);
  let loaded: Promise<FolderLocks> | undefined;
  const folderLocks = () =>
    (loaded ??= import('./ipc/folderLocks.ts').then((module) => new module.FolderLocks(folders.locks)));
  const locks: Locks = {
    withLock: async (name, waiting, action) => (await folderLocks()).withLock(name, waiting, action),
  };
  const storeKey = new StoreKey({
    secrets: context.secrets,
    hintPath: join(folders.manifest, 'key'),
    locks,
    now,
    log,
  });
  const secrets = keyed(context.secrets, storeKey);
  const clients = new Clients(secrets);
  const backOff = new BackOff(now, random);
  const logged = (work: Promise<unknown>): void => void work.catch((error: unknown) => log.error(String(error)));

  let opened: Promise<Foreground> | undefined;
  const foreground = (): Promise<Foreground> => {
    const kinds = { x, oauth1, appOnly };
    const signedIn = { sessions, oauth1Sessions, appOnlySessions, kinds };
    const grants = { x: xGrants, oauth1: oauth1Grants, appOnly: appOnlyGrants };
    const background = { context, log, world, secrets, clients, folders, grants, ...signedIn };
    opened ??= import('./foreground.ts').then(({ openForeground }) => openForeground(background));
    return opened;
  };
  const tell = (notice: Notice, attempt?: Attempt): void =>
    logged(foreground().then(({ messages }) => messages.notice(notice, attempt)));
  const notify: Notify = (notice) => tell(notice);

  const grantsOf = (providerId: string, prefix: string, signInAnew: () => Promise<Grant>): Grants => {
    const grants: Grants = new Grants({
      records: new GrantRecords(secrets, log, now, prefix),
      key: () => storeKey.get(),
      register: (key) => {
        const folder = join(folders.grants, idOf(key), providerId);
        context.subscriptions.push(watchFolder(folder, () => logged(grants.catchUp())));
        return new Register({ folder, key, locks, monotonicMs: () => performance.now() });
      },
      manifest: new ManifestFile(join(folders.manifest, providerId)),
      isFirstToTell: (secret) =>
        notes()
          .then((found) => found.writeFirst(secret, 'told:unreadable', {}))
          .catch(() => true),
      log,
      apiBaseUrl: () => settings.shownBaseUrl(),
    });
    const attempt = { run: signInAnew };
    grants.onUnreadable = (count) => tell({ kind: 'unreadable', count }, attempt);
    grants.onVanished = (labels) => tell({ kind: 'vanished', labels }, attempt);
    return grants;
  };

  const xGrants = grantsOf('x', 'grant:', async () => x.signIn(settings.defaultScopes()).run());
  const refresh = new Refresh({ grants: xGrants, clients, locks, backOff, world, notify, log });
  const label: LabelGrant = async (...grant) => (await foreground()).label(...grant);
  settled = () => refresh.settled();
  const sessions = new Sessions({ grants: xGrants, refresh, clients, backOff, label, world, notify, log });
  const x: SignInKind = {
    id: 'x',
    label: 'X',
    sessions,
    signIn: (scopes, accountId) => {
      const by = async (method?: SignInMethod): Promise<Grant> => {
        await xGrants.ready();
        const { clientId, wanted } = readScopes(scopes);
        return (await foreground()).signIn.run({ clientId, wanted, accountId, method });
      };
      return { run: () => by(), by };
    },
  };

  const oauth1Grants = grantsOf('x-oauth1', 'oauth1:', () => oauth1.signIn([]).run());
  const oauth1Sessions = new LastingSessions({
    grants: oauth1Grants,
    claimLabel: async (...claim) => (await foreground()).labels.oauth1.claim(...claim),
    revoke: async (grant, replacedBy) => (await foreground()).revokeOAuth1(grant, replacedBy),
    now,
    notify,
    log,
  });
  const oauth1: SignInKind = {
    id: 'x-oauth1',
    label: 'X (OAuth 1.0a)',
    sessions: oauth1Sessions,
    signIn: (scopes) => {
      const by = async (method?: SignInMethod): Promise<Grant> => {
        await oauth1Grants.ready();
        return (await foreground()).oauth1SignIn.run(scopes, method);
      };
      return { run: () => by(), by };
    },
  };

  const appOnlyGrants = grantsOf('x-app', 'app:', () => appOnly.signIn([]).run());
  const appOnlySessions = new LastingSessions({
    grants: appOnlyGrants,
    claimLabel: async (...claim) => (await foreground()).labels.appOnly.claim(...claim),
    now,
    notify,
    log,
  });
  const appOnly: SignInKind = {
    id: 'x-app',
    label: 'X (app-only)',
    sessions: appOnlySessions,
    signIn: () => ({
      run: async () => {
        await appOnlyGrants.ready();
        return (await foreground()).appOnlySignIn.run();
      },
    }),
  };

  const handedOut = new HandedOut(now);
  const bearer = (accessToken: string): string => `Bearer ${accessToken}`;
  const signing = () => import('./sessions/oauth1Credentials.ts');
  const requests = new ApiRequests({
    authorizers: [
      { grants: xGrants, authorize: bearer, refresh: (refused) => refresh.refreshRefused(refused) },
      {
        grants: oauth1Grants,
        authorize: async (accessToken, request) => (await signing()).oauth1Authorization(accessToken, request, now),
      },
      { grants: appOnlyGrants, authorize: bearer },
    ],
    handedOut,
    fetch: (input, init) => fetch(input, init),
    apiBaseUrl: world.apiBaseUrl,
  });

  const register = (kind: SignInKind, grants: Grants): vscode.Disposable => {
    const provider = new Provider({ grants, ...kind, handedOut, foreground });
    const options = { supportsMultipleAccounts: true };
    return vscode.Disposable.from(
      provider,
      vscode.authentication.registerAuthenticationProvider(kind.id, kind.label, provider, options),
      context.secrets.onDidChange(({ key }) => logged(grants.storedRecordChanged(key))),
    );
  };

  const allGrants = [xGrants, oauth1Grants, appOnlyGrants];

  const sweep = (): void => {
    logged(notes().then((found) => found.sweep(KEEP_NOTES_MS)));
    logged(folderLocks().then((found) => found.sweep(KEEP_NOTES_MS)));
    for (const grants of allGrants) {
      logged(grants.forgetUnreadable(KEEP_UNREADABLE_MS));
      logged(grants.sweep(KEEP_ENDED_MS, now()));
    }
  };

  lookForApp();
  const ticking = setInterval(() => logged(sessions.tick()), TICK_MS);
  // Not at activation, which every start of the editor waits for.
  const later = setTimeout(() => {
    sweep();
    // While they are there: an update may take them away from a window that stays open, which must not fail for that.
    logged(import('./oauth/codeGrant.ts'));
    logged(signing());
  }, SETTLED_AFTER_MS);
  const sweeping = setInterval(sweep, DAY_MS);
  context.subscriptions.push(
    log,
    register(x, xGrants),
    register(oauth1, oauth1Grants),
    register(appOnly, appOnlyGrants),
    vscode.window.registerUriHandler(new CallbackUriHandler(foreground, log, now)),
    registerCommands(foreground),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SECTION)) return;
      sessions.settingsChanged();
      allGrants.forEach((grants) => grants.serverChanged());
      lookForApp();
    }),
    {
      dispose: () => {
        clearInterval(ticking);
        clearInterval(sweeping);
        clearTimeout(later);
      },
    },
  );
  return exportedApi(requests, world.apiBaseUrl, foreground, log);
}

/** VS Code waits for this before it ends the window's process: what X answers to a request under way exists nowhere else. */
export async function deactivate(): Promise<void> {
  await within(CLOSING_MS, settled(), undefined);
}

/**
 * Whose secrets and permissions are those that belong to the files. On the user's own machine there is one of each, for all
 * profiles; on a server, every browser and every machine that connects has its own.
 */
function installIdOf({ globalState, extension }: vscode.ExtensionContext): string {
  if (extension.extensionKind === vscode.ExtensionKind.UI) return 'local';
  const known = globalState.get<string>('installId');
  const installId = known ?? randomUUID();
  if (known === undefined) void globalState.update('installId', installId);
  return installId;
}
