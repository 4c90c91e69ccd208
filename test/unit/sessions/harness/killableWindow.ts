import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { bounded, type Fetch } from '../../../../src/oauth/http.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import type { Register } from '../../../../src/sessions/store/register.ts';
import { NotingRegister } from './notingRegister.ts';
import type { WindowSecrets } from './stores.ts';
import type { Machine, Window } from './window.ts';

const dead = new Set<number>();
let born = 0;

/** A window that can be killed between any two things it does to the world, without a process for it. */
export class KillableWindow {
  readonly window: Window;
  readonly died: Promise<void>;
  readonly #pid = ++born;
  readonly #die: () => void;
  readonly #open = new Set<fs.FileHandle>();
  #left = Infinity;
  /** What it has done to the world, in short. */
  readonly actions: string[] = [];

  constructor(machine: Machine, onNoted: (refreshToken: string) => void = () => undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#die = resolve;
    const files = {
      ...fs,
      open: (path: string, flags: number | string, mode?: number) =>
        this.#step('open the register', async () => this.#mortalHandle(await fs.open(path, flags, mode))),
      rename: (from: string, to: string) => this.#step('make the register', () => fs.rename(from, to)),
    };
    const limited = bounded((...request) => fetch(...request), 10_000);
    const mortalFetch: Fetch = (url, init) =>
      this.#step(`ask ${new URL(url).pathname}`, () => {
        // A request takes time: no two sign-ins are given in the same millisecond.
        machine.now++;
        return limited(url, init);
      });
    const directories = {
      readdir: (path: string) => this.#step('look at the lock', () => fs.readdir(path)),
      mkdir: (path: string, options: { recursive: boolean; mode: number }) =>
        this.#step('bid for the lock', () => fs.mkdir(path, options)),
      rmdir: (path: string) => this.#step('let go of the lock', () => fs.rmdir(path)),
      rename: (from: string, to: string) => this.#step('take the lock', () => fs.rename(from, to)),
    };
    const locks = new FolderLocks(join(machine.folder, 'locks'), {
      self: { host: '0123456789abcdef', pid: this.#pid, start: '1' },
      isDead: ({ pid }) => dead.has(pid),
      directories,
    });
    const secrets = this.#mortalSecrets(machine.store.open());
    const register = (parts: ConstructorParameters<typeof Register<'oauth2'>>[0]): Register<'oauth2'> =>
      new NotingRegister({ ...parts, files }, onNoted);
    this.window = machine.open({ secrets, register, fetch: mortalFetch, locks });
  }

  /** Lets it do so many more things to the world and then die. */
  dieAfter(actions: number): void {
    this.#left = actions;
  }

  kill(): void {
    this.#left = 0;
    // As the system does for a process that has died.
    for (const handle of this.#open) void handle.close();
    this.#open.clear();
    dead.add(this.#pid);
    this.#die();
  }

  get isDead(): boolean {
    return dead.has(this.#pid);
  }

  /** Waits for something that the window does, or for its death. */
  async untilDeath<T>(doing: Promise<T>): Promise<T | undefined> {
    return Promise.race([doing, this.died.then(() => undefined)]);
  }

  async #step<T>(action: string, act: () => PromiseLike<T>): Promise<T> {
    if (this.#left <= 0) this.kill();
    if (this.isDead) return new Promise(() => {});
    this.#left--;
    this.actions.push(action);
    const result = await act();
    return this.isDead ? new Promise(() => {}) : result;
  }

  #mortalHandle(handle: fs.FileHandle): fs.FileHandle {
    if (this.isDead) void handle.close();
    else this.#open.add(handle);
    return new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const call = (...parts: unknown[]): unknown => {
          if (name === 'close') this.#open.delete(handle);
          return Reflect.apply(value, target, parts);
        };
        if (name !== 'write' && name !== 'datasync') return call;
        return (...parts: unknown[]) =>
          this.#step(name === 'write' ? 'write the register' : 'sync the register', async () => call(...parts));
      },
    });
  }

  #mortalSecrets(secrets: WindowSecrets): WindowSecrets {
    const killable: WindowSecrets = {
      onDidChange: () => undefined,
      failure: undefined,
      get: (key) => this.#step('read SecretStorage', () => secrets.get(key)),
      store: (key, value) => this.#step('write SecretStorage', () => secrets.store(key, value)),
      delete: (key) => this.#step('erase in SecretStorage', () => secrets.delete(key)),
      keys: () => this.#step('list SecretStorage', () => secrets.keys()),
    };
    secrets.onDidChange = (key) => {
      if (!this.isDead) killable.onDidChange(key);
    };
    return killable;
  }
}
