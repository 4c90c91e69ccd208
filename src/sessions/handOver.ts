import * as v from 'valibot';
import { codeOf } from './busyFiles.ts';
import { fromRecord, sameState, sealOf, toRecord, UnreadableRecord, type Grant } from './grant.ts';

/** Sealed notes that every window can leave and find. */
export interface Notes {
  read(secret: string, purpose: string): Promise<unknown>;
  write(secret: string, purpose: string, payload: unknown): Promise<void>;
  /** Resolves to true for exactly one of all windows. */
  writeFirst(secret: string, purpose: string, payload: unknown): Promise<boolean>;
  remove(secret: string, purpose: string): Promise<void>;
}

/** What became of a state of a grant. Written once: the first window to say it is the one that is believed. */
export type Next =
  { readonly kind: 'renewed'; readonly grant: Grant } | { readonly kind: 'signed-out' } | { readonly kind: 'rejected' };

/** Why a grant is no more. */
export type Ending = 'signed-out' | 'rejected';

const NextNote = v.object({
  kind: v.picklist(['renewed', 'signed-out', 'rejected']),
  grant: v.optional(v.unknown()),
});

/** More than a grant takes. */
const ROOM_BYTES = 8 * 1024;

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** A request for the next state of a grant. */
export type Sent = v.InferOutput<typeof SentNote>;

/** Whatever is there says that something may have been sent. */
const SentNote = v.fallback(v.object({ id: v.string(), isRefused: v.boolean() }), { id: '', isRefused: false });

/** Far more renewals than notes are kept for; a chain that is longer is damaged. */
const MAX_CHAIN = 1000;

/**
 * How windows hand grants to each other. Every state of a grant has at most one successor, in a note sealed with the tokens
 * of that state, so the states form a chain that a window which is behind can follow to its end.
 */
export class HandOver {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /**
   * The newest state of the grant that any window has left, or why there is none any more.
   *
   * @throws {UnreadableRecord} if only a newer version can tell, and what the notes throw if they can't be read now
   */
  async newest(grant: Grant): Promise<Grant | Ending> {
    let newest = grant;
    for (let steps = 0; steps < MAX_CHAIN; steps++) {
      const next = await this.next(newest);
      if (next === undefined) return newest;
      if (next.kind !== 'renewed') return next.kind;
      if (sameState(next.grant, newest)) break;
      newest = next.grant;
    }
    return newest;
  }

  /** Lets the note of a state lead straight to one that follows from it, so that it lasts for as long as that is needed. */
  async shorten(from: Grant, to: Grant): Promise<void> {
    const newest = await this.newest(from);
    if (newest === from || typeof newest === 'string' || !sameState(newest, to)) return;
    await this.#notes.write(sealOf(from), 'next', { kind: 'renewed', grant: toRecord(to) });
  }

  /** @throws {UnreadableRecord} if the note was left by a newer version, which alone knows what became of the grant */
  async next(grant: Grant): Promise<Next | undefined> {
    const note = await this.#notes.read(sealOf(grant), 'next');
    if (note === undefined) return undefined;
    const parsed = v.safeParse(NextNote, note);
    if (!parsed.success) throw new UnreadableRecord('what became of it was noted by a newer version', true);
    if (parsed.output.kind !== 'renewed') return { kind: parsed.output.kind };
    return { kind: 'renewed', grant: fromRecord(parsed.output.grant) };
  }

  /** Leaves what became of `grant`. Resolves to false when another window has said so before: then that holds. */
  async leave(grant: Grant, next: Next): Promise<boolean> {
    const note = next.kind === 'renewed' ? { kind: next.kind, grant: toRecord(next.grant) } : next;
    const secret = sealOf(grant);
    const leaveFirst = (): Promise<boolean> => this.#notes.writeFirst(secret, 'next', note);
    const isFirst = await leaveFirst().catch(async (error: unknown) => {
      if (!FULL.has(codeOf(error) ?? '')) throw error;
      // The mark has kept room for this.
      await this.unmarkSent(grant);
      return leaveFirst();
    });
    if (!isFirst) {
      if ((await this.#notes.read(secret, 'next')) !== undefined) return false;
      // What can't be unsealed is nobody's word: something damaged it, and it must not be in the way for ever.
      await this.#notes.write(secret, 'next', note);
    }
    // It says nothing any more; what can't be deleted is swept.
    if (next.kind === 'renewed') await this.unmarkSent(grant).catch(() => {});
    return true;
  }

  /** Says that `next` became of a grant instead, which a window that could not know of it has noted as rejected. */
  async overrule(rejected: Grant, next: Grant): Promise<void> {
    await this.#notes.write(sealOf(rejected), 'next', { kind: 'renewed', grant: toRecord(next) });
  }

  /**
   * Remembers that a renewal is about to be sent, so that a lost answer can be told from a grant that X ended, and keeps room on the
   * disk for the answer.
   */
  async markSent(grant: Grant, sent: Sent): Promise<void> {
    await this.#notes.write(sealOf(grant), 'sent', { ...sent, room: 'x'.repeat(ROOM_BYTES) });
  }

  /** The request that was marked last; undefined when certainly none was sent. */
  async sent(grant: Grant): Promise<Sent | undefined> {
    const note = await this.#notes.read(sealOf(grant), 'sent');
    return note === undefined ? undefined : v.parse(SentNote, note);
  }

  async unmarkSent(grant: Grant): Promise<void> {
    await this.#notes.remove(sealOf(grant), 'sent');
  }

  /** True in one window only: the one that tells the person about `event`, which concerns what is stored as `secret`. */
  async isFirstToTell(secret: string, event: string): Promise<boolean> {
    try {
      return await this.#notes.writeFirst(secret, `told:${event}`, {});
    } catch {
      // Where no note can be left, to be told twice is better than not at all.
      return true;
    }
  }
}
