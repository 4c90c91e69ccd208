import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchChromium } from '../host/chromium.ts';
import { type CodeServer, startCodeServer } from '../host/codeServer.ts';
import { testUrl } from '../host/testInBrowser.ts';
import { remember, type Remembered } from './remembered.ts';
import type { Staged } from './stage.ts';
import { ANSWER_FILE, FOLDER, TASK_FILE, type TaskName, type Tasks } from './tasks.ts';

const WINDOW_MS = 3 * 60_000;

/** A real VS Code: each window has an extension host of its own, that starts with it and ends with it. */
export class Editor {
  readonly #server: CodeServer;
  readonly #browser: Browser;
  readonly #folder: string;

  constructor(server: CodeServer, browser: Browser, folder: string) {
    this.#server = server;
    this.#browser = browser;
    this.#folder = folder;
  }

  /** Of Chromium. */
  get browserVersion(): string {
    return this.#browser.version();
  }

  /** The folder that VS Code gives an extension for its files. */
  globalStorageOf(extension: string): string {
    return join(this.#server.home, 'data', 'User', 'globalStorage', extension);
  }

  /** A person's browser, in which VS Code keeps their secrets. */
  async person(remembered?: Remembered): Promise<Person> {
    const context = await this.#browser.newContext();
    if (remembered !== undefined) {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${this.#server.port}/healthz`);
      await page.evaluate(remember, remembered);
      await page.close();
    }
    return new Person(context, this.#server, this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#server.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function startEditor(port: number, settings: Readonly<Record<string, unknown>>): Promise<Editor> {
  const folder = await mkdtemp(join(tmpdir(), 'x-authentication-bench-'));
  const server = await startCodeServer({ port, testDriver: true, settings, env: { [FOLDER]: folder } });
  return new Editor(server, await launchChromium(), folder);
}

export class Person {
  readonly #context: BrowserContext;
  readonly #server: CodeServer;
  readonly #folder: string;

  constructor(context: BrowserContext, server: CodeServer, folder: string) {
    this.#context = context;
    this.#server = server;
    this.#folder = folder;
  }

  /** Opens a window with the staged extensions, has it do something, and closes it. */
  async perform<Name extends TaskName>(
    staged: Staged,
    name: Name,
    asks: Tasks[Name]['asks'],
  ): Promise<Tasks[Name]['answers']> {
    const answer = join(this.#folder, ANSWER_FILE);
    await rm(answer, { force: true });
    await writeFile(join(this.#folder, TASK_FILE), JSON.stringify({ name, asks }));
    const page = await this.#context.newPage();
    const printed: string[] = [];
    try {
      await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) =>
        printed.push(String(args[0]).split('\n', 1)[0] ?? ''),
      );
      const exitCode = await new Promise<number>((resolve, reject) => {
        setTimeout(reject, WINDOW_MS, new Error(`${name} took too long.`)).unref();
        page.once('crash', () => reject(new Error('The browser crashed.')));
        page
          .exposeFunction('codeAutomationExit', resolve)
          .then(() => page.goto(testUrl(this.#server, staged.extensions, staged.suite)))
          .catch(reject);
      });
      if (exitCode !== 0) throw new Error(`${name} failed:\n${printed.slice(-20).join('\n')}`);
      return JSON.parse(await readFile(answer, 'utf8'));
    } finally {
      await page.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#context.close();
  }
}
