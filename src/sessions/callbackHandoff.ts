import * as v from 'valibot';

/** Sealed notes that every window can leave and find. */
export interface Notes {
  read(secret: string, purpose: string): Promise<unknown>;
  write(secret: string, purpose: string, payload: unknown): Promise<void>;
  /** Resolves to true for exactly one of all windows. */
  writeFirst(secret: string, purpose: string, payload: unknown): Promise<boolean>;
  remove(secret: string, purpose: string): Promise<void>;
}

const CallbackNote = v.string();

/** How a window that gets a callback which is another's hands it to the one that waits for it. */
export class CallbackHandoff {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** Tells all windows that this one waits for the callback that names `secret`. */
  async wait(secret: string): Promise<void> {
    await this.#notes.write(secret, 'waiting', {});
  }

  /** What another window has handed over. */
  async take(secret: string): Promise<URLSearchParams | undefined> {
    const note = v.safeParse(CallbackNote, await this.#notes.read(secret, 'callback'));
    return note.success ? new URLSearchParams(note.output) : undefined;
  }

  /** Ends the wait, so that a callback is taken once. */
  async stopWaiting(secret: string): Promise<void> {
    await this.#notes.remove(secret, 'waiting');
    await this.#notes.remove(secret, 'callback');
  }

  /** Hands a callback to the window that waits for it. Resolves to false when none does, or when one has it already. */
  async handOver(secret: string, callback: URLSearchParams): Promise<boolean> {
    if ((await this.#notes.read(secret, 'waiting')) === undefined) return false;
    return this.#notes.writeFirst(secret, 'callback', callback.toString());
  }
}
