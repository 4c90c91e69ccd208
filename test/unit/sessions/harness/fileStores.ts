import * as fs from 'node:fs';
import { join } from 'node:path';
import type { WindowSecrets } from './stores.ts';

/** SecretStorage for windows that are processes, in a folder; it behaves as the stores in stores.ts do. */
export function openFileStore(kind: 'desktop' | 'browser', folder: string): WindowSecrets {
  fs.mkdirSync(folder, { recursive: true });
  return kind === 'desktop' ? new DesktopFiles(folder) : new BrowserFile(join(folder, 'everything.json'));
}

/** How late a write arrives; a process that dies before takes it along. */
const LATE_MS = 100;

/** A file for each key, written late; every window sees that it was. */
class DesktopFiles implements WindowSecrets {
  onDidChange: (key: string) => void = () => undefined;
  failure: Error | undefined;
  readonly #folder: string;
  readonly #onTheWay = new Map<string, { readonly value: string | undefined }>();

  constructor(folder: string) {
    this.#folder = folder;
    fs.watch(folder, { persistent: false }, (_, name) => {
      if (name !== null && !name.endsWith('.tmp')) this.onDidChange(decodeURIComponent(name));
    });
  }

  async get(key: string): Promise<string | undefined> {
    const own = this.#onTheWay.get(key);
    if (own !== undefined) return own.value;
    return fs.promises.readFile(this.#pathOf(key), 'utf8').catch(() => undefined);
  }

  async store(key: string, value: string): Promise<void> {
    this.#write(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#write(key, undefined);
  }

  async keys(): Promise<string[]> {
    const names = fs.readdirSync(this.#folder).filter((name) => !name.endsWith('.tmp'));
    const all = new Set([...names.map(decodeURIComponent), ...this.#onTheWay.keys()]);
    return [...all].filter((key) => !this.#onTheWay.has(key) || this.#onTheWay.get(key)?.value !== undefined);
  }

  #write(key: string, value: string | undefined): void {
    const write = { value };
    this.#onTheWay.set(key, write);
    setTimeout(() => {
      if (value === undefined) fs.rmSync(this.#pathOf(key), { force: true });
      else replaceFile(this.#pathOf(key), value);
      if (this.#onTheWay.get(key) === write) this.#onTheWay.delete(key);
    }, LATE_MS);
  }

  #pathOf(key: string): string {
    return join(this.#folder, encodeURIComponent(key));
  }
}

/** One file with everything: read once, and replaced by what this window thinks is in it. */
class BrowserFile implements WindowSecrets {
  onDidChange: (key: string) => void = () => undefined;
  failure: Error | undefined;
  readonly #path: string;
  readonly #snapshot: Map<string, string>;

  constructor(path: string) {
    this.#path = path;
    const text = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '{}';
    this.#snapshot = new Map(Object.entries(JSON.parse(text)));
  }

  async get(key: string): Promise<string | undefined> {
    return this.#snapshot.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.#snapshot.set(key, value);
    this.#write(key);
  }

  async delete(key: string): Promise<void> {
    this.#snapshot.delete(key);
    this.#write(key);
  }

  async keys(): Promise<string[]> {
    return [...this.#snapshot.keys()];
  }

  #write(key: string): void {
    replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#snapshot)));
    this.onDidChange(key);
  }
}

/** Whole or not at all, as a database does it. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, path);
}
