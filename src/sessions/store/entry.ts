import * as v from 'valibot';
import {
  fromRecord,
  toRecord,
  UnreadableRecordError,
  withoutTokens,
  type Grant,
  type GrantKind,
  type GrantOf,
} from '../grant.ts';

/** Why there is no grant any more. `moved`: it has got its name, and goes on under that. */
export type Ending = 'signed-out' | 'rejected' | 'moved';

/** A request for the next state of a grant, whose answer nobody has kept. */
export interface Sent {
  readonly id: string;
  /** X said that the refresh token is dead, which may be because another window has used it. */
  readonly isRefused: boolean;
}

/** All that is known of one person's access to one app. */
export interface Entry<G extends Grant = Grant> {
  /** In its newest state; without its tokens when it has ended. */
  readonly grant: G;
  readonly ended?: Ending | undefined;
  /** A sign-in that is under way: it is not shown yet, and has no tokens until X gives them. */
  readonly isPending?: boolean | undefined;
  readonly sent?: Sent | undefined;
  /** What the person was told about this state. */
  readonly told?: readonly string[] | undefined;
}

/** What an entry says can't be known now, or only by a newer version. That is no reason to act as if nobody had said anything. */
export class EntryUnavailableError extends Error {
  override readonly name = 'EntryUnavailableError';
}

const VERSION = 1;

const EntryRecord = v.object({
  version: v.literal(VERSION),
  grant: v.unknown(),
  ended: v.optional(v.picklist(['signed-out', 'rejected', 'moved'])),
  isPending: v.optional(v.boolean()),
  sent: v.optional(v.object({ id: v.string(), isRefused: v.boolean() })),
  told: v.optional(v.array(v.string())),
});

export function toEntryRecord({ grant, ...rest }: Entry): object {
  return { version: VERSION, grant: toRecord(grant), ...rest };
}

/** @throws {UnreadableRecordError} */
export function fromEntryRecord<Kind extends GrantKind>(kind: Kind, value: unknown): Entry<GrantOf<Kind>> {
  const parsed = v.safeParse(EntryRecord, value);
  // Nobody but this extension can have sealed it.
  if (!parsed.success) throw new UnreadableRecordError('it was written by a newer version', true);
  const { version: _, grant, ...rest } = parsed.output;
  return { ...rest, grant: fromRecord(kind, grant) };
}

export function isLive<G extends Grant>(entry: Entry<G> | undefined): entry is Entry<G> {
  return entry !== undefined && entry.ended === undefined && entry.isPending !== true;
}

/** What is kept of a grant that has ended: enough to know what is not news of it. */
export function ended<G extends Grant>({ grant }: Entry<G>, how: Ending): Entry<G> {
  return { grant: withoutTokens(grant), ended: how };
}

/**
 * Whether `news` says more than what is known: of a later sign-in, or more of the same. Somebody who has signed out of a sign-in
 * stays signed out of it, and that X has ended it is taken back by what X gave for it.
 */
export function isNews(news: Entry, known: Entry | undefined): boolean {
  if (known === undefined) return true;
  const [later, earlier] = [news.grant, known.grant];
  if (later.signInId !== earlier.signInId) {
    if (later.signInNumber !== earlier.signInNumber) return later.signInNumber > earlier.signInNumber;
    // Made where nobody knew of the other: on two machines, say.
    return later.obtainedAt > earlier.obtainedAt;
  }
  if (isFinal(known)) return false;
  if (isFinal(news)) return true;
  if (later.generation !== earlier.generation) return later.generation > earlier.generation;
  return news.ended === 'rejected' && known.ended === undefined;
}

function isFinal({ ended: how }: Entry): boolean {
  return how === 'signed-out' || how === 'moved';
}
