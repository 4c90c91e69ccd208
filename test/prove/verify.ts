import type { Bounds } from './explore.ts';
import type { Machine, Opened } from './machine.ts';
import type { Event } from './schedule.ts';
import type { Shown } from './window.ts';
import type { Asked } from './x.ts';

/** Something that must not be; `isForgiven` if nobody could have prevented it. */
export interface Violation {
  readonly kind: string;
  readonly text: string;
  readonly isForgiven: boolean;
}

/** More requests for one person in one run than anybody needs. */
const MAX_REFRESHES = 8;

export interface Facts {
  readonly machine: Machine;
  readonly events: readonly Event[];
  readonly cost: Bounds;
  /** The id of the person's account before anything happened. */
  readonly idBefore: string | undefined;
  readonly signsOut: boolean;
  /** How many events there were before the windows did what is looked at. */
  readonly begunAt: number;
  /** What makes an answer of X durable, in the words of the step. */
  readonly keeps: RegExp;
}

/** What one window showed at some time, and what X had then. */
export interface Glimpse {
  readonly when: string;
  readonly window: string;
  readonly shown: Shown | undefined;
  /** Whether X takes what is shown. */
  readonly works: boolean;
  /** Refresh tokens that live at X, and that nobody has tried to revoke. */
  readonly live: readonly string[];
}

export function glimpse(machine: Machine, { process, shown }: Opened, when: string): Glimpse {
  const { x } = machine;
  const isRevoked = (token: string): boolean =>
    x.asked.some((asked) => asked.what === 'revoke' && asked.token === token);
  const live = x.live.filter((token) => !isRevoked(token));
  return { when, window: process.name, shown, works: shown !== undefined && x.takes(shown.accessToken), live };
}

/** What a window that has just been opened is given. */
export function checkFresh(facts: Facts, { when, shown, works, live }: Glimpse): readonly Violation[] {
  const { machine, idBefore, signsOut } = facts;
  const violations: Violation[] = [];
  if (shown !== undefined && !works)
    violations.push(...violation(facts, 'dead', `${when}, a new window shows a session that X does not take`));
  if (shown === undefined && !signsOut && live.length === 0)
    violations.push(...violation(facts, 'ended', `${when}, the person is signed out, and X has nothing any more`));
  if (!works && live.length > 0) {
    const tokens = live.map((token) => machine.x.nameOf(token)).join(' and ');
    if (shown === undefined && wasToBeRevoked(facts))
      return [
        {
          kind: 'not revoked',
          text: `${when}, ${tokens} lives at X: the window was killed that signed out`,
          isForgiven: true,
        },
      ];
    violations.push(...violation(facts, 'lost', `${when}, a new window has no good session, and ${tokens} lives at X`));
  }
  if (shown !== undefined && idBefore !== undefined && shown.id !== idBefore && !signsOut)
    violations.push(...violation(facts, 'id', `${when}, the account has another id`));
  return violations;
}

/** What a window that was there all the time is given. */
export function checkOld(facts: Facts, { window, shown, works, live }: Glimpse, hadOne: boolean): readonly Violation[] {
  if (shown !== undefined && !works) return violation(facts, 'dead', `${window} shows a session that X does not take`);
  if (shown === undefined && hadOne && !facts.signsOut && live.length > 0)
    return violation(facts, 'blind', `${window} shows no session, and X has one`);
  return [];
}

/** What must be true of a run as a whole. */
export function checkRun(facts: Facts): readonly Violation[] {
  const { machine, cost, signsOut } = facts;
  const { x, notices } = machine;
  const violations: Violation[] = [];
  const isDisturbed = (cost.crashes ?? 0) + (cost.sleeps ?? 0) + (cost.losses ?? 0) > 0;
  const sent = x.refreshes.map(({ token }) => token);
  const twice = sent.find((token, index) => sent.indexOf(token) !== index);
  if (twice !== undefined && !isDisturbed)
    violations.push({ kind: 'twice', text: `${x.nameOf(twice)} is sent twice`, isForgiven: false });
  if (sent.length > MAX_REFRESHES)
    violations.push({ kind: 'storm', text: `${sent.length} requests for new tokens`, isForgiven: false });
  const told = notices.filter(({ notice }) => notice.kind === 'rejected');
  if (told.length > 1)
    violations.push({ kind: 'told twice', text: `${told.length} messages say that X has ended it`, isForgiven: false });
  if (told.length > 0 && unpreventable(facts).length === 0)
    violations.push({
      kind: 'false alarm',
      text: 'a message says that X has ended it',
      // From a window that stands still with X's answer nobody hears; it is taken back when that goes on.
      isForgiven: (cost.sleeps ?? 0) > 0,
    });
  if (notices.some(({ notice }) => notice.kind === 'vanished'))
    violations.push({ kind: 'vanished', text: 'a message says that a sign-in has vanished', isForgiven: false });
  const revoked = x.asked.find(
    ({ what, wasLive, token }) => what === 'revoke' && wasLive && x.nameOf(token).startsWith('R'),
  );
  if (revoked !== undefined && !signsOut)
    violations.push({
      kind: 'revoked',
      text: `${x.nameOf(revoked.token)} is revoked, though nobody has signed out`,
      isForgiven: false,
    });
  for (const error of machine.mistakes)
    violations.push({
      kind: 'mistake',
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
      isForgiven: false,
    });
  return violations;
}

/** Whether whoever signed out, and would have revoked a token, was killed before. */
function wasToBeRevoked({ signsOut, events }: Facts): boolean {
  return signsOut && events.some(({ task }) => task?.process?.isDead === true && task.name.endsWith('signs out'));
}

function violation(facts: Facts, kind: string, text: string): readonly Violation[] {
  return [{ kind, text, isForgiven: unpreventable(facts).length > 0 }];
}

/** Answers with new tokens that nobody could keep: they never arrived, or their window was killed before the first thing it did with them. */
function unpreventable({ machine, events, keeps }: Facts): readonly Asked[] {
  return machine.x.asked.filter((asked) => {
    if (asked.gave === undefined) return false;
    if (asked.state !== 'answered') return true;
    if (!asked.process.isDead) return false;
    return !events
      .slice(asked.answeredAt)
      .some(({ task, text, matters }) => task?.process === asked.process && matters && keeps.test(text));
  });
}
