import * as v from 'valibot';
import { SCOPE } from '../oauth/characters.ts';
import { plainWords } from '../oauth/errors.ts';
import { ImageUrl } from '../x/users.ts';

/** Whose grant it is. `id` is X's user id, `label` is what VS Code keys permissions by: nobody else ever gets it (labels.ts). */
export interface Account {
  readonly id: string;
  readonly label: string;
  /** Their picture at X, if it is known. */
  readonly imageUrl?: string | undefined;
}

/** What X gave, for one client id and one X user. */
export interface Grant {
  /** The id of every session that is a view of this grant; survives refreshes and wider consents. */
  readonly id: string;
  /** Where it came from: nowhere else are its tokens and its app's secret ever sent, whatever the settings say by then. */
  readonly apiBaseUrl: string;
  readonly clientId: string;
  readonly account: Account;
  /** As X granted them, `offline.access` included. */
  readonly scopes: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** When X gave it, in epoch milliseconds by this machine's clock: when a sign-in's answer came, or a refresh was sent. */
  readonly obtainedAt: number;
  /** When the access token ends, by the same clock. */
  readonly expiresAt: number;
  /** Of the sign-in that it came from: random, and the same through all refreshes. */
  readonly signInId: string;
  /** Which of the sign-ins to the app that was, counted where it was made: X ends a person's grant when it gives them a later one. */
  readonly signInNumber: number;
  /** Counts the states of a grant, and goes on counting when another sign-in takes its place. */
  readonly generation: number;
}

/** How long an access token lives where X does not say (docs/what-x-does.md, 2: two hours). */
export const DEFAULT_LIFETIME_MS = 2 * 60 * 60_000;

/** A token handed out has at least this long to live. */
export const LEAST_LIFETIME_MS = 10 * 60_000;

/** A stored record that can't be read. The message never quotes it. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
  /** True for a record that a newer version of this extension wrote: it is left alone. */
  readonly newer: boolean;

  constructor(message: string, newer: boolean) {
    super(message);
    this.newer = newer;
  }
}

const VERSION = 1;

const text = v.pipe(v.string(), v.nonEmpty());
const time = v.pipe(v.number(), v.finite());

/** The name of an account, fit to be shown whoever wrote it. */
export const Label = v.pipe(
  text,
  v.transform((label) => plainWords(label)),
  v.nonEmpty(),
);

const GrantRecord = v.object({
  version: v.literal(VERSION),
  // Fit for a line of the log.
  id: v.pipe(
    text,
    v.check((id) => plainWords(id) === id),
  ),
  apiBaseUrl: v.pipe(text, v.url()),
  clientId: text,
  account: v.object({ id: text, label: Label, imageUrl: ImageUrl }),
  scopes: v.pipe(
    v.array(text),
    v.transform((scopes) => scopes.filter((scope) => SCOPE.test(scope))),
  ),
  accessToken: text,
  refreshToken: v.optional(text),
  obtainedAt: time,
  expiresAt: time,
  signInId: text,
  signInNumber: v.pipe(v.number(), v.integer()),
  generation: v.pipe(v.number(), v.integer()),
});

/** What is stored and handed over for a grant: versioned, small, JSON. */
export function toRecord(grant: Grant): object {
  return { version: VERSION, ...grant };
}

/**
 * Reads what {@link toRecord} made, from SecretStorage or from another window.
 *
 * @throws {UnreadableRecordError}
 */
export function fromRecord(value: unknown): Grant {
  const parsed = v.safeParse(GrantRecord, value);
  if (!parsed.success) {
    const version = v.safeParse(v.object({ version: v.number() }), value);
    const newer = version.success && version.output.version > VERSION;
    throw new UnreadableRecordError(newer ? 'it was written by a newer version' : 'it is damaged', newer);
  }
  const { version: _, refreshToken, ...rest } = parsed.output;
  return { ...rest, refreshToken };
}

/** Whether two grants are the same state of the same grant. */
export function sameState(a: Grant, b: Grant): boolean {
  return (
    a.signInId === b.signInId &&
    a.generation === b.generation &&
    a.accessToken === b.accessToken &&
    a.refreshToken === b.refreshToken &&
    a.account.id === b.account.id
  );
}

/**
 * Whether the access token should be refreshed before it is handed out. One that seems to live longer than X gave it was
 * obtained before the clock went back, so its end is not known: it is refreshed as well.
 */
export function isDue(grant: Grant, now: number, leastMs = LEAST_LIFETIME_MS): boolean {
  return now > dueAt(grant, leastMs) || now < grant.obtainedAt;
}

/** From when on the access token should be refreshed before it is handed out. */
export function dueAt(grant: Grant, leastMs = LEAST_LIFETIME_MS): number {
  // A token that X gave for a shorter time than that would be refreshed at every call.
  return grant.expiresAt - Math.min(leastMs, (grant.expiresAt - grant.obtainedAt) / 2);
}

/** A token that is younger is not refreshed because somebody asks for it. */
export const YOUNG_MS = 5 * 60_000;

/** Whether the access token is so new that another would not be better. One from the future was obtained before the clock went back. */
export function isYoung(grant: Grant, now: number): boolean {
  const age = now - grant.obtainedAt;
  return age >= 0 && age < YOUNG_MS;
}

/** Whether the access token has ended, as far as this machine's clock can tell. */
export function isExpired(grant: Grant, now: number): boolean {
  return grant.expiresAt <= now;
}

/** A grant whose person X would not name when it was given is kept under such an id until it does. */
const PROVISIONAL = 'unnamed-';

export function provisionalAccount(grantId: string, label: string): Account {
  return { id: `${PROVISIONAL}${grantId}`, label };
}

export function isProvisional(account: Account): boolean {
  return account.id.startsWith(PROVISIONAL);
}
