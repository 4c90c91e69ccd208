import type { Bounds } from './explore.ts';
import { type Act, asks, closes, lists, type Machine, signsIn, signsOut, ticks } from './machine.ts';
import type { StoreKind } from './secrets.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** What several windows do at once, and what was before. */
export interface Scenario {
  readonly name: string;
  readonly kinds?: readonly StoreKind[];
  /** Windows at once, the one that comes back after a crash not counted. */
  readonly windows: number;
  readonly begin: (machine: Machine) => Promise<void>;
  readonly acts: () => readonly Act[];
  /** Each is searched by itself. */
  readonly bounds: readonly Bounds[];
}

const CALM: readonly Bounds[] = [{ switches: 2 }];
const ROUGH: readonly Bounds[] = [
  { switches: 2 },
  { switches: 1, crashes: 1 },
  { switches: 1, sleeps: 1 },
  { switches: 1, losses: 1 },
];

/** Ada is signed in, and two windows know; her access token has just ended. */
async function expired(machine: Machine): Promise<void> {
  await machine.play([signsIn('A')]);
  await machine.play([lists('B')]);
  machine.schedule.advance(2 * HOUR);
}

/** As {@link expired}, and the token is still good. */
async function signedIn(machine: Machine): Promise<void> {
  await machine.play([signsIn('A')]);
  await machine.play([lists('B')]);
  machine.schedule.advance(10 * MINUTE);
}

/** A window asks, and again while another may stand still. */
const keepsAsking = (window: string): Act => asks(window, 3, 25_000);

export const scenarios: readonly Scenario[] = [
  {
    name: 'one window refreshes',
    windows: 1,
    begin: async (machine) => {
      await machine.play([signsIn('A')]);
      machine.schedule.advance(2 * HOUR);
    },
    acts: () => [asks('A')],
    bounds: [{ switches: 1, crashes: 1 }, { switches: 1, sleeps: 1 }, { losses: 1 }],
  },
  { name: 'two windows refresh', windows: 2, begin: expired, acts: () => [asks('A'), keepsAsking('B')], bounds: ROUGH },
  { name: 'refresh, sign-out', windows: 2, begin: expired, acts: () => [asks('A'), signsOut('B')], bounds: ROUGH },
  {
    name: 'refresh, sign-in elsewhere',
    windows: 2,
    begin: expired,
    acts: () => [asks('A'), signsIn('B')],
    bounds: ROUGH,
  },
  {
    name: 'refresh, sign-in in the same window',
    windows: 1,
    begin: expired,
    acts: () => [asks('A'), signsIn('A')],
    bounds: CALM,
  },
  {
    name: 'refresh, the window closes',
    windows: 2,
    begin: expired,
    acts: () => [asks('A'), closes('A'), asks('B')],
    bounds: CALM,
  },
  {
    name: 'refresh, wider consent',
    windows: 2,
    begin: expired,
    acts: () => [asks('A'), signsIn('B', ['tweet.write'])],
    bounds: CALM,
  },
  {
    name: 'refresh, late name',
    windows: 2,
    begin: async (machine) => {
      machine.x.doesNotName = 1;
      await expired(machine);
    },
    acts: () => [asks('A'), asks('B')],
    bounds: ROUGH,
  },
  {
    name: 'late name, sign-in',
    windows: 2,
    begin: async (machine) => {
      machine.x.doesNotName = 1;
      await signedIn(machine);
    },
    acts: () => [asks('A'), signsIn('B')],
    bounds: ROUGH,
  },
  {
    name: 'two sign-ins at once',
    windows: 2,
    begin: async (machine) => machine.play([lists('A'), lists('B')]),
    acts: () => [signsIn('A'), signsIn('B')],
    bounds: ROUGH,
  },
  {
    name: 'two sign-ins, X slow to name',
    windows: 2,
    begin: async (machine) => {
      await machine.play([lists('A'), lists('B')]);
      machine.x.slowToName = 15_000;
    },
    acts: () => [signsIn('A'), signsIn('B')],
    bounds: [{ switches: 1 }],
  },
  { name: 'sign-out, sign-in', windows: 2, begin: signedIn, acts: () => [signsOut('A'), signsIn('B')], bounds: ROUGH },
  {
    name: 'sign-in that was not seen, refresh',
    windows: 2,
    begin: async (machine) => {
      await machine.play([lists('B')]);
      await machine.play([signsIn('A')]);
      machine.schedule.advance(2 * HOUR);
    },
    acts: () => [asks('A'), asks('B')],
    bounds: ROUGH,
  },
  {
    name: 'both signed in, both refresh',
    windows: 2,
    begin: async (machine) => {
      await machine.play([lists('A'), lists('B')]);
      await machine.play([signsIn('A')]);
      await machine.play([signsIn('B')]);
      machine.schedule.advance(2 * HOUR);
    },
    acts: () => [asks('A'), asks('B')],
    bounds: ROUGH,
  },
  {
    name: 'signed out and in, another window late',
    windows: 2,
    begin: signedIn,
    acts: () => [
      {
        window: 'A',
        does: 'signs out and in',
        run: async (opened, machine) => {
          await signsOut('A').run(opened, machine);
          await signsIn('A').run(opened, machine);
        },
      },
      ticks('B'),
    ],
    bounds: CALM,
  },
  {
    name: 'the files are gone, refresh',
    windows: 2,
    begin: async (machine) => {
      await expired(machine);
      machine.disk.rm('/storage/grants', { recursive: true, force: true });
      machine.kill('A');
      machine.kill('B');
    },
    acts: () => [asks('C'), asks('D')],
    bounds: CALM,
  },
  {
    name: 'refresh, a third window opens',
    windows: 3,
    begin: expired,
    acts: () => [asks('A'), asks('C')],
    bounds: CALM,
  },
  {
    name: 'three windows refresh',
    windows: 3,
    begin: async (machine) => {
      await machine.play([signsIn('A')]);
      await machine.play([lists('B')]);
      await machine.play([lists('C')]);
      machine.schedule.advance(2 * HOUR);
    },
    acts: () => [asks('A'), asks('B'), asks('C')],
    bounds: [{ switches: 1 }, { crashes: 1 }],
  },
];
