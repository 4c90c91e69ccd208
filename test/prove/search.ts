import { type Bounds, type Choice, Exploration, perform, type Perform, type Run, weightOf } from './explore.ts';
import { asks, Machine, ticks, type Opened } from './machine.ts';
import type { Program } from './program.ts';
import { type Event, NeverEnds } from './schedule.ts';
import { HOUR, MINUTE, type Scenario } from './scenarios.ts';
import type { StoreKind } from './secrets.ts';
import { storyOf } from './story.ts';
import { checkFresh, checkOld, checkRun, type Glimpse, glimpse, type Violation } from './verify.ts';

/** What makes an answer of X durable, in the words of the step: to be changed with the wiring. */
const KEEPS = /^writes grants\/|^renames .* to grants\/|^stores /;

/** How often everybody looks, a minute apart, for what is true to be known. */
const MOST_LOOKS = 4;

interface Done {
  readonly machine: Machine;
  readonly events: readonly Event[];
  /** How many events there were before anybody had a choice. */
  readonly begunAt: number;
  readonly stuck: string | undefined;
  readonly violationsOf: (cost: Bounds) => readonly Violation[];
}

export interface Found {
  readonly kind: string;
  readonly text: string;
  readonly isForgiven: boolean;
  readonly choices: readonly Choice[];
  readonly cost: Bounds;
  /** How many steps the windows took before the world came to rest. */
  readonly steps: number;
  readonly story: readonly string[];
}

export interface Result {
  readonly scenario: string;
  readonly kind: StoreKind;
  readonly schedules: number;
  /** How many interferences every schedule has that was not tried; undefined if all were. */
  readonly left: number | undefined;
  /** Of each kind, the shortest. */
  readonly found: readonly Found[];
  readonly seconds: number;
}

function performer(scenario: Scenario, kind: StoreKind, program: Program): Perform<Done> {
  return async (choose) => {
    const machine = new Machine(kind, program);
    const { schedule } = machine;
    await scenario.begin(machine);
    const begunAt = schedule.events.length;
    const had = new Map(machine.alive.map(({ process, shown }) => [process, shown]));
    // What had no name when somebody signed in anew may go on as that.
    const idBefore = [...had.values()].find((shown) => shown?.account.startsWith('unnamed-') === false)?.id;
    const acts = scenario.acts();
    const signsOut = acts.some(({ does }) => does.includes('signs out'));
    const fresh: Glimpse[] = [];
    const old: (readonly [Glimpse, boolean])[] = [];
    let stuck: string | undefined;
    let endedAt = 0;
    try {
      await machine.play(acts, choose);
      endedAt = schedule.events.length;
      await settle(machine);
      fresh.push(await openFresh(machine, 'afterwards'));
      schedule.advance(2 * HOUR);
      await settle(machine);
      for (const opened of machine.alive)
        old.push([glimpse(machine, opened, 'two hours later'), had.get(opened.process) !== undefined]);
      fresh.push(await openFresh(machine, 'two hours later'));
    } catch (error) {
      if (!(error instanceof NeverEnds)) throw error;
      stuck = error.message;
    }
    const events = schedule.events.slice(0, endedAt || schedule.events.length);
    const violationsOf = (cost: Bounds): readonly Violation[] => {
      if (stuck !== undefined) return [{ kind: stuck, text: stuck, isForgiven: false }];
      const facts = { machine, events: schedule.events, cost, idBefore, signsOut, begunAt, keeps: KEEPS };
      return [
        ...fresh.flatMap((seen) => checkFresh(facts, seen)),
        ...old.flatMap(([seen, hadOne]) => checkOld(facts, seen, hadOne)),
        ...checkRun(facts),
      ];
    };
    return { machine, events, begunAt, stuck, violationsOf };
  };
}

/** Every window looks and asks, until they are all content or have tried often enough. */
async function settle(machine: Machine): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    for (const { process } of machine.alive) {
      const { name } = process;
      await machine.play([{ window: name, does: 'looks', run: ({ window }) => window.catchUp() }, asks(name)]);
      await machine.play([ticks(name)]);
    }
    if (machine.alive.every((opened) => isContent(machine, opened))) break;
    machine.schedule.advance(MINUTE);
  }
}

function isContent({ x }: Machine, { shown }: Opened): boolean {
  return shown === undefined ? x.live.length === 0 : x.takes(shown.accessToken);
}

/** What a window is given that opens now; it is closed again. */
async function openFresh(machine: Machine, when: string): Promise<Glimpse> {
  const name = `New window ${when}`;
  for (let look = 0; look < MOST_LOOKS; look++) {
    await machine.play([asks(name)]);
    const opened = machine.windows.get(name);
    if (opened !== undefined && (look === MOST_LOOKS - 1 || isContent(machine, opened))) {
      machine.kill(name);
      return glimpse(machine, opened, when);
    }
    machine.schedule.advance(MINUTE);
  }
  throw new Error('It did not open.');
}

/** When to stop although not everything was tried. */
export interface Limits {
  readonly seconds: number;
  readonly schedules?: number;
  /** `violation`: at the first that is not forgiven. */
  readonly until?: 'end' | 'violation';
}

/** Searches one scenario until every schedule within the bounds was tried, or the time is up. */
export async function search(
  scenario: Scenario,
  kind: StoreKind,
  bounds: readonly Bounds[],
  program: Program,
  { seconds, schedules: most = Infinity, until = 'end' }: Limits,
): Promise<Result> {
  const startedAt = performance.now();
  const past = (): number => (performance.now() - startedAt) / 1000;
  const exploration = new Exploration(performer(scenario, kind, program), bounds);
  const found = new Map<string, Found>();
  let schedules = 0;
  for (let run = await exploration.next(); run !== undefined; run = await exploration.next()) {
    schedules++;
    for (const violation of run.result.violationsOf(run.cost)) {
      const key = `${violation.kind} ${violation.isForgiven}`;
      const known = found.get(key);
      const steps = run.result.events.length - run.result.begunAt;
      if (known === undefined || isShorter({ ...run, steps }, known))
        found.set(key, { ...violation, choices: run.choices, cost: run.cost, steps, story: tell(run) });
    }
    const isOver = until === 'violation' && [...found.values()].some(({ isForgiven }) => !isForgiven);
    if (isOver || schedules >= most || past() > seconds) break;
  }
  const { left } = exploration;
  return { scenario: scenario.name, kind, schedules, left, found: [...found.values()], seconds: past() };
}

/** Has one schedule happen again, and tells everything. */
export async function again(
  scenario: Scenario,
  kind: StoreKind,
  choices: readonly Choice[],
  program: Program,
): Promise<{
  readonly violations: readonly Violation[];
  readonly story: readonly string[];
  readonly log: readonly string[];
}> {
  const run = await perform(performer(scenario, kind, program), choices);
  return {
    violations: run.result.violationsOf(run.cost),
    story: storyOf(run.result.machine.schedule.events, true),
    log: run.result.machine.logged,
  };
}

function isShorter(a: Pick<Found, 'cost' | 'steps'>, b: Pick<Found, 'cost' | 'steps'>): boolean {
  return (weightOf(a.cost) - weightOf(b.cost) || a.steps - b.steps) < 0;
}

function tell({ result: { machine, begunAt } }: Run<Done>): readonly string[] {
  return storyOf(machine.schedule.events.slice(begunAt));
}
