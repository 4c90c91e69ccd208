import { AsyncLocalStorage } from 'node:async_hooks';

/** What a step does to something that windows share: `enter` adds or removes an entry of a folder, and commutes with others of its kind. */
export interface Touch {
  readonly what: string;
  readonly how: 'read' | 'enter' | 'write';
  /** With everything below it. */
  readonly deep?: boolean;
}

/** One thing that a window does to the world, and nothing else does at the same time. */
export interface Step {
  readonly label: string;
  /** As things are now: what is there already is not made. */
  readonly touches: () => readonly Touch[];
  /** For what only hands on what is known: X's answer, say. */
  readonly kind: 'deed' | 'answer';
  run(): void;
  /** What a process that is killed in the middle leaves. */
  readonly tear?: (() => void) | undefined;
  /** The answer is lost on its way. */
  readonly lose?: (() => void) | undefined;
}

/** A process, as far as the schedule knows. */
export interface Process {
  readonly name: string;
  isDead: boolean;
  /** It stands still until then. */
  sleepsUntil: number | undefined;
}

/** Something that goes on by itself: steps of one task are taken in the order in which they came up. */
export class Task {
  readonly name: string;
  readonly process: Process | undefined;
  /** News on its way: it comes late, and each that comes early is an interference. */
  readonly isNews: boolean;
  readonly steps: Step[] = [];

  constructor(name: string, process: Process | undefined, isNews: boolean) {
    this.name = name;
    this.process = process;
    this.isNews = isNews;
  }

  get isReady(): boolean {
    return this.steps.length > 0 && this.process?.isDead !== true && this.process?.sleepsUntil === undefined;
  }
}

interface Timer {
  dueAt: number;
  readonly order: number;
  readonly task: Task;
  readonly fire: () => void;
  /** How long after a change a window that only polls looks again; undefined for one that does not poll. */
  readonly pollMs: number | undefined;
}

/** What happens next: a task goes on, or the one whose turn it is comes to grief. */
export interface Option {
  readonly name: string;
  readonly cost: Partial<Record<Trouble, number>>;
  readonly kind: 'go' | 'crash' | 'tear' | 'sleep' | 'lose';
  readonly task: Task;
}

/** What is bounded. */
export type Trouble = 'switches' | 'crashes' | 'sleeps' | 'losses';

/** Says which of several options is taken. The first is what happens if nobody interferes. `at`: how many events there were before. */
export type Choose = (options: readonly Option[], at: number) => number;

/** What happened, in the order in which it did. */
export interface Event {
  readonly task: Task | undefined;
  readonly text: string;
  readonly touches: readonly Touch[];
  /** Worth telling: it changed something, or was lost. */
  readonly matters: boolean;
}

/** A timer that is shorter is for polling. */
const SHORT_MS = 100;
/** How seldom a window polls at least, while nothing changes that it could see. */
const POLL_AGAIN_MS = 2_000;
/** Longer than anything that waits for a person or for X. */
const SLEEP_MS = 90_000;

/** Who is running. One for all schedules: Node keeps an entry of each for ever. */
const current = new AsyncLocalStorage<Task>();

export class NeverEnds extends Error {}

/** Runs tasks one step at a time, in an order that somebody chooses, by a clock that only moves when nothing else can. */
export class Schedule {
  readonly events: Event[] = [];
  readonly #tasks: Task[] = [];
  readonly #timers = new Set<Timer>();
  readonly #overdue: Timer[] = [];
  #now: number;
  #order = 0;
  #changes = 0;
  /** How many changes each process had seen when it last began to wait for a short time. */
  readonly #polledAt = new Map<Process | undefined, number>();
  #last: Task | undefined;

  constructor(now: number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** Who is running, and whose steps are those that come up. */
  get task(): Task {
    const task = current.getStore();
    if (task === undefined) throw new Error('Nobody is running.');
    return task;
  }

  start(name: string, process: Process | undefined, action: () => Promise<void>): Promise<void> {
    const task = this.add(name, process);
    return current.run(task, action);
  }

  add(name: string, process: Process | undefined, isNews = false): Task {
    const task = new Task(name, process, isNews);
    this.#tasks.push(task);
    return task;
  }

  withTimeout(task: Task, action: () => void): void {
    current.run(task, action);
  }

  /** Resolves, to what `act` gives, when it is this step's turn; never, if its process dies before. */
  step<T>(label: string, touches: () => readonly Touch[], act: () => T, tear?: () => void): Promise<T> {
    const { task } = this;
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      };
      task.steps.push({ label, touches, kind: 'deed', run, tear });
    });
  }

  push(task: Task, step: Step): void {
    task.steps.push(step);
  }

  tell(text: string, task?: Task): void {
    this.events.push({ task, text, touches: [], matters: true });
  }

  setTimer(ms: number, fire: () => void): Timer {
    const { task } = this;
    const { process } = task;
    const isPoll = ms < SHORT_MS && this.#polledAt.get(process) === this.#changes;
    if (ms < SHORT_MS) this.#polledAt.set(process, this.#changes);
    const wait = isPoll ? POLL_AGAIN_MS : Math.max(1, ms);
    const timer = { dueAt: this.#now + wait, order: ++this.#order, task, fire, pollMs: isPoll ? ms : undefined };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: Timer | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  kill(process: Process): void {
    process.isDead = true;
    for (const timer of this.#timers) if (timer.task.process === process) this.#timers.delete(timer);
    for (const task of this.#tasks) if (task.process === process) task.steps.length = 0;
  }

  /** Goes on until nothing is left but timers, and `isOver` says that nobody waits for them. */
  async run(isOver: () => boolean, choose: Choose = () => 0, maxSteps = 4_000): Promise<void> {
    for (let steps = 0; ;) {
      await drained();
      const overdue = this.#overdue.shift();
      if (overdue !== undefined) {
        // The one before may have cleared it.
        if (this.#timers.delete(overdue)) current.run(overdue.task, overdue.fire);
        continue;
      }
      const ready = this.#tasks.filter((task) => task.isReady);
      if (ready.length > 0) {
        if (steps++ > maxSteps) throw new NeverEnds('it never ends');
        this.#take(ready, choose);
      } else if (isOver() && !this.#tasks.some((task) => task.process?.sleepsUntil !== undefined)) {
        return;
      } else if (!this.#wait()) {
        throw new NeverEnds('it stands still');
      } else if (steps++ > maxSteps) {
        throw new NeverEnds('it never ends');
      }
    }
  }

  #take(ready: readonly Task[], choose: Choose): void {
    const last = this.#last?.isReady === true ? this.#last : undefined;
    const first = last ?? ready.find(({ isNews }) => !isNews) ?? ready[0];
    const step = first?.steps[0];
    if (first === undefined || step === undefined) return;
    const touches = step.touches();
    const others = ready.filter((task) => task !== first);
    const options: Option[] = [{ name: first.name, cost: {}, kind: 'go', task: first }];
    for (const task of others) {
      const cost = last === undefined && !task.isNews ? {} : { switches: 1 };
      const same = options.filter((option) => option.task.name === task.name).length;
      options.push({ name: same === 0 ? task.name : `${task.name} (${same + 1})`, cost, kind: 'go', task });
    }
    if (first.process !== undefined && (step.kind === 'answer' || touches.some(({ how }) => how !== 'read'))) {
      options.push({ name: 'crash', cost: { crashes: 1 }, kind: 'crash', task: first });
      if (step.tear) options.push({ name: 'tear', cost: { crashes: 1 }, kind: 'tear', task: first });
      options.push({ name: 'sleep', cost: { sleeps: 1 }, kind: 'sleep', task: first });
      if (step.lose) options.push({ name: 'lose', cost: { losses: 1 }, kind: 'lose', task: first });
    }
    const option = options[choose(options, this.events.length)];
    if (option === undefined) throw new Error('There is no such option.');
    this.#do(option, option.task === first ? touches : undefined);
  }

  #do({ kind, task }: Option, known: readonly Touch[] | undefined): void {
    const step = task.steps[0];
    const { process } = task;
    if (step === undefined) return;
    const touches = known ?? step.touches();
    if (kind === 'crash' || kind === 'tear') {
      if (kind === 'tear') step.tear?.();
      this.#changes++;
      this.events.push({
        task,
        text: `is killed${kind === 'tear' ? ' while it' : ' before it'} ${step.label}`,
        touches: everything,
        matters: true,
      });
      if (process !== undefined) this.kill(process);
      this.onCrash(process);
      return;
    }
    if (kind === 'sleep') {
      this.events.push({ task, text: `stands still before it ${step.label}`, touches: everything, matters: true });
      if (process !== undefined) process.sleepsUntil = this.#now + SLEEP_MS;
      return;
    }
    task.steps.shift();
    this.#last = task;
    const changes = touches.some(({ how }) => how !== 'read');
    if (changes) this.#changed();
    this.events.push({ task, text: step.label, touches, matters: changes || step.kind === 'answer' });
    if (kind === 'lose') {
      this.events.push({ task, text: 'but that is lost', touches: [], matters: true });
      step.lose?.();
    } else step.run();
  }

  onCrash: (process: Process | undefined) => void = () => undefined;

  /** Something is different now: whoever polls is about to see it. */
  #changed(): void {
    this.#changes++;
    for (const timer of this.#timers) {
      if (timer.pollMs !== undefined) timer.dueAt = Math.min(timer.dueAt, this.#now + timer.pollMs);
    }
  }

  /** Lets time pass until something happens; false if nothing ever will. */
  #wait(): boolean {
    const asleep = this.#tasks.map((task) => task.process).filter((process) => process?.sleepsUntil !== undefined);
    const wakesAt = Math.min(...asleep.map((process) => process?.sleepsUntil ?? Infinity));
    const timer = [...this.#timers]
      .filter(({ task }) => task.process?.sleepsUntil === undefined)
      .reduce<Timer | undefined>(
        (first, other) => (first === undefined || isBefore(other, first) ? other : first),
        undefined,
      );
    if (timer !== undefined && timer.dueAt <= wakesAt) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.dueAt);
      current.run(timer.task, timer.fire);
      return true;
    }
    if (wakesAt === Infinity) return false;
    this.#now = Math.max(this.#now, wakesAt);
    for (const process of new Set(asleep)) {
      if (process?.sleepsUntil !== wakesAt) continue;
      process.sleepsUntil = undefined;
      this.tell(`${process.name} goes on`);
      // An event loop that goes on runs its timers first, and then reads what has arrived.
      const overdue = [...this.#timers].filter(({ task, dueAt }) => task.process === process && dueAt <= this.#now);
      this.#overdue.push(...overdue.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)));
    }
    return true;
  }
}

const everything: readonly Touch[] = [{ what: '', how: 'write', deep: true }];

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}

/** Resolves when no promise has anything left to do: Node takes the next tick only after the last microtask. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
