import { join } from 'node:path';
import { bounded, type Fetch } from '../../src/oauth/http.ts';
import { ClientSecrets } from '../../src/sessions/store/clientSecrets.ts';
import { FolderLocks } from '../../src/ipc/folderLocks.ts';
import { SealedNotes } from '../../src/ipc/sealedNotes.ts';
import { labelGrants, Labels } from '../../src/sessions/labels.ts';
import { createOAuth2Sessions } from '../../src/sessions/oauth2Sessions.ts';
import type { Notice } from '../../src/sessions/notice.ts';
import { withTimeout } from '../../src/common/abort.ts';
import { GrantManifest } from '../../src/sessions/store/grantManifest.ts';
import { GrantRecords, type Secrets } from '../../src/sessions/store/grantRecords.ts';
import { Register } from '../../src/sessions/store/register.ts';
import { idOf, keyed, StoreKey } from '../../src/sessions/store/storeKey.ts';
import type { AuthorizationRequest } from '../../src/oauth/authorizationCode.ts';

// The one file of test/prove that knows how the extension is put together. It is bundled with the extension's sources, so that
// `fetch`, the file system, clocks and chance are those of one window of the search.

const REQUEST_TIMEOUT_MS = 20_000;
const CLOSING_MS = 4_500;

export interface Surroundings {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly app: { readonly apiBaseUrl: string; readonly clientId: string };
  readonly notify: (notice: Notice) => void;
  readonly log: (message: string) => void;
}

/** A session, as its window shows it. */
export interface Shown {
  readonly id: string;
  readonly account: string;
  readonly accessToken: string;
}

/** What can be asked of a window. */
export interface Window {
  /** As VS Code's list of accounts: no network. */
  list(): Promise<readonly Shown[]>;
  /** As `getSession`. */
  ask(scopes: readonly string[]): Promise<Shown | undefined>;
  scopesFor(scopes: readonly string[]): Promise<readonly string[]>;
  signIn(request: AuthorizationRequest, callback: URLSearchParams): Promise<Shown>;
  signOut(id: string): Promise<void>;
  tick(): Promise<void>;
  /** What a change in the watched folder sets off. */
  catchUp(): Promise<void>;
  secretChanged(key: string): Promise<void>;
  /** As `deactivate`: when it resolves, VS Code ends the process. */
  close(): Promise<void>;
}

export function openWindow({ folder, secrets: stored, app, notify, log: write }: Surroundings): Window {
  const now = (): number => Date.now();
  const random = (): number => Math.random();
  const log = { debug: write, info: write, warn: write, error: write };
  const limited: Fetch = (url, init) => fetch(url, init);
  const deps = {
    fetch: bounded(limited, REQUEST_TIMEOUT_MS),
    now,
    random,
    apiBaseUrl: () => app.apiBaseUrl,
    defaultClientId: () => app.clientId,
  };
  const notes = new SealedNotes(join(folder, 'notes'));
  const locks = new FolderLocks(join(folder, 'locks'));
  const storeKey = new StoreKey({ secrets: stored, hintPath: join(folder, 'manifest/key'), locks, now, log });
  const secrets = keyed(stored, storeKey);
  const clients = new ClientSecrets(secrets);
  const { grants, sessions, signIns, unfinished } = createOAuth2Sessions({
    grants: {
      records: new GrantRecords('oauth2', secrets, log, now),
      key: () => storeKey.get(),
      register: (key) => {
        const monotonicMs = (): number => performance.now();
        return new Register({ kind: 'oauth2', folder: join(folder, 'grants', idOf(key)), key, locks, monotonicMs });
      },
      manifest: new GrantManifest(join(folder, 'manifest/x')),
      isFirstToTell: (secret) => notes.writeFirst(secret, 'told:unreadable', {}).catch(() => true),
      apiBaseUrl: deps.apiBaseUrl,
      onUnreadable: (count) => notify({ kind: 'unreadable', count }),
      onVanished: (vanished) => notify({ kind: 'vanished', labels: vanished }),
    },
    clients,
    locks,
    label: (labelled) => {
      const grantsAt = (apiBaseUrl: string) => labelled.listOf(apiBaseUrl);
      const labels = new Labels({ folder: join(folder, 'labels'), providerId: 'x', grantsAt, log });
      return labelGrants((...claim) => labels.claim(...claim), deps.defaultClientId, {
        unnamed: (code) => `X account ${code}`,
        withApp: (name, shown) => `${name} (app ${shown})`,
      });
    },
    deps,
    notify,
    log,
  });
  const shown = ({ id, account, accessToken }: Omit<Shown, 'account'> & { account: { id: string } }): Shown => ({
    id,
    account: account.id,
    accessToken,
  });
  return {
    list: async () => (await sessions.all()).map(shown),
    ask: async (scopes) => (await sessions.matching(scopes)).map(shown)[0],
    scopesFor: (scopes) => sessions.scopesFor(scopes, app),
    signIn: async (request, callback) => {
      await grants.ready();
      const grant = await signIns.finish(app, request, callback, async () => false);
      return shown(sessions.sessionOf(grant, grant.scopes));
    },
    signOut: async (id) => void (await sessions.signOut(id)),
    tick: () => sessions.tick(),
    catchUp: () => grants.catchUp(),
    secretChanged: (key) => grants.storedRecordChanged(key),
    close: () => withTimeout(CLOSING_MS, unfinished.close(), undefined),
  };
}
