/** Work that must not be cut off when the window is closed, because its result exists nowhere else until it is stored. */
export class UnfinishedWork {
  readonly #working = new Set<Promise<unknown>>();
  #isClosing = false;

  /** Whether nothing new is begun any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Rejects, and does nothing, once the window is being closed. */
  async finish<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosing) throw new Error('The window is being closed.');
    const working = work();
    this.#working.add(working);
    try {
      return await working;
    } finally {
      this.#working.delete(working);
    }
  }

  /** To be called when the window is being closed: nothing new is begun, and what was under way is done when this resolves. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#working);
  }
}
