import { join } from 'node:path';
import { bounded } from '../../../../src/oauth/http.ts';
import { verifierOf, type SigningDeps } from '../../../../src/oauth/oauth1Flow.ts';
import { newNonce, type Consumer } from '../../../../src/oauth/oauth1Signature.ts';
import type { AppOnlyGrant, GrantBase, GrantOf, OAuth1Grant } from '../../../../src/sessions/grant.ts';
import { Labels, labelsWithApp } from '../../../../src/sessions/labels.ts';
import { fingerprint, StaticSessions } from '../../../../src/sessions/staticSessions.ts';
import type { Notice } from '../../../../src/sessions/notice.ts';
import { revokeOAuth1 } from '../../../../src/sessions/revokeOAuth1.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { SealedNotes } from '../../../../src/ipc/sealedNotes.ts';
import { Grants } from '../../../../src/sessions/store/grants.ts';
import { GrantManifest } from '../../../../src/sessions/store/grantManifest.ts';
import { GrantRecords } from '../../../../src/sessions/store/grantRecords.ts';
import { Register } from '../../../../src/sessions/store/register.ts';
import { idOf, keyed, StoreKey } from '../../../../src/sessions/store/storeKey.ts';
import { appOnlyBearer } from '../../../../src/x/appOnly.ts';
import { accessToken, authorizationUrl, requestToken, type AccessType } from '../../../../src/x/oauth1.ts';
import { type App, NATIVE_APP } from 'x-authentication-testing';
import type { WindowSecrets } from './stores.ts';
import type { Machine } from './window.ts';
import type { GrantChanges } from '../../../../src/sessions/store/grantChanges.ts';

/** What one window has of provider `x-oauth1` or `x-app`, its parts connected as in src/extension.ts. */
class StaticWindow<Kind extends 'oauth1' | 'app-only'> {
  readonly sessions: StaticSessions<Kind>;
  readonly grants: Grants<Kind>;
  readonly secrets: WindowSecrets;
  readonly notices: Notice[] = [];
  readonly changes: GrantChanges[] = [];
  readonly logged: string[] = [];
  readonly #heard: Promise<void>[] = [];
  protected readonly machine: Machine;
  protected readonly deps: SigningDeps;

  constructor(
    kind: Kind,
    machine: Machine,
    secrets: WindowSecrets,
    revoke?: (grant: GrantOf<Kind>, replacedBy: GrantOf<Kind> | undefined, deps: SigningDeps) => Promise<void>,
  ) {
    const now = (): number => machine.now;
    const write = (message: string): void => void this.logged.push(message);
    const log = { debug: write, info: write, warn: write, error: write };
    const notify = (notice: Notice): void => void this.notices.push(notice);
    this.machine = machine;
    this.secrets = secrets;
    this.deps = { fetch: bounded(fetch, 10_000), now, nonce: newNonce };
    const { folder } = machine;
    const locks = new FolderLocks(join(folder, 'locks'));
    const storeKey = new StoreKey({ secrets, hintPath: join(folder, 'manifest/key'), locks, now, log });
    const notes = new SealedNotes(join(folder, 'notes'));
    this.grants = new Grants({
      records: new GrantRecords(kind, keyed(secrets, storeKey), log, now),
      key: () => storeKey.get(),
      register: (key) => {
        const monotonicMs = (): number => performance.now();
        return new Register({ kind, folder: join(folder, 'grants', idOf(key), kind), key, locks, monotonicMs });
      },
      manifest: new GrantManifest(join(folder, 'manifest', kind)),
      isFirstToTell: (secret) => notes.writeFirst(secret, 'told:unreadable', {}).catch(() => true),
      log,
      apiBaseUrl: () => machine.x.apiBaseUrl,
      onUnreadable: (count) => notify({ kind: 'unreadable', count }),
      onVanished: (vanished) => notify({ kind: 'vanished', labels: vanished }),
      onOrphan: () => undefined,
    });
    this.grants.onDidChange((change) => void this.changes.push(change));
    secrets.onDidChange = (key) => void this.#heard.push(this.grants.storedRecordChanged(key));
    const labels = new Labels({
      folder: join(machine.folder, 'labels'),
      providerId: kind,
      grantsAt: (server) => this.grants.listOf(server),
      log,
    });
    this.sessions = new StaticSessions({
      grants: this.grants,
      claimLabel: (...claim) => labels.claim(...claim),
      ...(revoke && { revoke: (grant, replacedBy) => revoke(grant, replacedBy, this.deps) }),
      now,
      notify,
      log,
    });
  }

  /** Lets what was written arrive in the store, and this window do what VS Code's event sets off. */
  async hears(): Promise<void> {
    await this.machine.store.arrive();
    await Promise.all(this.#heard);
  }
}

export class OAuth1Window extends StaticWindow<'oauth1'> {
  constructor(machine: Machine, secrets = machine.store.open()) {
    super('oauth1', machine, secrets, revokeOAuth1);
  }

  /** Signs in as a person would who clicks through the consent page. */
  async signIn(
    as = 'ada',
    { app = NATIVE_APP, accessType }: { app?: App; accessType?: AccessType } = {},
  ): Promise<OAuth1Grant> {
    const { apiBaseUrl } = this.machine.x;
    const consumer: Consumer = { key: app.apiKey, secret: app.apiSecret };
    const temporary = await requestToken(apiBaseUrl, consumer, app.redirectUris[0] ?? '', { accessType }, this.deps);
    const back = await this.machine.x.consent(authorizationUrl(apiBaseUrl, temporary), { as, decision: 'authorize' });
    const verifier = verifierOf(temporary, new URL(back).searchParams);
    const { token, user } = await accessToken(apiBaseUrl, consumer, temporary, verifier, this.deps);
    return this.sessions.keep({
      apiBaseUrl,
      appKey: consumer.key,
      account: { id: user?.id ?? '' },
      labels: () => plainFirst(`@${user?.username}`, consumer.key),
      toGrant: (rest) => ({ kind: 'oauth1', consumer, token, ...rest }),
      readOnly: accessType === 'read',
    });
  }
}

export class AppOnlyWindow extends StaticWindow<'app-only'> {
  constructor(machine: Machine, secrets = machine.store.open()) {
    super('app-only', machine, secrets);
  }

  /** Adds an app's bearer, got for its API key and secret. */
  async add(app = NATIVE_APP, label = app.name): Promise<AppOnlyGrant> {
    const { apiBaseUrl } = this.machine.x;
    const bearer = await appOnlyBearer(apiBaseUrl, { key: app.apiKey, secret: app.apiSecret }, this.deps);
    const account = { id: fingerprint(app.apiKey) };
    const toGrant = (rest: GrantBase): AppOnlyGrant => ({ kind: 'app-only', bearer, ...rest });
    const labels = () => plainFirst(label, app.apiKey);
    return this.sessions.keep({ apiBaseUrl, appKey: app.apiKey, account, labels, toGrant });
  }
}

function* plainFirst(name: string, apiKey: string): Iterable<string> {
  yield name;
  yield* labelsWithApp(apiKey, 6, (key) => `${name} (app with API Key ${key})`);
}
