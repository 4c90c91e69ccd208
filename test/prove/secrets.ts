import type { Process, Schedule, Task } from './schedule.ts';

export type StoreKind = 'desktop' | 'browser';

/** What one window has for SecretStorage. */
interface WindowSecrets {
  get(key: string): Promise<string | undefined>;
  store(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** The SecretStorage of one user, with the rules of test/unit/sessions/harness/stores.ts, as steps. */
export interface SecretStore {
  /** `onDidChange` is called as a task of its own. */
  open(process: Process, onDidChange: (key: string) => Promise<void>): WindowSecrets;
  /** What a window that starts now would find. */
  readonly stored: ReadonlyMap<string, string>;
}

export function secretStore(kind: StoreKind, schedule: Schedule): SecretStore {
  return kind === 'desktop' ? new DesktopStore(schedule) : new BrowserStore(schedule);
}

interface Listener {
  readonly process: Process;
  readonly onDidChange: (key: string) => Promise<void>;
}

/** All windows share one store; each sees its own writes at once, and those of others when they land. */
class DesktopStore implements SecretStore {
  readonly stored = new Map<string, string>();
  readonly #schedule: Schedule;
  readonly #landing: Task;
  readonly #listeners: Listener[] = [];

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#landing = schedule.add('SecretStorage', undefined, true);
  }

  open(process: Process, onDidChange: (key: string) => Promise<void>): WindowSecrets {
    this.#listeners.push({ process, onDidChange });
    const schedule = this.#schedule;
    /** What this window wrote, until it has landed. */
    const own = new Map<string, string | undefined>();
    const write = (key: string, value: string | undefined): void => {
      own.set(key, value);
      const land = (): void => {
        if (value === undefined) this.stored.delete(key);
        else this.stored.set(key, value);
        if (own.get(key) === value) own.delete(key);
        this.#announce(key);
      };
      const label = `carries ${nameOf(key)} of ${process.name} to the others`;
      schedule.push(this.#landing, { label, touches: () => written(key), kind: 'deed', run: land });
    };
    return {
      get: (key) =>
        schedule.step(
          `reads ${nameOf(key)} in SecretStorage`,
          () => [{ what: pathOf(key), how: 'read' }],
          () => (own.has(key) ? own.get(key) : this.stored.get(key)),
        ),
      store: (key, value) =>
        schedule.step(
          `stores ${nameOf(key)} in SecretStorage`,
          () => written(key),
          () => write(key, value),
        ),
      delete: (key) =>
        schedule.step(
          `deletes ${nameOf(key)} in SecretStorage`,
          () => written(key),
          () => write(key, undefined),
        ),
      keys: () =>
        schedule.step(
          'lists SecretStorage',
          () => [{ what: '/secrets', how: 'read' }],
          () => {
            const all = new Set([...this.stored.keys(), ...own.keys()]);
            return [...all].filter((key) => !own.has(key) || own.get(key) !== undefined);
          },
        ),
    };
  }

  #announce(key: string): void {
    for (const { process, onDidChange } of this.#listeners) {
      if (process.isDead) continue;
      const task = this.#schedule.add(`${process.name} hears of it`, process, true);
      const run = (): void => this.#schedule.withTimeout(task, () => void onDidChange(key));
      this.#schedule.push(task, {
        label: `hears that ${nameOf(key)} has changed`,
        touches: () => [],
        kind: 'deed',
        run,
      });
    }
  }
}

/** Each window has a snapshot of the whole, from when it was opened, and puts it in the place of everything when it writes. */
class BrowserStore implements SecretStore {
  stored: ReadonlyMap<string, string> = new Map();
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  open(process: Process, onDidChange: (key: string) => Promise<void>): WindowSecrets {
    const snapshot = new Map(this.stored);
    const schedule = this.#schedule;
    const step = <T>(does: string, act: () => T): Promise<T> =>
      schedule.step(`${does} its SecretStorage`, () => [], act);
    const write = (does: string, key: string, change: () => void): Promise<void> =>
      schedule.step(
        `${does} ${nameOf(key)} in SecretStorage, with all that it sees there`,
        () => [{ what: '/secrets', how: 'write', deep: true }],
        () => {
          change();
          this.stored = new Map(snapshot);
          const task = schedule.add(`${process.name} hears of it`, process, true);
          const run = (): void => schedule.withTimeout(task, () => void onDidChange(key));
          schedule.push(task, { label: `hears that ${nameOf(key)} has changed`, touches: () => [], kind: 'deed', run });
        },
      );
    return {
      get: (key) => step('reads', () => snapshot.get(key)),
      keys: () => step('lists', () => [...snapshot.keys()]),
      store: (key, value) => write('stores', key, () => void snapshot.set(key, value)),
      delete: (key) => write('deletes', key, () => void snapshot.delete(key)),
    };
  }
}

function written(key: string) {
  return [
    { what: '/secrets', how: 'enter' },
    { what: pathOf(key), how: 'write' },
  ] as const;
}

function pathOf(key: string): string {
  return `/secrets/${encodeURIComponent(key)}`;
}

/** A key without what every key here has. */
function nameOf(key: string): string {
  return `"${key.replace(/https?:\S+ \S+ ?/, '')}"`;
}
