import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as vscode from 'vscode';

/** What an editor does when the extension calls VS Code. */
export interface StubbedEditor {
  readonly uriScheme: string;
  readonly externalUri: ((uri: string) => string) | undefined;
  clipboard: string;
  uriHandler: vscode.UriHandler | undefined;
  readonly settings: ReadonlyMap<string, unknown>;
  readonly configurationChanged: EventEmitter<{ affectsConfiguration(name: string): boolean }>;
  readonly commands: Map<string, (...args: readonly unknown[]) => unknown>;
  readonly log: string[];
  readonly statusBar: string[];
  readonly corrected: string[];
  setting(name: string): unknown;
  set(name: string, value: unknown): void;
  run(command: string, ...args: readonly unknown[]): Promise<unknown>;
  opens(url: string): boolean;
  registerProvider(id: string, label: string, provider: vscode.AuthenticationProvider): Disposable;
  shows(severity: 'information' | 'warning' | 'error', text: string, rest: readonly unknown[]): Promise<unknown>;
  progresses(title: string, cancel: () => void): vscode.Progress<{ message?: string }> & { isOver: boolean };
  picks(items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions): Promise<unknown>;
  types(title: string, prompt: string): Promise<string | undefined>;
}

/**
 * What `import 'vscode'` finds in plain Node: as much of VS Code's API as the extension uses. It acts on the editor that was
 * started last, since VS Code has one extension host for each window, too.
 */
let current: StubbedEditor | undefined;

export function serve(started: StubbedEditor | undefined): void {
  current = started;
}

function editor(): StubbedEditor {
  if (current === undefined) throw new Error('No editor was started.');
  return current;
}

export class Disposable {
  readonly #dispose: () => unknown;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...all: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }

  dispose(): void {
    this.#dispose();
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(event: T) => unknown>();

  readonly event = (listener: (event: T) => unknown): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };

  fire(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export class CancellationTokenSource {
  readonly #cancelled = new EventEmitter<void>();
  readonly token = { isCancellationRequested: false, onCancellationRequested: this.#cancelled.event };

  cancel(): void {
    this.token.isCancellationRequested = true;
    this.#cancelled.fire();
  }

  dispose(): void {
    this.#cancelled.dispose();
  }
}

interface UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** A URI taken apart and put together again, as much as the extension does of that. */
export class Uri implements UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;

  private constructor(parts: Partial<UriParts>) {
    this.scheme = parts.scheme ?? '';
    this.authority = parts.authority ?? '';
    this.path = parts.path ?? '';
    this.query = parts.query ?? '';
    this.fragment = parts.fragment ?? '';
  }

  static from(parts: Partial<UriParts>): Uri {
    return new Uri(parts);
  }

  /** Splits as RFC 3986, appendix B, does, and decodes the parts, as VS Code does. */
  static parse(text: string): Uri {
    const [, scheme = '', authority = '', path = '', query = '', fragment = ''] =
      /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
    return new Uri({
      scheme,
      authority: decodeURIComponent(authority),
      path: decodeURIComponent(path),
      query: decodeURIComponent(query),
      fragment: decodeURIComponent(fragment),
    });
  }

  static file(path: string): Uri {
    return new Uri({ scheme: 'file', path });
  }

  static joinPath(base: Uri, ...segments: readonly string[]): Uri {
    return base.with({ path: join(base.path, ...segments) });
  }

  get fsPath(): string {
    return this.path;
  }

  with(parts: Partial<UriParts>): Uri {
    const { scheme, authority, path, query, fragment } = this;
    return new Uri({ scheme, authority, path, query, fragment, ...parts });
  }

  /** Without VS Code's own encoding, which is what the extension asks for: `toString(true)`. */
  toString(): string {
    const { scheme, authority, path, query, fragment } = this;
    return `${scheme}://${authority}${path}${query && `?${query}`}${fragment && `#${fragment}`}`;
  }
}

export class ThemeIcon {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

export const UIKind = { Desktop: 1, Web: 2 } as const;
export const ExtensionKind = { UI: 1, Workspace: 2 } as const;
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 } as const;
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 } as const;
export const version = '1.139.1';

type Replacement = string | number | boolean;

export const l10n = {
  t(text: string | { message: string; args?: readonly Replacement[] }, ...values: readonly Replacement[]): string {
    const { message, args = values } = typeof text === 'string' ? { message: text } : text;
    return message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));
  },
};

export const env = {
  appName: 'Test Editor',
  appHost: 'desktop',
  language: 'en',
  remoteName: undefined,
  get uriScheme() {
    return editor().uriScheme;
  },
  get uiKind() {
    return UIKind.Desktop;
  },
  clipboard: {
    writeText: async (text: string) => void (editor().clipboard = text),
    readText: async () => editor().clipboard,
  },
  asExternalUri: async (uri: Uri) => {
    const elsewhere = editor().externalUri?.(uri.toString());
    if (elsewhere !== undefined) return Uri.parse(elsewhere);
    return /^https?$/.test(uri.scheme) ? uri : withWindow(uri);
  },
  openExternal: async (url: Uri | string) => editor().opens(String(url)),
};

/** A desktop names the window in the addresses of its own. */
function withWindow(uri: Uri): Uri {
  return uri.with({ query: [uri.query, 'windowId=1'].filter((part) => part !== '').join('&') });
}

export const commands = {
  registerCommand(name: string, run: (...args: readonly unknown[]) => unknown): Disposable {
    const { commands: known } = editor();
    known.set(name, run);
    return new Disposable(() => known.delete(name));
  },
  executeCommand: async (name: string, ...args: readonly unknown[]) => editor().run(name, ...args),
  getCommands: async () => [...editor().commands.keys()],
};

export const authentication = {
  registerAuthenticationProvider(
    id: string,
    label: string,
    provider: vscode.AuthenticationProvider,
  ): vscode.Disposable {
    return editor().registerProvider(id, label, provider);
  },
};

export const workspace = {
  getConfiguration: (section: string) => ({
    get: (name: string) => editor().setting(`${section}.${name}`),
    inspect: (name: string) => ({ globalValue: editor().settings.get(`${section}.${name}`) }),
    update: async (name: string, value: unknown) => editor().set(`${section}.${name}`, value),
  }),
  onDidChangeConfiguration: (listener: (event: { affectsConfiguration(name: string): boolean }) => unknown) =>
    editor().configurationChanged.event(listener),
  fs: { readFile: (uri: Uri) => readFile(uri.fsPath) },
  openTextDocument: async (document: unknown) => document,
};

type Show = (text: string, ...rest: readonly unknown[]) => Promise<unknown>;

const show =
  (severity: 'information' | 'warning' | 'error'): Show =>
  (text, ...rest) =>
    editor().shows(severity, text, rest);

export const window = {
  createOutputChannel: () => {
    const write = (level: string) => (line: string) => void editor().log.push(`[${level}] ${line}`);
    const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
    return {
      ...Object.fromEntries(levels.map((level) => [level, write(level)])),
      show: () => undefined,
      dispose: () => undefined,
    };
  },
  showInformationMessage: show('information'),
  showWarningMessage: show('warning'),
  showErrorMessage: show('error'),
  setStatusBarMessage: (text: string) => void editor().statusBar.push(text),
  showTextDocument: async () => undefined,
  registerUriHandler: (handler: vscode.UriHandler) => {
    editor().uriHandler = handler;
    return new Disposable(() => undefined);
  },
  showQuickPick: (items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions) =>
    editor().picks(items, options),
  showInputBox: (options: vscode.InputBoxOptions) => editor().types(options.title ?? '', options.prompt ?? ''),
  createInputBox: () => new InputBox(),
  withProgress: async (
    options: vscode.ProgressOptions,
    task: (progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken) => Thenable<unknown>,
  ) => {
    const cancellation = new CancellationTokenSource();
    const progress = editor().progresses(options.title ?? '', () => cancellation.cancel());
    try {
      return await task(progress, cancellation.token);
    } finally {
      progress.isOver = true;
    }
  },
};

/** Answers itself with what the person types, as soon as it is shown, and again when an answer will not do. */
class InputBox {
  title = '';
  prompt = '';
  placeholder = '';
  value = '';
  password = false;
  ignoreFocusOut = false;
  buttons: readonly unknown[] = [];
  readonly #accept = new EventEmitter<void>();
  readonly #hide = new EventEmitter<void>();
  readonly onDidAccept = this.#accept.event;
  readonly onDidHide = this.#hide.event;
  readonly onDidChangeValue = new EventEmitter<string>().event;
  readonly onDidTriggerButton = new EventEmitter<unknown>().event;

  show(): void {
    void this.#answer();
  }

  set validationMessage(text: string | undefined) {
    if (text === undefined) return;
    editor().corrected.push(text);
    void this.#answer();
  }

  async #answer(): Promise<void> {
    const text = await editor().types(this.title, this.prompt);
    this.value = text ?? this.value;
    if (text === undefined) this.#hide.fire();
    else this.#accept.fire();
  }

  dispose(): void {
    this.#accept.dispose();
    this.#hide.dispose();
  }
}
