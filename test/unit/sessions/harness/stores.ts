import type { Secrets } from '../../../../src/sessions/store/grantRecords.ts';

/** What one window sees of SecretStorage. */
export interface WindowSecrets extends Secrets {
  /** Fires with the key, in the writer's window too. */
  onDidChange: (key: string) => void;
  /** When set, everything fails with it: a keyring that does not answer. */
  failure: Error | undefined;
}

/** The SecretStorage of one user, as windows share it; what VS Code does was read in its sources and tried. */
export interface SharedStore {
  readonly kind: 'desktop' | 'browser';
  open(): WindowSecrets;
  /** Lets what is on its way arrive, and what it sets off happen. */
  arrive(): Promise<void>;
  /** What a window that starts now would find. */
  readonly stored: ReadonlyMap<string, string>;
}

export function sharedStore(kind: 'desktop' | 'browser'): SharedStore {
  return kind === 'desktop' ? new DesktopStore() : new BrowserStore();
}

/** All windows share one store, but a write is seen by others some 100 ms later: here, when {@link arrive} is called. */
class DesktopStore implements SharedStore {
  readonly kind = 'desktop';
  readonly stored = new Map<string, string>();
  readonly #windows: DesktopSecrets[] = [];
  #onTheWay: { key: string; value: string | undefined; from: DesktopSecrets }[] = [];

  open(): WindowSecrets {
    const secrets = new DesktopSecrets(this);
    this.#windows.push(secrets);
    return secrets;
  }

  send(key: string, value: string | undefined, from: DesktopSecrets): void {
    this.#onTheWay.push({ key, value, from });
  }

  async arrive(): Promise<void> {
    for (const { key, value, from } of this.#onTheWay.splice(0)) {
      if (value === undefined) this.stored.delete(key);
      else this.stored.set(key, value);
      from.landed(key, value);
      for (const window of this.#windows) window.onDidChange(key);
    }
  }
}

class DesktopSecrets implements WindowSecrets {
  onDidChange: (key: string) => void = () => undefined;
  failure: Error | undefined;
  readonly #store: DesktopStore;
  /** A window sees its own writes at once. */
  readonly #own = new Map<string, string | undefined>();

  constructor(store: DesktopStore) {
    this.#store = store;
  }

  landed(key: string, value: string | undefined): void {
    if (this.#own.get(key) === value) this.#own.delete(key);
  }

  async get(key: string): Promise<string | undefined> {
    this.#check();
    return this.#own.has(key) ? this.#own.get(key) : this.#store.stored.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.#write(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#write(key, undefined);
  }

  async keys(): Promise<string[]> {
    this.#check();
    const all = new Set([...this.#store.stored.keys(), ...this.#own.keys()]);
    return [...all].filter((key) => !this.#own.has(key) || this.#own.get(key) !== undefined);
  }

  #write(key: string, value: string | undefined): void {
    this.#check();
    this.#own.set(key, value);
    this.#store.send(key, value, this);
  }

  #check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

/**
 * Each window has a snapshot of the whole store, from when it started. It never sees what others write, and what it writes
 * itself puts its snapshot in the place of everything.
 */
class BrowserStore implements SharedStore {
  readonly kind = 'browser';
  stored: ReadonlyMap<string, string> = new Map();

  open(): WindowSecrets {
    return new BrowserSecrets(this);
  }

  async arrive(): Promise<void> {
    // Nothing is on its way: a write of another window comes at the next start, or never.
  }
}

class BrowserSecrets implements WindowSecrets {
  onDidChange: (key: string) => void = () => undefined;
  failure: Error | undefined;
  readonly #store: BrowserStore;
  readonly #snapshot: Map<string, string>;

  constructor(store: BrowserStore) {
    this.#store = store;
    this.#snapshot = new Map(store.stored);
  }

  async get(key: string): Promise<string | undefined> {
    this.#check();
    return this.#snapshot.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.#check();
    this.#snapshot.set(key, value);
    this.#written(key);
  }

  async delete(key: string): Promise<void> {
    this.#check();
    this.#snapshot.delete(key);
    this.#written(key);
  }

  async keys(): Promise<string[]> {
    this.#check();
    return [...this.#snapshot.keys()];
  }

  #written(key: string): void {
    this.#store.stored = new Map(this.#snapshot);
    this.onDidChange(key);
  }

  #check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
