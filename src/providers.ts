import { join } from 'node:path';
import type { Authorizer } from './api/apiRequests.ts';
import { watchFolder } from './ipc/watchFolder.ts';
import type { Grant, GrantKind, GrantOf } from './sessions/grant.ts';
import type { LabelGrant, Labels } from './sessions/labels.ts';
import type { Notify } from './sessions/notice.ts';
import { createOAuth2Sessions } from './sessions/oauth2Sessions.ts';
import { readScopes } from './sessions/scopeRequest.ts';
import { StaticSessions } from './sessions/staticSessions.ts';
import { GrantManifest } from './sessions/store/grantManifest.ts';
import { GrantRecords } from './sessions/store/grantRecords.ts';
import { Grants, type GrantsDeps } from './sessions/store/grants.ts';
import { idOf } from './sessions/store/storeKey.ts';
import type { Platform } from './vscode/platform.ts';
import type { Providers, SignInAttempt, SignInOptions, StaticProvider, XProvider } from './vscode/providerKind.ts';
import { settings } from './vscode/settings.ts';
import type { SignInMethod } from './vscode/signInMethodSetting.ts';
import type { Ui } from './vscode/ui/ui.ts';

/** Loads the UI when it is called for the first time. */
export type LoadUi = () => Promise<Ui>;

export function createProviders(platform: Platform, ui: LoadUi): Providers {
  return { x: createX(platform, ui), oauth1: createOAuth1(platform, ui), appOnly: createAppOnly(platform, ui) };
}

/** `x`: OAuth 2.0, for a person, with scopes. */
function createX(platform: Platform, ui: LoadUi): XProvider {
  const { clients, deps, locks, log } = platform;
  const id = 'x';
  const signIn = (options: SignInOptions): SignInAttempt => {
    const by = async (method?: SignInMethod): Promise<Grant> => {
      await grants.ready();
      const { wanted, clientId } = readScopes(options.scopes);
      const request = { ...options, scopes: wanted, clientId: options.clientId ?? clientId, method };
      return (await ui()).signIn.run(request);
    };
    return { run: () => by(), by };
  };
  const signInAnew = (): SignInAttempt => signIn({ scopes: settings.defaultScopes() });
  const connected = createOAuth2Sessions({
    grants: grantsDeps({ kind: 'oauth2', id, platform, ui, signInAnew, catchUp: () => grants.catchUp() }),
    clients,
    locks,
    label: (labelled) => labelLater(loadLabels(platform, id, labelled), deps.defaultClientId, ui),
    deps,
    notify: showNotices(platform, ui),
    log,
  });
  const { grants, refresh } = connected;
  const authorizer: Authorizer = {
    grants,
    authorize: bearer,
    refresh: async (refused) => refused.kind === 'oauth2' && refresh.refreshRefused(refused),
  };
  return { id, label: 'X', ...connected, signIn, authorizer };
}

/** `x-oauth1`: OAuth 1.0a, for a person. */
function createOAuth1(platform: Platform, ui: LoadUi): StaticProvider<'oauth1'> {
  const { deps } = platform;
  const signIn = ({ scopes }: SignInOptions): SignInAttempt => {
    const by = async (method?: SignInMethod): Promise<Grant> => {
      await grants.ready();
      return (await ui()).oauth1SignIn.run(scopes, method);
    };
    return { run: () => by(), by };
  };
  const id = 'x-oauth1';
  const grants = createStaticGrants('oauth1', id, platform, ui, () => signIn({ scopes: [] }));
  const labels = loadLabels(platform, id, grants);
  const sessions = createStaticSessions({
    grants,
    labels,
    platform,
    ui,
    revoke: async (grant, replacedBy) => {
      const { revokeOAuth1 } = await import('./sessions/revokeOAuth1.ts');
      await revokeOAuth1(grant, replacedBy, deps);
    },
  });
  const authorizer: Authorizer = {
    grants,
    async authorize(accessToken, request) {
      const { oauth1Authorization } = await import('./api/oauth1Authorization.ts');
      return oauth1Authorization(accessToken, request, deps.now);
    },
  };
  return { id, label: 'X (OAuth 1.0a)', grants, labels, sessions, signIn, authorizer };
}

/** `x-app`: an app by itself, with its bearer token. */
function createAppOnly(platform: Platform, ui: LoadUi): StaticProvider<'app-only'> {
  const signIn = (): SignInAttempt => ({
    run: async () => {
      await grants.ready();
      return (await ui()).appOnlySignIn.run();
    },
  });
  const id = 'x-app';
  const grants = createStaticGrants('app-only', id, platform, ui, signIn);
  const labels = loadLabels(platform, id, grants);
  const sessions = createStaticSessions({ grants, labels, platform, ui });
  const authorizer: Authorizer = { grants, authorize: bearer };
  return { id, label: 'X (app-only)', grants, labels, sessions, signIn, authorizer };
}

/** RFC 6750 §2.1. */
const bearer = (accessToken: string): string => `Bearer ${accessToken}`;

/** Shows notices, whose buttons may begin the `attempt`; the UI comes with the first. */
function showNotices({ logged }: Platform, ui: LoadUi, attempt?: SignInAttempt): Notify {
  return (notice) => logged(ui().then(({ messages }) => messages.notice(notice, attempt)));
}

function createStaticSessions<Kind extends 'oauth1' | 'app-only'>(parts: {
  grants: Grants<Kind>;
  labels: () => Promise<Labels>;
  platform: Platform;
  ui: LoadUi;
  revoke?: (grant: GrantOf<Kind>, replacedBy?: GrantOf<Kind>) => Promise<void>;
}): StaticSessions<Kind> {
  const { grants, labels, platform, ui, revoke } = parts;
  const { deps, log } = platform;
  return new StaticSessions({
    grants,
    claimLabel: async (...claim) => (await labels()).claim(...claim),
    ...(revoke && { revoke }),
    now: deps.now,
    notify: showNotices(platform, ui),
    log,
  });
}

/** What the grants of one provider need; the register's folder is watched as soon as it is read. */
function grantsDeps<Kind extends GrantKind>(parts: {
  kind: Kind;
  id: string;
  platform: Platform;
  ui: LoadUi;
  signInAnew: () => SignInAttempt;
  /** Looks what other windows did. */
  catchUp: () => Promise<void>;
}): Omit<GrantsDeps<Kind>, 'onOrphan' | 'log'> {
  const { kind, id, platform, ui, signInAnew, catchUp } = parts;
  const { context, deps, folders, locks, log, logged, notes, secrets, storeKey } = platform;
  // What to sign in for is read when it is: a setting that can't be used must not keep people from being told.
  const notify = showNotices(platform, ui, { run: async () => signInAnew().run() });
  return {
    records: new GrantRecords(kind, secrets, log, deps.now),
    key: () => storeKey.get(),
    register: async (key) => {
      const { Register } = await import('./sessions/store/register.ts');
      const folder = join(folders.grants, idOf(key), id);
      context.subscriptions.push(watchFolder(folder, () => logged(catchUp())));
      return new Register({ kind, folder, key, locks, monotonicMs: () => performance.now() });
    },
    manifest: new GrantManifest(join(folders.manifest, id)),
    isFirstToTell: async (secret) => {
      try {
        return await (await notes()).writeFirst(secret, 'told:unreadable', {});
      } catch {
        return true;
      }
    },
    apiBaseUrl: () => settings.shownBaseUrl(),
    onUnreadable: (count) => notify({ kind: 'unreadable', count }),
    onVanished: (labels) => notify({ kind: 'vanished', labels }),
  };
}

/** The grants of a credential that is never refreshed, so that no token comes late for one that has ended. */
function createStaticGrants<Kind extends 'oauth1' | 'app-only'>(
  kind: Kind,
  id: string,
  platform: Platform,
  ui: LoadUi,
  signInAnew: () => SignInAttempt,
): Grants<Kind> {
  const deps = grantsDeps({ kind, id, platform, ui, signInAnew, catchUp: () => grants.catchUp() });
  const grants: Grants<Kind> = new Grants({ ...deps, onOrphan: () => undefined, log: platform.log });
  return grants;
}

/** Loaded when somebody signs in: only then a label is claimed. */
function loadLabels<Kind extends GrantKind>(
  { folders, log }: Platform,
  providerId: string,
  grants: Grants<Kind>,
): () => Promise<Labels> {
  let loaded: Promise<Labels> | undefined;
  const grantsAt = (apiBaseUrl: string): Promise<readonly Grant[]> => grants.listOf(apiBaseUrl);
  return () =>
    (loaded ??= import('./sessions/labels.ts').then(
      (module) => new module.Labels({ folder: folders.labels, providerId, grantsAt, log }),
    ));
}

/** Labels grants of OAuth 2.0 in the editor's language, which comes with the UI. */
function labelLater(labels: () => Promise<Labels>, defaultClientId: () => string, ui: LoadUi): LabelGrant {
  return async (...grant) => {
    const [{ labelGrants }, { labelWords }, found] = await Promise.all([
      import('./sessions/labels.ts'),
      ui(),
      labels(),
    ]);
    return labelGrants((...claim) => found.claim(...claim), defaultClientId, labelWords)(...grant);
  };
}
