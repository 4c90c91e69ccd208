import type { Notice } from '../../src/sessions/notice.ts';
import { Disk } from './disk.ts';
import type { Program } from './program.ts';
import { type Choose, type Process, Schedule } from './schedule.ts';
import { secretStore, type SecretStore, type StoreKind } from './secrets.ts';
import { shimsFor } from './shims.ts';
import type { Shown, Window } from './window.ts';
import { APP, X } from './x.ts';

const FOLDER = '/storage';
const FIRST_PID = 1001;
const STARTED_AT = Date.UTC(2026, 6, 1);

const SCOPES: readonly string[] = ['tweet.read', 'users.read'];

/** A window, and what it has shown and said. */
export interface Opened {
  readonly process: Process;
  readonly window: Window;
  /** What it showed last. */
  shown: Shown | undefined;
}

/** Something that one window does by itself. */
export interface Act {
  readonly window: string;
  /** For a story: "asks for a session". */
  readonly does: string;
  readonly run: (opened: Opened, machine: Machine) => Promise<void>;
}

/** A machine in memory: a disk, a SecretStorage, X, and windows. */
export class Machine {
  readonly kind: StoreKind;
  readonly schedule = new Schedule(STARTED_AT);
  readonly disk = new Disk(() => this.schedule.now);
  readonly x = new X(this.schedule);
  readonly secrets: SecretStore;
  readonly windows = new Map<string, Opened>();
  readonly notices: { readonly window: string; readonly notice: Notice }[] = [];
  readonly logged: string[] = [];
  /** Errors that can only be mistakes in a program. */
  readonly mistakes: unknown[] = [];
  readonly #program: Program;
  readonly #processes: Process[] = [];
  readonly #names = new Map<string, string>();
  #running = 0;

  constructor(kind: StoreKind, program: Program) {
    this.kind = kind;
    this.#program = program;
    this.secrets = secretStore(kind, this.schedule);
    this.schedule.onCrash = (process) => this.#reopen(process);
  }

  get alive(): readonly Opened[] {
    return [...this.windows.values()].filter(({ process }) => !process.isDead);
  }

  /** Starts what windows do, at once; a window that is not there is opened. */
  async play(acts: readonly Act[], choose?: Choose): Promise<void> {
    for (const act of acts) this.start(act);
    await this.schedule.run(() => this.#running === 0, choose);
  }

  start({ window: name, does, run }: Act): void {
    const process = this.windows.get(name)?.process ?? this.#newProcess(name);
    this.#running++;
    let isOver = false;
    const over = (): void => {
      if (!isOver) this.#running--;
      isOver = true;
    };
    this.#onDeath.push({ process, over });
    void this.schedule.start(`${name} ${does}`, process, async () => {
      try {
        const opened = this.windows.get(name) ?? (await this.#open(name, process));
        // So that it can begin at any time, even if what it does first is seen by nobody.
        await this.schedule.step(
          'begins',
          () => [],
          () => undefined,
        );
        await run(opened, this);
      } catch (error) {
        if (isMistake(error)) this.mistakes.push(error);
        this.schedule.tell(`${name}: ${does}: ${String(error)}`);
      }
      over();
    });
  }

  readonly #onDeath: { process: Process; over: () => void }[] = [];

  kill(name: string): void {
    const process = this.windows.get(name)?.process;
    if (process === undefined) return;
    this.schedule.kill(process);
    for (const entry of this.#onDeath) if (entry.process === process) entry.over();
  }

  /** As VS Code does after a crash: the window comes back, and an extension asks. */
  #reopen(process: Process | undefined): void {
    if (process === undefined) return;
    for (const entry of this.#onDeath) if (entry.process === process) entry.over();
    this.start(asks(`${process.name}'`));
  }

  /** For what a person does after a while. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.schedule.setTimer(ms, resolve));
  }

  #newProcess(name: string): Process {
    const process: Process = { name, isDead: false, sleepsUntil: undefined };
    this.#processes.push(process);
    return process;
  }

  async #open(name: string, process: Process): Promise<Opened> {
    const pid = FIRST_PID + this.#processes.indexOf(process);
    return this.schedule.step(
      'is opened',
      () => [{ what: '/secrets', how: 'read', deep: true }],
      () => {
        const { schedule, disk } = this;
        const shims = shimsFor(process, pid, {
          schedule,
          disk,
          fetch: this.x.fetchFor(process),
          name: (path) => this.#nameOf(path),
          isAlive: (other) => this.#processes[other - FIRST_PID]?.isDead === false,
        });
        const opened: { process: Process; window: Window; shown: Shown | undefined } = {
          process,
          shown: undefined,
          window: this.#program(shims)({
            folder: FOLDER,
            app: APP,
            secrets: this.secrets.open(process, (key) => opened.window.secretChanged(key)),
            notify: (notice) => {
              this.notices.push({ window: name, notice });
              schedule.tell(`${name} tells its person: ${notice.kind}`);
            },
            log: (message) => this.logged.push(`${name}: ${message}`),
          }),
        };
        this.windows.set(name, opened);
        return opened;
      },
    );
  }

  /** A path without what tells nobody anything: hashes and numbers that are only used once become short names. */
  #nameOf(path: string): string {
    return path
      .slice(FOLDER.length + 1)
      .split('/')
      .map((part) =>
        part.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}/g, (long) => this.#short(long)),
      )
      .join('/');
  }

  #short(long: string): string {
    const known = this.#names.get(long) ?? String(this.#names.size + 1);
    this.#names.set(long, known);
    return known;
  }
}

/** Fakes that lack something, or sources that do. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

export function asks(window: string, times = 1, everyMs = 0): Act {
  return {
    window,
    does: 'asks',
    run: async (opened, machine) => {
      for (let time = 0; time < times; time++) {
        if (time > 0) await machine.pause(everyMs);
        opened.shown = await opened.window.ask(SCOPES);
      }
    },
  };
}

export function signsIn(window: string, more: readonly string[] = []): Act {
  return {
    window,
    does: 'signs in',
    run: async (opened, machine) => {
      const scopes = await opened.window.scopesFor([...SCOPES, ...more]);
      const { request, parameters } = machine.x.allow(scopes);
      opened.shown = await opened.window.signIn(request, parameters);
    },
  };
}

export function signsOut(window: string): Act {
  return {
    window,
    does: 'signs out',
    run: async (opened) => {
      for (const { id } of await opened.window.list()) await opened.window.signOut(id);
      opened.shown = undefined;
    },
  };
}

/** As reloading does: VS Code waits a while for what is under way, and then ends the process. */
export function closes(window: string): Act {
  return {
    window,
    does: 'closes',
    run: async (opened, machine) => {
      await opened.window.close();
      machine.schedule.tell(`${window} is closed`);
      machine.kill(window);
    },
  };
}

export function ticks(window: string): Act {
  return { window, does: 'ticks', run: (opened) => opened.window.tick() };
}

export function lists(window: string): Act {
  return {
    window,
    does: 'lists',
    run: async (opened) => {
      [opened.shown] = await opened.window.list();
    },
  };
}
