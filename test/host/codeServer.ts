import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { codeServerScript } from './codeServerInstall.ts';
import { freePort } from './freePort.ts';
import { writeLanguagePacks } from './languagePacks.ts';
import { Program, run } from './program.ts';
import { writeSettings } from './settings.ts';

export interface CodeServerOptions {
  /** Taken if it is free. Secrets belong to the address in the browser, so the same port finds them again. */
  readonly port?: number;
  /** User settings, on top of those that keep VS Code quiet. Without them, those that are in {@link home} stay. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What the editor opens; an empty folder unless given. */
  readonly folder?: string;
  /** Packaged extensions to install. */
  readonly vsixFiles?: readonly string[];
  /** Languages that a window can have besides English: it has the one in its cookie `vscode.nls.locale`. */
  readonly languages?: readonly string[];
  /** Keeps settings and extensions here from run to run, instead of in a fresh folder that {@link CodeServer.remove} deletes. */
  readonly home?: string;
  /** Obeys what tests inside VS Code need: `extensionTestsPath` and its like. It hides notifications. */
  readonly testDriver?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly say?: (message: string) => void;
}

const READY_MS = 60_000;

/** Starts VS Code for the browser on 127.0.0.1, with nobody's settings but those given. */
export async function startCodeServer(options: CodeServerOptions = {}): Promise<CodeServer> {
  const { say = console.log, home: kept } = options;
  const script = await codeServerScript(say);
  const home = kept ?? (await temporaryHome());
  const userData = join(home, 'data');
  const extensions = join(home, 'extensions');
  const folder = options.folder ?? join(home, 'folder');
  for (const made of [join(userData, 'User'), extensions, folder]) await mkdir(made, { recursive: true });
  await writeSettings(userData, options.settings);

  const where = ['--config', join(home, 'none.yaml'), '--user-data-dir', userData, '--extensions-dir', extensions];
  await writeFile(join(home, 'none.yaml'), '{}\n');
  const env = { ...environment(home), ...options.env, TEST_USER_DATA: userData };
  for (const vsix of options.vsixFiles ?? []) {
    await run(process.execPath, [script, ...where, '--install-extension', vsix], { env });
  }
  // Installing an extension has emptied the list of packs.
  if (options.languages !== undefined) await writeLanguagePacks(userData, options.languages);
  const port = await freePort(options.port);
  const program = new Program(process.execPath, [script, ...where, ...flags(options, port), folder], { env });
  const server = new CodeServer(program, port, home, folder, kept === undefined);
  try {
    await server.ready();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return server;
}

/** Goes away with this process, at the latest. Its name is short: VS Code puts sockets in it. */
async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'xa-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  return home;
}

const FLAGS =
  '--auth none --disable-telemetry --disable-update-check --disable-workspace-trust --disable-getting-started-override';

function flags(options: CodeServerOptions, port: number): string[] {
  return [
    ...FLAGS.split(' '),
    `--bind-addr=127.0.0.1:${port}`,
    ...(options.testDriver === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
}

/** Without what a VS Code or code-server that we were started from says about itself. */
function environment(home: string): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^(VSCODE_|CODE_SERVER_|CS_|ELECTRON_|npm_)/.test(name)) delete env[name];
  }
  for (const name of ['PORT', 'PASSWORD', 'HASHED_PASSWORD', 'NODE_OPTIONS', 'GITHUB_TOKEN']) delete env[name];
  return { ...env, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'share') };
}

export class CodeServer {
  readonly port: number;
  /** Everything that it writes is in here: settings, extensions, global storage, logs. */
  readonly home: string;
  readonly folder: string;
  readonly program: Program;
  readonly #isOurs: boolean;

  constructor(program: Program, port: number, home: string, folder: string, isOurs: boolean) {
    this.program = program;
    this.port = port;
    this.home = home;
    this.folder = folder;
    this.#isOurs = isOurs;
  }

  /** What to open in a browser. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/?folder=${encodeURI(this.folder.replaceAll('\\', '/'))}`;
  }

  /** {@link callbackUrl}, here. */
  callbackUrl(port: number): string {
    return callbackUrl(this.port, port);
  }

  /** The last lines that it printed. */
  get output(): string {
    return this.program.output;
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      if (await answers(this.url)) return;
      if (this.program.hasExited) throw new Error(`VS Code ended before it was up:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`VS Code was not up after ${READY_MS / 1000} s:\n${this.output}`);
      await pause(100);
    }
  }

  /** Ends every process of it; what it wrote stays. */
  async stop(): Promise<void> {
    await this.program.stop();
  }

  /** Ends it and deletes what it wrote, unless it was given a home. */
  async remove(): Promise<void> {
    await this.stop();
    if (this.#isOurs) await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

/** Where X sends the browser to so that it reaches a server on `port`: what `asExternalUri` makes of the loopback URL. */
export function callbackUrl(editorPort: number, port: number): string {
  return `http://127.0.0.1:${editorPort}/proxy/${port}/callback`;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
