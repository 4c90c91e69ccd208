import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorizationUrl, newState, newVerifier } from '../../../../src/oauth/authorizationCode.ts';
import { bounded, type Fetch } from '../../../../src/oauth/http.ts';
import { ClientSecrets } from '../../../../src/sessions/store/clientSecrets.ts';
import type { OAuth2Grant } from '../../../../src/sessions/grant.ts';
import type { Locks } from '../../../../src/ipc/locks.ts';
import { labelGrants, Labels } from '../../../../src/sessions/labels.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import type { Notice } from '../../../../src/sessions/notice.ts';
import type { Refresh } from '../../../../src/sessions/refresh.ts';
import { SealedNotes } from '../../../../src/ipc/sealedNotes.ts';
import type { Sessions } from '../../../../src/sessions/sessions.ts';
import type { SignIns } from '../../../../src/sessions/signIns.ts';
import { createOAuth2Sessions } from '../../../../src/sessions/oauth2Sessions.ts';
import type { UnfinishedWork } from '../../../../src/common/unfinishedWork.ts';
import type { Grants } from '../../../../src/sessions/store/grants.ts';
import { GrantManifest } from '../../../../src/sessions/store/grantManifest.ts';
import { GrantRecords } from '../../../../src/sessions/store/grantRecords.ts';
import { Register } from '../../../../src/sessions/store/register.ts';
import { idOf, keyed, StoreKey } from '../../../../src/sessions/store/storeKey.ts';
import { oauth2Endpoints } from '../../../../src/x/endpoints.ts';
import {
  type App,
  clickThrough,
  NATIVE_APP,
  type FakeX,
  type FakeXOptions,
  startFakeX,
} from 'x-authentication-testing';
import { sharedStore, type SharedStore, type WindowSecrets } from './stores.ts';
import type { Session } from '../../../../src/sessions/session.ts';
import type { GrantChanges } from '../../../../src/sessions/store/grantChanges.ts';
import type { BaseUrls } from '../../../../src/x/baseUrls.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const REQUEST_TIMEOUT_MS = 10_000;

/** A machine with several windows that share a store and a folder, and a fake X that goes by the same clock. */
export class Machine {
  /** Epoch milliseconds, by which everything goes; only a test moves it. */
  now = Date.UTC(2026, 6, 1);
  readonly x: FakeX;
  readonly folder: string;
  store: SharedStore;
  readonly #windows: Window[] = [];
  readonly #toldBefore: Notice[] = [];

  constructor(kind: SharedStore['kind'], folder: string, x: FakeX) {
    this.store = sharedStore(kind);
    this.folder = folder;
    this.x = x;
  }

  open(how: WindowOptions = {}): Window {
    const surroundings = { folder: how.folder ?? this.folder, now: () => this.now, x: this.x };
    const window = new Window(surroundings, { secrets: this.store.open(), ...how });
    this.#windows.push(window);
    return window;
  }

  /** What people were told, in any window. */
  get notices(): readonly Notice[] {
    return [...this.#toldBefore, ...this.#windows.flatMap((window) => window.notices)];
  }

  /** Lets what is on its way in the store arrive, and every window see it and say what it has to say to it. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      await this.store.arrive();
      for (const window of this.#windows) await window.settle();
    }
  }

  /** A window that is no more. */
  forget(window: Window): void {
    this.#windows.splice(this.#windows.indexOf(window), 1);
    window.secrets.onDidChange = () => undefined;
    this.#toldBefore.push(...window.notices);
  }

  /** Under which keys SecretStorage has grants. */
  get storedGrants(): readonly string[] {
    return [...this.store.stored.keys()].filter((key) => key.startsWith('oauth2:'));
  }

  get refreshes(): number {
    return this.x.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'refresh_token').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.x.stop();
    // A window may still be writing something that nobody waits for.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function openMachine(kind: SharedStore['kind'] = 'desktop', options: FakeXOptions = {}): Promise<Machine> {
  let machine: Machine | undefined;
  const x = await startFakeX({ now: () => machine?.now ?? 0, ...options });
  machine = new Machine(kind, await mkdtemp(join(tmpdir(), 'x-authentication-')), x);
  return machine;
}

type RegisterParts = ConstructorParameters<typeof Register<'oauth2'>>[0];

export interface WindowOptions {
  readonly app?: App;
  /** Another machine's, which shares SecretStorage. */
  readonly folder?: string;
  /** How wrong this window's clock is, in milliseconds. */
  readonly clockSkewMs?: number;
  /** The machine's, unless told otherwise. */
  readonly secrets?: WindowSecrets;
  readonly fetch?: Fetch;
  readonly register?: (parts: RegisterParts) => Register<'oauth2'>;
  readonly locks?: Locks;
  readonly apiBaseUrl?: string;
}

/** What a window needs of the machine it runs on. */
export interface Surroundings {
  readonly folder: string;
  readonly now: () => number;
  readonly x: { readonly apiBaseUrl: string; readonly authorizationBaseUrl: string };
}

/** One window, its parts connected as in src/extension.ts. */
export class Window {
  readonly grants: Grants<'oauth2'>;
  readonly sessions: Sessions;
  readonly signIns: SignIns;
  readonly refresh: Refresh;
  readonly unfinished: UnfinishedWork;
  readonly clients: ClientSecrets;
  readonly secrets: WindowSecrets;
  readonly notices: Notice[] = [];
  onNotice: (notice: Notice) => void = () => undefined;
  readonly changes: GrantChanges[] = [];
  readonly logged: string[] = [];
  clockSkewMs: number;
  apiBaseUrl: string;
  readonly #app: App;
  readonly #baseUrls: BaseUrls;
  #pending: Promise<unknown> = Promise.resolve();

  constructor({ folder, now: machineNow, x }: Surroundings, how: WindowOptions & { readonly secrets: WindowSecrets }) {
    this.#app = how.app ?? NATIVE_APP;
    this.#baseUrls = { api: x.apiBaseUrl, authorization: x.authorizationBaseUrl };
    this.clockSkewMs = how.clockSkewMs ?? 0;
    this.apiBaseUrl = how.apiBaseUrl ?? x.apiBaseUrl;
    this.secrets = how.secrets;
    const now = (): number => machineNow() + this.clockSkewMs;
    const random = (): number => 0.5;
    const write = (message: string): void => void this.logged.push(message);
    const log = { debug: write, info: write, warn: write, error: write };
    const deps = {
      fetch: how.fetch ?? bounded((url, init) => fetch(url, init), REQUEST_TIMEOUT_MS),
      now,
      random,
      apiBaseUrl: () => this.apiBaseUrl,
      defaultClientId: () => this.#app.clientId,
    };
    const locks = how.locks ?? new FolderLocks(join(folder, 'locks'));
    const notify = (notice: Notice): void => {
      this.notices.push(notice);
      this.onNotice(notice);
    };
    const storeKey = new StoreKey({ secrets: this.secrets, hintPath: join(folder, 'manifest/key'), locks, now, log });
    const secrets = keyed(this.secrets, storeKey);
    const notes = new SealedNotes(join(folder, 'notes'));
    const register = how.register ?? ((parts) => new Register(parts));
    const words = {
      unnamed: (code: string) => `X account ${code}`,
      withApp: (name: string, shown: string) => `${name} (app ${shown})`,
    };
    this.clients = new ClientSecrets(secrets);
    const { grants, refresh, sessions, signIns, unfinished } = createOAuth2Sessions({
      grants: {
        records: new GrantRecords('oauth2', secrets, log, now),
        key: () => storeKey.get(),
        register: (key) => {
          const monotonicMs = (): number => performance.now();
          return register({ kind: 'oauth2', folder: join(folder, 'grants', idOf(key)), key, locks, monotonicMs });
        },
        manifest: new GrantManifest(join(folder, 'manifest/x')),
        isFirstToTell: (secret) => notes.writeFirst(secret, 'told:unreadable', {}).catch(() => true),
        apiBaseUrl: () => this.apiBaseUrl,
        onUnreadable: (count) => notify({ kind: 'unreadable', count }),
        onVanished: (vanished) => notify({ kind: 'vanished', labels: vanished }),
      },
      clients: this.clients,
      locks,
      label: (labelled) => {
        const grantsAt = (apiBaseUrl: string) => labelled.listOf(apiBaseUrl);
        const labels = new Labels({ folder: join(folder, 'labels'), providerId: 'x', grantsAt, log });
        return labelGrants((...claim) => labels.claim(...claim), deps.defaultClientId, words);
      },
      deps,
      notify,
      log,
    });
    this.grants = grants;
    this.refresh = refresh;
    this.sessions = sessions;
    this.signIns = signIns;
    this.unfinished = unfinished;
    grants.onDidChange((change) => void this.changes.push(change));
    this.secrets.onDidChange = (key) => {
      this.#pending = Promise.all([this.#pending, grants.storedRecordChanged(key)]);
    };
  }

  /** Sees what was stored and noted elsewhere. */
  async settle(): Promise<void> {
    await this.#pending;
    await this.grants.catchUp();
  }

  /** Signs in as a person would who clicks through the consent page. */
  async signIn(
    scopes: readonly string[] = ['tweet.read', 'users.read'],
    as = 'ada',
    app = this.#app,
  ): Promise<OAuth2Grant> {
    await this.grants.ready();
    if (app.clientSecret !== undefined) await this.setSecret(app.clientId, app.clientSecret);
    const request = {
      redirectUri: app.redirectUris[0] ?? '',
      scopes: await this.sessions.scopesFor(scopes, { apiBaseUrl: this.#baseUrls.api, clientId: app.clientId }),
      state: newState(),
      verifier: newVerifier(),
    };
    const endpoints = oauth2Endpoints(this.#baseUrls);
    const url = await authorizationUrl(endpoints, { clientId: app.clientId }, request);
    const { location, text } = await clickThrough(url, { as, decision: 'authorize' });
    if (location === undefined) throw new Error(text);
    const grant = await this.signIns.finish(
      { apiBaseUrl: this.#baseUrls.api, clientId: app.clientId },
      request,
      new URL(location).searchParams,
      async () => false,
    );
    this.sessions.sessionOf(grant, scopes);
    return grant;
  }

  /** What a person does who is asked for the secret of an app. */
  async setSecret(clientId: string, secret: string | undefined): Promise<void> {
    await this.clients.setSecret({ apiBaseUrl: this.#baseUrls.api, clientId }, secret);
  }

  /** What `getSession` gives an extension: the first session. */
  async session(scopes: readonly string[] = ['tweet.read'], accountId?: string): Promise<Session | undefined> {
    return (await this.sessions.matching(scopes, accountId))[0];
  }
}

/** Whether X takes a token now. */
export function works(machine: Machine, session: Session | OAuth2Grant | undefined): boolean {
  return session !== undefined && machine.x.grants.isLive(session.accessToken);
}
