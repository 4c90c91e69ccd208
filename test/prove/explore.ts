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
  /** Without their tasks, which would keep the whole run in memory. */
  readonly options: readonly Omit<Option, 'task'>[];
  chosen: number;
  /** Of the event that followed. */
  at: number;
  /** Whether it can make a difference that another task goes on here. */
  isOpen: boolean;
}

/** Does the same again, with what happens left to `choose`; `events` are what happened while there was a choice. */
export type Perform<T extends { readonly events: readonly Event[] }> = (choose: Choose) => Promise<T>;

/**
 * Does the same again and again, each time in another order, until it was done in every order within the bounds that can make a
 * difference. As in CHESS, every run starts anew and follows the choices of the one before up to where it turns off. It turns off
 * before a step only if another task does something later that this step does not commute with.
 */
export async function* explore<T extends { readonly events: readonly Event[] }>(
  perform: Perform<T>,
  bounds: Bounds,
): AsyncGenerator<Run<T>> {
  const path: Place[] = [];
  do {
    let depth = 0;
    const result = await perform((options, at) => {
      const place = path[depth++] ?? add(path, options);
      place.at = at;
      if (place.options[place.chosen]?.name !== options[place.chosen]?.name) throw new Error('It is not the same again.');
      return place.chosen;
    });
    path.length = depth;
    openPlaces(path, result.events);
    yield { result, choices: choicesOf(path), cost: costOf(path) };
    // A schedule never lets the event loop go on; now what is no longer needed can be forgotten.
    await turn();
  } while (turnOff(path, bounds));
}

/** Has happen again what a story of choices says. */
export async function replay<T extends { readonly events: readonly Event[] }>(
  perform: Perform<T>,
  choices: readonly Choice[],
): Promise<Run<T>> {
  const path: Place[] = [];
  const result = await perform((options, at) => {
    const wanted = choices.find(({ place }) => place === path.length);
    const place = add(path, options);
    place.at = at;
    place.chosen = wanted === undefined ? 0 : options.findIndex(({ name }) => name === wanted.name);
    if (place.chosen < 0) throw new Error(`There is no "${wanted?.name}" at ${wanted?.place}.`);
    return place.chosen;
  });
  return { result, choices, cost: costOf(path) };
}

function add(path: Place[], options: readonly Option[]): Place {
  const kept = options.map(({ name, kind, cost }) => ({ name, kind, cost }));
  const place = { options: kept, chosen: 0, at: 0, isOpen: false };
  path.push(place);
  return place;
}

/** Turns off at the last place where that is possible; false when there is none. */
function turnOff(path: Place[], bounds: Bounds): boolean {
  const spent: Bounds[] = [{}];
  for (const place of path) spent.push(plus(spent.at(-1) ?? {}, place.options[place.chosen]?.cost ?? {}));
  for (let last = path.length - 1; last >= 0; last--) {
    const { options, chosen, isOpen } = path[last] as Place;
    const next = options.findIndex(
      ({ kind, cost }, index) =>
        index > chosen && (kind !== 'go' || isOpen) && isWithin(plus(spent[last] ?? {}, cost), bounds),
    );
    if (next > 0) {
      (path[last] as Place).chosen = next;
      path.length = last + 1;
      return true;
    }
  }
  return false;
}

function openPlaces(path: readonly Place[], events: readonly Event[]): void {
  const later = new Later();
  let end = events.length;
  for (const place of path.toReversed()) {
    const event = events[place.at];
    const isFree = place.options.some(({ kind, cost }, index) => index > 0 && kind === 'go' && cost.switches === undefined);
    if (place.chosen === 0 && !place.isOpen && (isFree || (event !== undefined && later.meets(event)))) place.isOpen = true;
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
    if (tasks !== undefined && (tasks.size > 1 || (task !== undefined && !tasks.has(task) && tasks.size > 0))) return true;
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

export function isBelow(what: string, above: string): boolean {
  return what.startsWith(`${above}/`);
}

function choicesOf(path: readonly Place[]): readonly Choice[] {
  return path.flatMap(({ options, chosen }, place) => {
    const name = options[chosen]?.name;
    return chosen === 0 || name === undefined ? [] : [{ place, name }];
  });
}

function costOf(path: readonly Place[]): Bounds {
  return path.reduce<Bounds>((sum, { options, chosen }) => plus(sum, options[chosen]?.cost ?? {}), {});
}

function plus(a: Bounds, b: Bounds): Bounds {
  const sum: Bounds = { ...a };
  for (const trouble of TROUBLES) if (b[trouble] !== undefined) sum[trouble] = (sum[trouble] ?? 0) + b[trouble];
  return sum;
}

function isWithin(cost: Bounds, bounds: Bounds): boolean {
  return TROUBLES.every((trouble) => (cost[trouble] ?? 0) <= (bounds[trouble] ?? 0));
}
