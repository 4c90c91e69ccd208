import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { FolderLocks } from '../ipc/folderLocks.ts';
import type { Locks } from '../ipc/locks.ts';
import type { SealedNotes } from '../ipc/sealedNotes.ts';
import { bounded, type HttpDeps } from '../oauth/http.ts';
import { ClientSecrets } from '../sessions/store/clientSecrets.ts';
import type { Secrets } from '../sessions/store/grantRecords.ts';
import { keyed, StoreKey } from '../sessions/store/storeKey.ts';
import { settings } from './settings.ts';

/** Long enough for a slow answer, because what X has sent and nobody has read is lost. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Where windows keep what they share, below `globalStorageUri`. */
type Folders = Readonly<Record<'notes' | 'locks' | 'labels' | 'grants' | 'manifest', string>>;

/** The outside, as all that runs without VS Code is given it. */
interface PlatformDeps extends HttpDeps {
  readonly random: () => number;
  readonly apiBaseUrl: () => string;
  /** The client id that requests without one are for; empty when none is set. */
  readonly defaultClientId: () => string;
}

/** What the providers of this window share. */
export interface Platform {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly deps: PlatformDeps;
  readonly folders: Folders;
  readonly folderLocks: () => Promise<FolderLocks>;
  readonly locks: Locks;
  readonly notes: () => Promise<SealedNotes>;
  readonly storeKey: StoreKey;
  /** SecretStorage, for those who may write to it. */
  readonly secrets: Secrets;
  readonly clients: ClientSecrets;
  /** For work that nobody waits for: what goes wrong with it is logged. */
  readonly logged: (work: Promise<unknown>) => void;
}

/** Finds out where this window keeps things and whom it asks. Waits for nothing, reads no secret and uses no network. */
export function createPlatform(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Platform {
  const folders = foldersOf(context);
  const now = (): number => Date.now();
  let loaded: Promise<FolderLocks> | undefined;
  const folderLocks = (): Promise<FolderLocks> =>
    (loaded ??= import('../ipc/folderLocks.ts').then((module) => new module.FolderLocks(folders.locks)));
  const locks: Locks = {
    withLock: async (name, waiting, action) => (await folderLocks()).withLock(name, waiting, action),
  };
  let notes: Promise<SealedNotes> | undefined;
  const hintPath = join(folders.manifest, 'key');
  const storeKey = new StoreKey({ secrets: context.secrets, hintPath, locks, now, log });
  const secrets = keyed(context.secrets, storeKey);
  return {
    context,
    log,
    deps: {
      // The global one, asked for at every request: only that honours VS Code's proxy and certificates.
      fetch: bounded((url, init) => fetch(url, init), REQUEST_TIMEOUT_MS),
      now,
      random: () => Math.random(),
      apiBaseUrl: () => settings.apiBaseUrl(),
      // One that can't be used has no sessions; signing in then says what is wrong with it.
      defaultClientId: () => settings.clientIdAsWritten(),
    },
    folders,
    folderLocks,
    locks,
    notes: () => (notes ??= import('../ipc/sealedNotes.ts').then((module) => new module.SealedNotes(folders.notes))),
    storeKey,
    secrets,
    clients: new ClientSecrets(secrets),
    logged: (work) => void work.catch((error: unknown) => log.error(String(error))),
  };
}

function foldersOf(context: vscode.ExtensionContext): Folders {
  const installId = installIdOf(context);
  const folder = (...names: readonly string[]): string => join(context.globalStorageUri.fsPath, ...names);
  return {
    grants: folder('grants'),
    notes: folder('notes'),
    locks: folder('locks'),
    labels: folder('labels', installId),
    manifest: folder('manifest', installId),
  };
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
