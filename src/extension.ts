import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { XAuthentication } from './api/x-authentication.d.ts';
import type { Ui } from './vscode/ui/ui.ts';
import type { Locks } from './ipc/locks.ts';
import { bounded } from './oauth/http.ts';
import { ApiRequests } from './api/apiRequests.ts';
import { BackOff } from './sessions/backOff.ts';
import { ClientSecrets } from './sessions/store/clientSecrets.ts';
import { watchFolder } from './ipc/watchFolder.ts';
import type { Grant } from './sessions/grant.ts';
import { IssuedSessions } from './api/issuedSessions.ts';
import type { LabelGrant } from './sessions/labels.ts';
import { StaticSessions } from './sessions/staticSessions.ts';
import type { FolderLocks } from './ipc/folderLocks.ts';
import type { Notice, Notify } from './sessions/notice.ts';
import { withTimeout } from './common/abort.ts';
import { Refresh } from './sessions/refresh.ts';
import { readScopes } from './sessions/scopeRequest.ts';
import { Sessions, TICK_MS } from './sessions/sessions.ts';
import { Grants } from './sessions/store/grants.ts';
import { GrantManifest } from './sessions/store/grantManifest.ts';
import { GrantRecords } from './sessions/store/grantRecords.ts';
import { Register } from './sessions/store/register.ts';
import { idOf, keyed, StoreKey } from './sessions/store/storeKey.ts';
import { exportedApi } from './vscode/exportedApi.ts';
import { UriHandler } from './vscode/uriHandler.ts';
import { Provider } from './vscode/provider.ts';
import { registerCommands } from './vscode/commands.ts';
import { SECTION, settings } from './vscode/settings.ts';
import type { SignInMethod } from './vscode/signInMethodSetting.ts';
import { lookForApp } from './vscode/walkthrough.ts';
import type { ProviderKind, SignInAttempt } from './vscode/providerKind.ts';

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
  const clients = new ClientSecrets(secrets);
  const backOff = new BackOff(now, random);
  const logged = (work: Promise<unknown>): void => void work.catch((error: unknown) => log.error(String(error)));

  let opened: Promise<Ui> | undefined;
  const ui = (): Promise<Ui> => {
    const kinds = { x, oauth1, appOnly };
    const signedIn = { sessions, oauth1Sessions, appOnlySessions, kinds };
    const grants = { x: xGrants, oauth1: oauth1Grants, appOnly: appOnlyGrants };
    const background = { context, log, world, secrets, clients, folders, grants, ...signedIn };
    // oxlint-disable-next-line no-restricted-imports -- This import is what loads it on first use.
    opened ??= import('./vscode/ui/ui.ts').then(({ openUi }) => openUi(background));
    return opened;
  };
  const tell = (notice: Notice, attempt?: SignInAttempt): void =>
    logged(ui().then(({ messages }) => messages.notice(notice, attempt)));
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
      manifest: new GrantManifest(join(folders.manifest, providerId)),
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
  const label: LabelGrant = async (...grant) => (await ui()).label(...grant);
  settled = () => refresh.settled();
  const sessions = new Sessions({ grants: xGrants, refresh, clients, locks, backOff, label, world, notify, log });
  const x: ProviderKind = {
    id: 'x',
    label: 'X',
    sessions,
    signIn: (scopes, accountId) => {
      const by = async (method?: SignInMethod): Promise<Grant> => {
        await xGrants.ready();
        const { clientId, wanted } = readScopes(scopes);
        return (await ui()).signIn.run({ clientId, wanted, accountId, method });
      };
      return { run: () => by(), by };
    },
  };

  const oauth1Grants = grantsOf('x-oauth1', 'oauth1:', () => oauth1.signIn([]).run());
  const oauth1Sessions = new StaticSessions({
    grants: oauth1Grants,
    claimLabel: async (...claim) => (await ui()).labels.oauth1.claim(...claim),
    revoke: async (grant, replacedBy) => (await ui()).revokeOAuth1(grant, replacedBy),
    now,
    notify,
    log,
  });
  const oauth1: ProviderKind = {
    id: 'x-oauth1',
    label: 'X (OAuth 1.0a)',
    sessions: oauth1Sessions,
    signIn: (scopes) => {
      const by = async (method?: SignInMethod): Promise<Grant> => {
        await oauth1Grants.ready();
        return (await ui()).oauth1SignIn.run(scopes, method);
      };
      return { run: () => by(), by };
    },
  };

  const appOnlyGrants = grantsOf('x-app', 'app:', () => appOnly.signIn([]).run());
  const appOnlySessions = new StaticSessions({
    grants: appOnlyGrants,
    claimLabel: async (...claim) => (await ui()).labels.appOnly.claim(...claim),
    now,
    notify,
    log,
  });
  const appOnly: ProviderKind = {
    id: 'x-app',
    label: 'X (app-only)',
    sessions: appOnlySessions,
    signIn: () => ({
      run: async () => {
        await appOnlyGrants.ready();
        return (await ui()).appOnlySignIn.run();
      },
    }),
  };

  const issued = new IssuedSessions(now);
  const bearer = (accessToken: string): string => `Bearer ${accessToken}`;
  const signing = () => import('./api/oauth1Authorization.ts');
  const requests = new ApiRequests({
    authorizers: [
      { grants: xGrants, authorize: bearer, refresh: (refused) => refresh.refreshRefused(refused) },
      {
        grants: oauth1Grants,
        authorize: async (accessToken, request) => (await signing()).oauth1Authorization(accessToken, request, now),
      },
      { grants: appOnlyGrants, authorize: bearer },
    ],
    issued,
    fetch: (input, init) => fetch(input, init),
    apiBaseUrl: world.apiBaseUrl,
  });

  const register = (kind: ProviderKind, grants: Grants): vscode.Disposable => {
    const provider = new Provider({ grants, ...kind, issued, ui });
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
    logged(import('./oauth/authorizationCode.ts'));
    logged(signing());
  }, SETTLED_AFTER_MS);
  const sweeping = setInterval(sweep, DAY_MS);
  context.subscriptions.push(
    log,
    register(x, xGrants),
    register(oauth1, oauth1Grants),
    register(appOnly, appOnlyGrants),
    vscode.window.registerUriHandler(new UriHandler(ui, log, now)),
    registerCommands(ui),
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
  return exportedApi(requests, world.apiBaseUrl, ui, log);
}

/** VS Code waits for this before it ends the window's process: what X answers to a request under way exists nowhere else. */
export async function deactivate(): Promise<void> {
  await withTimeout(CLOSING_MS, settled(), undefined);
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
