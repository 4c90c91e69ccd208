import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type * as vscode from 'vscode';
import type { XAuthentication } from '../../../src/api/x-authentication.d.ts';
import { clickThrough, NATIVE_APP, type FakeX } from 'x-authentication-testing';
import { Disposable, EventEmitter, serve, type StubbedEditor, Uri } from './vscodeStub.ts';
import { errnoCode } from '../../../src/ipc/fileErrors.ts';
import { freePort } from '../../host/freePort.ts';
import manifest from '../../../package.json' with { type: 'json' };

const STUB = new URL('./vscodeStub.ts', import.meta.url).href;
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' ? { url: STUB, format: 'module', shortCircuit: true } : next(specifier, context),
});

/** A message that was shown, with what a person can click. */
export interface Shown {
  readonly severity: 'information' | 'warning' | 'error';
  readonly text: string;
  readonly modal: boolean;
  readonly detail: string | undefined;
  readonly buttons: readonly string[];
  /** Clicks a button, or closes the message. */
  readonly choose: (button?: string) => void;
}

/** A notification that tells of something under way. */
export interface Progress extends vscode.Progress<{ message?: string }> {
  readonly title: string;
  /** What it said, the newest last. */
  readonly messages: string[];
  isOver: boolean;
  readonly cancel: () => void;
}

/** A list to choose from, as the person sees it. */
export interface Pick {
  readonly title: string;
  readonly placeHolder: string;
  readonly items: readonly vscode.QuickPickItem[];
}

type Scopes = readonly string[];

/**
 * A desktop editor in plain Node with the real `activate()` in it. VS Code's side of authentication decides as VS Code's own
 * (`MainThreadAuthentication.doGetSession`): a permission is for a provider, the *label* of an account, and an extension.
 */
export class Editor implements StubbedEditor {
  uriScheme = 'vscode';
  clipboard = '';
  uriHandler: vscode.UriHandler | undefined;
  readonly settings = new Map<string, unknown>();
  readonly commands = new Map<string, (...args: readonly unknown[]) => unknown>();
  readonly configurationChanged = new EventEmitter<{ affectsConfiguration(name: string): boolean }>();
  /** What `asExternalUri` makes of an address, where it is not that of a desktop. */
  externalUri: ((uri: string) => string) | undefined;
  readonly log: string[] = [];
  readonly statusBar: string[] = [];
  readonly messages: Shown[] = [];
  readonly progress: Progress[] = [];
  readonly picked: Pick[] = [];
  /** What boxes said of what was typed into them. */
  readonly corrected: string[] = [];
  /** What was opened outside of the editor. */
  readonly opened: string[] = [];
  /** What the session events of each provider said. */
  readonly sessionEvents: (vscode.AuthenticationProviderAuthenticationSessionsChangeEvent & { provider: string })[] =
    [];
  /** The dialogs of VS Code's own that a person saw. */
  readonly asked: string[] = [];
  secrets = new Map<string, string>();
  /** What a person does with a page of X in the browser; by default Ada says yes. */
  browse: (url: string) => Promise<unknown> = (url) => this.consent(url);
  /** What a person chooses from a list; undefined closes it. */
  choose: (pick: Pick) => string | undefined = () => undefined;
  /** What a person types into a box; undefined closes it. */
  type: (title: string, prompt: string) => string | undefined = () => undefined;
  /** Whether a person lets an extension have a session when VS Code asks. */
  allows = true;
  folder: string;
  readonly x: FakeX;
  #activated: XAuthentication | undefined;
  /** Folders of windows that are no more. */
  readonly #left: string[] = [];
  readonly #subscriptions: { dispose(): unknown }[] = [];
  readonly #providers = new Map<string, { readonly label: string; readonly provider: vscode.AuthenticationProvider }>();
  readonly #permissions = new Set<string>();
  readonly #preferences = new Map<string, string>();
  #profile = 'Default';
  #memento = new Map<string, unknown>();
  readonly #mementos = new Map<string, Map<string, unknown>>();
  readonly #secretChanged = new EventEmitter<{ key: string }>();

  constructor(folder: string, x: FakeX) {
    this.folder = folder;
    this.x = x;
  }

  /** What `activate()` returned. */
  get api(): XAuthentication {
    if (this.#activated === undefined) throw new Error('The extension is not active.');
    return this.#activated;
  }

  /** The text of all that a person was shown, and of the log. */
  get everythingSaid(): string {
    const shown = this.messages.flatMap(({ text, detail, buttons }) => [text, detail ?? '', ...buttons]);
    const under = this.progress.flatMap(({ title, messages }) => [title, ...messages]);
    return [...shown, ...under, ...this.statusBar, ...this.log].join('\n');
  }

  async activate(): Promise<void> {
    serve(this);
    const { activate } = await import('../../../src/extension.ts');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.#activated = activate(this.#context() as unknown as vscode.ExtensionContext);
  }

  /** Closes the window as VS Code does. What it does when `deactivate` has ended comes to nothing: its process is no more. */
  async deactivate(): Promise<void> {
    const { deactivate } = await import('../../../src/extension.ts');
    await deactivate();
    const next = mkdtempSync(join(tmpdir(), 'x-editor-'));
    copyFolder(this.folder, next);
    this.#left.push(this.folder);
    this.folder = next;
    this.secrets = new Map(this.secrets);
  }

  /** Opens it again. */
  async reload(): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) await subscription.dispose();
    await this.activate();
  }

  /** Another extension, as VS Code tells them apart: by id. */
  extension(id: string): OtherExtension {
    return {
      getSession: (providerId, scopes, options = {}) => this.#getSession(id, providerId, scopes, options),
      getAccounts: async (providerId) =>
        (await this.#provider(providerId).getSessions(undefined, {})).map(({ account }) => account),
    };
  }

  /** Takes an account's permission away from an extension, as **Manage Trusted Extensions** does. */
  distrust(id: string, providerId: string, label: string): void {
    this.#permissions.delete(`${providerId} ${label} ${id}`);
  }

  /** Signs out as the Accounts menu does: every session that has the label, and the permissions with it. */
  async signOut(providerId: string, label: string): Promise<void> {
    const provider = this.#provider(providerId);
    for (const session of await provider.getSessions(undefined, {})) {
      if (session.account.label === label) await provider.removeSession(session.id);
    }
    for (const permission of this.#permissions) {
      if (permission.startsWith(`${providerId} ${label} `)) this.#permissions.delete(permission);
    }
  }

  /**
   * Opens the window again in another profile. VS Code keeps secrets and permissions for all of them (`StorageScope.APPLICATION`), a
   * memento for each (`PROFILE`), and the folder of the default one (`globalStorageHome`).
   */
  async inProfile(name: string): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) await subscription.dispose();
    this.#mementos.set(this.#profile, this.#memento);
    this.#profile = name;
    this.#memento = this.#mementos.get(name) ?? new Map();
    await this.activate();
  }

  /** Stores a secret as another window does. */
  async stores(key: string, value: string): Promise<void> {
    this.secrets.set(key, value);
    this.#secretChanged.fire({ key });
  }

  setting(name: string): unknown {
    if (this.settings.has(name)) return this.settings.get(name);
    const { properties } = manifest.contributes.configuration;
    const known: Readonly<Record<string, { readonly default?: unknown } | undefined>> = properties;
    return known[name]?.default;
  }

  set(name: string, value: unknown): void {
    this.settings.set(name, value);
    this.configurationChanged.fire({
      affectsConfiguration: (section) => name === section || name.startsWith(`${section}.`),
    });
  }

  /** Runs a command; those of VS Code itself do nothing. */
  async run(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.commands.get(name)?.(...args);
  }

  /** Opens an address of the editor, as the system does for a browser. */
  async open(uri: string): Promise<void> {
    await this.uriHandler?.handleUri(vscodeUri(uri));
  }

  /** Goes through X's consent page and back, as a browser does that follows redirects to this machine. */
  async consent(url: string, as = 'ada', decision: 'authorize' | 'cancel' = 'authorize'): Promise<void> {
    if (!url.startsWith(this.x.authorizationBaseUrl) && !url.startsWith(this.x.apiBaseUrl)) return;
    const { location } = await clickThrough(url, { as, decision });
    if (location !== undefined) await this.follow(location);
  }

  /** Registers this editor's callback URL with every app of a server. */
  registerAt(server: FakeX): void {
    const uri = `http://127.0.0.1:${String(this.setting('xAuthentication.loopbackPort'))}/callback`;
    for (const { clientId, redirectUris } of server.apps) {
      server.changeApp(clientId, { redirectUris: [...redirectUris.slice(0, 3), uri] });
    }
  }

  /** Goes where X sends the browser. */
  async follow(location: string): Promise<void> {
    if (location.startsWith('http://127.0.0.1')) await navigate(location);
    else await this.open(location);
  }

  opens(url: string): boolean {
    this.opened.push(url);
    void this.browse(url);
    return true;
  }

  shows(severity: Shown['severity'], text: string, rest: readonly unknown[]): Promise<string | undefined> {
    const { modal = false, detail } = rest.find(isOptions) ?? {};
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const buttons = rest.filter((button) => typeof button === 'string');
    this.messages.push({ severity, text, modal, detail, buttons, choose: resolve });
    return promise;
  }

  progresses(title: string, cancel: () => void): Progress {
    const messages: string[] = [];
    const report = ({ message }: { message?: string }): void => void (message !== undefined && messages.push(message));
    const progress: Progress = { title, messages, isOver: false, cancel, report };
    this.progress.push(progress);
    return progress;
  }

  async picks(items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions): Promise<unknown> {
    const pick = { title: options.title ?? '', placeHolder: options.placeHolder ?? '', items };
    this.picked.push(pick);
    const label = this.choose(pick);
    const chosen = items.filter((item) => item.label === label);
    return options.canPickMany === true && chosen.length > 0 ? chosen : chosen[0];
  }

  async types(title: string, prompt: string): Promise<string | undefined> {
    return this.type(title, prompt);
  }

  /** Resolves as soon as `found` is true; gives up before mocha does. */
  async until(found: () => boolean, what: string): Promise<void> {
    const startedAt = performance.now();
    while (!found()) {
      if (performance.now() - startedAt > 15_000) throw new Error(`It never happened: ${what}\n${this.everythingSaid}`);
      await turn();
    }
  }

  registerProvider(id: string, label: string, provider: vscode.AuthenticationProvider): Disposable {
    this.#providers.set(id, { label, provider });
    provider.onDidChangeSessions((event) => void this.sessionEvents.push({ ...event, provider: id }));
    return new Disposable(() => this.#providers.delete(id));
  }

  #provider(id: string): vscode.AuthenticationProvider {
    const found = this.#providers.get(id);
    if (found === undefined) throw new Error(`Timed out waiting for authentication provider '${id}' to register.`);
    return found.provider;
  }

  async #getSession(
    id: string,
    providerId: string,
    scopes: Scopes,
    { createIfNone, forceNewSession, silent, clearSessionPreference, account }: vscode.AuthenticationGetSessionOptions,
  ): Promise<vscode.AuthenticationSession | undefined> {
    const provider = this.#provider(providerId);
    const sessions = await provider.getSessions(scopes, account ? { account } : {});
    const preferenceKey = `${id} ${providerId} ${scopes.join(' ')}`;
    if (clearSessionPreference === true) this.#preferences.delete(preferenceKey);
    const preference = this.#preferences.get(preferenceKey);
    const preferred = account ? sessions[0] : sessions.find((session) => session.account.label === preference);
    const mayUse = ({ account: { label } }: vscode.AuthenticationSession): boolean =>
      this.#permissions.has(`${providerId} ${label} ${id}`);

    if (createIfNone !== undefined || forceNewSession !== undefined) {
      if (preferred && forceNewSession === undefined && mayUse(preferred)) return preferred;
      this.asked.push(`${id} wants to sign in with ${providerId}`);
      if (!this.allows) throw new Error('User did not consent to login.');
      const [first] = sessions;
      const session =
        first !== undefined && forceNewSession === undefined
          ? (preferred ?? first)
          : await provider.createSession(scopes, account ? { account } : {});
      this.#permissions.add(`${providerId} ${session.account.label} ${id}`);
      this.#preferences.set(preferenceKey, session.account.label);
      return session;
    }
    if (preferred) {
      if (mayUse(preferred)) return preferred;
    } else {
      const allowed = sessions.filter(mayUse);
      if (allowed.length === 1) return allowed[0];
    }
    if (silent !== true) this.asked.push(`badge: ${id} ${providerId}`);
    return undefined;
  }

  #context(): object {
    const { secrets, folder } = this;
    return {
      subscriptions: this.#subscriptions,
      extensionUri: Uri.file(PROJECT),
      globalStorageUri: Uri.file(folder),
      globalState: {
        get: (key: string) => this.#memento.get(key),
        update: async (key: string, value: unknown) => void this.#memento.set(key, value),
      },
      extension: { packageJSON: manifest, extensionKind: 1, extensionUri: Uri.file(PROJECT) },
      secrets: {
        get: async (key: string) => secrets.get(key),
        store: async (key: string, value: string) => {
          secrets.set(key, value);
          this.#secretChanged.fire({ key });
        },
        delete: async (key: string) => {
          secrets.delete(key);
          this.#secretChanged.fire({ key });
        },
        keys: async () => [...secrets.keys()],
        onDidChange: this.#secretChanged.event,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.dispose();
    serve(undefined);
    for (const folder of [...this.#left, this.folder])
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What an extension can do with the providers of others. */
export interface OtherExtension {
  getSession(
    providerId: string,
    scopes: Scopes,
    options?: vscode.AuthenticationGetSessionOptions,
  ): Promise<vscode.AuthenticationSession | undefined>;
  getAccounts(providerId: string): Promise<readonly vscode.AuthenticationSessionAccountInformation[]>;
}

/** Starts an editor that is set up for an app at this X, with a loopback port of its own that the app knows. */
export async function startEditor(x: FakeX, settings: Readonly<Record<string, unknown>> = {}): Promise<Editor> {
  const editor = new Editor(await mkdtemp(join(tmpdir(), 'x-editor-')), x);
  const port = await freePort();
  const given = {
    clientId: NATIVE_APP.clientId,
    apiBaseUrl: x.apiBaseUrl,
    authorizationBaseUrl: x.authorizationBaseUrl,
    signInMethod: 'loopback',
    loopbackPort: port,
    ...settings,
  };
  for (const [name, value] of Object.entries(given)) editor.settings.set(`xAuthentication.${name}`, value);
  editor.registerAt(x);
  await editor.activate();
  return editor;
}

/** An extension that a person has let use the account that they sign in with at X. */
export async function signedIn(
  editor: Editor,
  id: string,
  scopes: Scopes,
  as = 'ada',
): Promise<vscode.AuthenticationSession> {
  const { browse } = editor;
  editor.browse = (url) => editor.consent(url, as);
  const session = await editor.extension(id).getSession('x', scopes, { forceNewSession: true });
  editor.browse = browse;
  if (session === undefined) throw new Error('There is no session.');
  return session;
}

/** Where a browser has ended up. */
export interface Visited {
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

/**
 * Goes to an address as a browser does when a person follows a link, and on to where that redirects. Not by `fetch`, which says
 * that it does not navigate, whatever headers it is given.
 */
export async function navigate(url: string): Promise<Visited> {
  const { status, location, body } = await getOnce(url);
  return location === undefined ? { url, status, body } : navigate(location);
}

/** One step of {@link navigate}. */
export async function getOnce(url: string): Promise<Omit<Visited, 'url'> & { readonly location: string | undefined }> {
  const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' };
  const sent = get(url, { headers, agent: false });
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) throw new Error('There is no response.');
  const { location } = response.headers;
  return {
    status: response.statusCode ?? 0,
    location: location === undefined ? undefined : new URL(location, url).href,
    body: await readText(response),
  };
}

/** Does something so many milliseconds later, by the clock that the extension goes by. */
export async function later<T>(ms: number, action: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now.call(Date) + ms;
  try {
    return await action();
  } finally {
    Date.now = now;
  }
}

/** Without a turn of the event loop, in which the extension would go on; what file operations under way take away meanwhile is gone. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) copyFolder(source, target);
      else copyFileSync(source, target);
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
  }
}

function isOptions(value: unknown): value is vscode.MessageOptions {
  return typeof value === 'object' && value !== null;
}

function vscodeUri(text: string): vscode.Uri {
  const uri: unknown = Uri.parse(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return uri as vscode.Uri;
}
