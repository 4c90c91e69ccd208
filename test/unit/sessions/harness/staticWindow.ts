import { join } from 'node:path';
import { bounded } from '../../../../src/oauth/http.ts';
import { verifierOf, type World } from '../../../../src/oauth/oauth1Flow.ts';
import { newNonce, type Consumer } from '../../../../src/oauth/oauth1Signature.ts';
import type { Grant } from '../../../../src/sessions/grant.ts';
import { Labels, labelsWithApp } from '../../../../src/sessions/labels.ts';
import { fingerprint, StaticSessions } from '../../../../src/sessions/staticSessions.ts';
import type { Notice } from '../../../../src/sessions/notice.ts';
import { writeOAuth1Credentials } from '../../../../src/sessions/store/oauth1Credentials.ts';
import { revokeOAuth1 } from '../../../../src/sessions/revokeOAuth1.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { SealedNotes } from '../../../../src/ipc/sealedNotes.ts';
import { Grants, type GrantChanges } from '../../../../src/sessions/store/grants.ts';
import { GrantManifest } from '../../../../src/sessions/store/grantManifest.ts';
import { GrantRecords } from '../../../../src/sessions/store/grantRecords.ts';
import { Register } from '../../../../src/sessions/store/register.ts';
import { idOf, keyed, StoreKey } from '../../../../src/sessions/store/storeKey.ts';
import { appOnlyBearer } from '../../../../src/x/appOnly.ts';
import { accessToken, authorizationUrl, requestToken, type AccessType } from '../../../../src/x/oauth1.ts';
import { type App, NATIVE_APP } from 'x-authentication-testing';
import type { WindowSecrets } from './stores.ts';
import type { Machine } from './window.ts';

/** What one window has of provider `x-oauth1` or `x-app`, its parts connected as in src/extension.ts. */
class LastingWindow {
  readonly sessions: StaticSessions;
  readonly grants: Grants;
  readonly secrets: WindowSecrets;
  readonly notices: Notice[] = [];
  readonly changes: GrantChanges[] = [];
  readonly logged: string[] = [];
  readonly #heard: Promise<void>[] = [];
  protected readonly machine: Machine;
  protected readonly world: World;

  constructor(machine: Machine, prefix: string, revocable: boolean, secrets: WindowSecrets) {
    const now = (): number => machine.now;
    const write = (message: string): void => void this.logged.push(message);
    const log = { debug: write, info: write, warn: write, error: write };
    const notify = (notice: Notice): void => void this.notices.push(notice);
    const revoke = (grant: Grant, replacedBy?: Grant): Promise<void> => revokeOAuth1(grant, replacedBy, this.world);
    this.machine = machine;
    this.secrets = secrets;
    this.world = { fetch: bounded(fetch, 10_000), now, nonce: newNonce };
    const { folder } = machine;
    const locks = new FolderLocks(join(folder, 'locks'));
    const storeKey = new StoreKey({ secrets, hintPath: join(folder, 'manifest/key'), locks, now, log });
    const notes = new SealedNotes(join(folder, 'notes'));
    const provider = prefix.replace(':', '');
    this.grants = new Grants({
      records: new GrantRecords(keyed(secrets, storeKey), log, now, prefix),
      key: () => storeKey.get(),
      register: (key) => {
        const monotonicMs = (): number => performance.now();
        return new Register({ folder: join(folder, 'grants', idOf(key), provider), key, locks, monotonicMs });
      },
      manifest: new GrantManifest(join(folder, 'manifest', provider)),
      isFirstToTell: (secret) => notes.writeFirst(secret, 'told:unreadable', {}).catch(() => true),
      log,
      apiBaseUrl: () => machine.x.apiBaseUrl,
    });
    this.grants.onUnreadable = (count) => notify({ kind: 'unreadable', count });
    this.grants.onVanished = (vanished) => notify({ kind: 'vanished', labels: vanished });
    this.grants.onDidChange((change) => void this.changes.push(change));
    secrets.onDidChange = (key) => void this.#heard.push(this.grants.storedRecordChanged(key));
    const labels = new Labels({
      folder: join(machine.folder, 'labels'),
      providerId: prefix,
      grantsAt: (server) => this.grants.listOf(server),
      log,
    });
    this.sessions = new StaticSessions({
      grants: this.grants,
      claimLabel: (...claim) => labels.claim(...claim),
      ...(revocable && { revoke }),
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

export class OAuth1Window extends LastingWindow {
  constructor(machine: Machine, secrets = machine.store.open()) {
    super(machine, 'oauth1:', true, secrets);
  }

  /** Signs in as a person would who clicks through the consent page. */
  async signIn(
    as = 'ada',
    { app = NATIVE_APP, accessType }: { app?: App; accessType?: AccessType } = {},
  ): Promise<Grant> {
    const { apiBaseUrl } = this.machine.x;
    const consumer: Consumer = { key: app.apiKey, secret: app.apiSecret };
    const temporary = await requestToken(apiBaseUrl, consumer, app.redirectUris[0] ?? '', { accessType }, this.world);
    const back = await this.machine.x.consent(authorizationUrl(apiBaseUrl, temporary), { as, decision: 'authorize' });
    const verifier = verifierOf(temporary, new URL(back).searchParams);
    const { token, user } = await accessToken(apiBaseUrl, consumer, temporary, verifier, this.world);
    return this.sessions.keep({
      apiBaseUrl,
      appKey: consumer.key,
      account: { id: user?.id ?? '' },
      labels: () => plainFirst(`@${user?.username}`, consumer.key),
      secret: writeOAuth1Credentials(consumer, token),
      readOnly: accessType === 'read',
    });
  }
}

export class AppOnlyWindow extends LastingWindow {
  constructor(machine: Machine, secrets = machine.store.open()) {
    super(machine, 'app:', false, secrets);
  }

  /** Adds an app's bearer, got for its API key and secret. */
  async add(app = NATIVE_APP, label = app.name): Promise<Grant> {
    const { apiBaseUrl } = this.machine.x;
    const bearer = await appOnlyBearer(apiBaseUrl, { key: app.apiKey, secret: app.apiSecret }, this.world);
    const account = { id: fingerprint(app.apiKey) };
    const labels = () => plainFirst(label, app.apiKey);
    return this.sessions.keep({ apiBaseUrl, appKey: app.apiKey, account, labels, secret: bearer });
  }
}

function* plainFirst(name: string, apiKey: string): Iterable<string> {
  yield name;
  yield* labelsWithApp(apiKey, 6, (key) => `${name} (app with API Key ${key})`);
}
