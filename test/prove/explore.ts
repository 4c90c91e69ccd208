import { setImmediate as turn } from 'node:timers/promises';
import type { Choose, Event, Option, Process, Task, Touch, Trouble } from './schedule.ts';

/** How many of each there may be in one schedule. */
export type Bounds = Partial<Record<Trouble, number>>;

const TROUBLES = ['switches', 'crashes', 'sleeps', 'losses'] as const satisfies readonly Trouble[];

/** What was chosen where, apart from what happens by itself: enough to have it happen again. */
export interface Choice {
  readonly place: number;
  readonly name: string;
}

export interface Run<T> {
  readonly result: T;
  readonly choices: readonly Choice[];
  readonly cost: Bounds;
}

/** A place where something else could have happened. */
interface Place {
  readonly options: readonly Option[];
  readonly chosen: number;
  /** Of the event that followed. */
  readonly at: number;
  /** Whether it can make a difference that another task goes on here. */
  isOpen: boolean;
}

/** Does the same again, with what happens left to `choose`; `events` are what happened while there was a choice. */
export type Perform<T extends { readonly events: readonly Event[] }> = (choose: Choose) => Promise<T>;

/**
 * Does the same again and again, each time in another order, until it was done in every order within one of the bounds that can make
 * a difference: first those with the fewest interferences, and among these in no order, so that what is left when the time is up
 * was not left out on purpose. As in CHESS, every run starts anew, and turns off from an earlier one at one place. It turns off
 * before a step only if another task does something later that this step does not commute with.
 */
export class Exploration<T extends { readonly events: readonly Event[] }> {
  readonly #act: Perform<T>;
  readonly #bounds: readonly Bounds[];
  readonly #seen = new Set<string>();
  /** By how many interferences they have. */
  readonly #ahead: (readonly Choice[])[][] = [[[]]];
  #random = 1;

  constructor(act: Perform<T>, bounds: readonly Bounds[]) {
    this.#act = act;
    this.#bounds = bounds;
  }

  /** How many interferences every schedule has that has not been tried; undefined when all have been. */
  get left(): number | undefined {
    const first = this.#ahead.findIndex((choices) => choices.length > 0);
    return first < 0 ? undefined : first;
  }

  /** The next schedule; undefined when there is none left. */
  async next(): Promise<Run<T> | undefined> {
    const choices = this.#take();
    if (choices === undefined) return undefined;
    const { path, ...run } = await perform(this.#act, choices);
    openPlaces(path, run.result.events);
    this.#turnOff(path, choices);
    // A schedule never lets the event loop go on; now what is no longer needed can be forgotten.
    await turn();
    return run;
  }

  #take(): readonly Choice[] | undefined {
    const group = this.#ahead.find((choices) => choices.length > 0);
    if (group === undefined) return undefined;
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    const index = this.#random % group.length;
    const taken = group[index];
    group[index] = group.at(-1) ?? [];
    group.pop();
    return taken;
  }

  #turnOff(path: readonly Place[], choices: readonly Choice[]): void {
    const lastChoice = choices.at(-1)?.place ?? -1;
    let spent: Bounds = {};
    for (const [place, { options, chosen, isOpen }] of path.entries()) {
      const before = choices.filter((choice) => choice.place < place);
      for (const [index, { name, kind, cost }] of options.entries()) {
        // What does not depend on what others do was seen when this place was first come by.
        if (index === chosen || (kind === 'go' ? !isOpen : place <= lastChoice)) continue;
        const sum = plus(spent, cost);
        if (this.#bounds.some((bounds) => isWithin(sum, bounds)))
          this.#add([...before, { place, name }], weightOf(sum));
      }
      spent = plus(spent, options[chosen]?.cost ?? {});
    }
  }

  #add(choices: readonly Choice[], weight: number): void {
    const key = toText(choices);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    while (this.#ahead.length <= weight) this.#ahead.push([]);
    this.#ahead[weight]?.push(choices);
  }
}

/** Has happen again what a list of choices says. */
export async function perform<T extends { readonly events: readonly Event[] }>(
  act: Perform<T>,
  choices: readonly Choice[],
): Promise<Run<T> & { readonly path: readonly Place[] }> {
  const path: Place[] = [];
  const result = await act((options, at) => {
    const wanted = choices.find(({ place }) => place === path.length);
    const chosen = wanted === undefined ? 0 : options.findIndex(({ name }) => name === wanted.name);
    if (chosen < 0) throw new Error(`There is no "${wanted?.name}" at ${wanted?.place}.`);
    path.push({ options, chosen, at, isOpen: false });
    return chosen;
  });
  const cost = path.reduce<Bounds>((sum, { options, chosen }) => plus(sum, options[chosen]?.cost ?? {}), {});
  return { result, choices, cost, path };
}

export function toText(choices: readonly Choice[]): string {
  return choices.map(({ place, name }) => `${place}=${name}`).join(',');
}

/** Reads what {@link toText} wrote. */
export function fromText(text: string): readonly Choice[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => ({ place: Number.parseInt(part, 10), name: part.slice(part.indexOf('=') + 1) }));
}

/** How many interferences these are. */
export function weightOf(cost: Bounds): number {
  return TROUBLES.reduce((sum, trouble) => sum + (cost[trouble] ?? 0), 0);
}

function openPlaces(path: readonly Place[], events: readonly Event[]): void {
  const later = new Later();
  let end = events.length;
  for (const place of path.toReversed()) {
    const event = events[place.at];
    const isFree = place.options.some(
      ({ kind, cost }, index) => index > 0 && kind === 'go' && cost.switches === undefined,
    );
    if (place.chosen === 0) place.isOpen = isFree || (event !== undefined && later.meets(event));
    for (let index = end - 1; index >= place.at; index--) {
      const happened = events[index];
      if (happened !== undefined) later.add(happened);
    }
    end = place.at;
  }
}

/** What happens after a place. */
class Later {
  readonly #by = new Map<string, Map<string, { touch: Touch; task: Task | undefined }>>();
  readonly #deep = new Map<string, Map<string, { touch: Touch; task: Task | undefined }>>();
  readonly #tasks = new Map<Process, Set<Task>>();

  add({ task, touches }: Event): void {
    if (task?.process !== undefined) {
      const tasks = this.#tasks.get(task.process) ?? new Set();
      this.#tasks.set(task.process, tasks.add(task));
    }
    for (const touch of touches) {
      const kept = touch.deep === true ? this.#deep : this.#by;
      const same = kept.get(touch.what) ?? new Map<string, { touch: Touch; task: Task | undefined }>();
      kept.set(touch.what, same.set(`${touch.how} ${task?.name}`, { touch, task }));
    }
  }

  meets({ task, touches }: Event): boolean {
    // What tasks of one process share is in its memory, where nobody sees them touch it.
    const tasks = task?.process && this.#tasks.get(task.process);
    if (tasks !== undefined && (tasks.size > 1 || (task !== undefined && !tasks.has(task) && tasks.size > 0)))
      return true;
    return touches.some((touch) => this.#meet(touch, task));
  }

  #meet(touch: Touch, task: Task | undefined): boolean {
    const differ = (same: Map<string, { touch: Touch; task: Task | undefined }> | undefined): boolean =>
      same !== undefined &&
      [...same.values()].some(
        (other) => other.task !== task && (other.touch.how !== touch.how || touch.how === 'write'),
      );
    if (differ(this.#by.get(touch.what)) || differ(this.#deep.get(touch.what))) return true;
    for (const [what, same] of this.#deep) if (isBelow(touch.what, what) && differ(same)) return true;
    if (touch.deep !== true) return false;
    return [...this.#by, ...this.#deep].some(([what, same]) => isBelow(what, touch.what) && differ(same));
  }
}

function isBelow(what: string, above: string): boolean {
  return what.startsWith(`${above}/`);
}

function plus(a: Bounds, b: Bounds): Bounds {
  const sum: Bounds = { ...a };
  for (const trouble of TROUBLES) if (b[trouble] !== undefined) sum[trouble] = (sum[trouble] ?? 0) + b[trouble];
  return sum;
}

function isWithin(cost: Bounds, bounds: Bounds): boolean {
  return TROUBLES.every((trouble) => (cost[trouble] ?? 0) <= (bounds[trouble] ?? 0));
}
