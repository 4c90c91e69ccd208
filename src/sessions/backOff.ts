const FIRST_MS = 5_000;
const LONGEST_MS = 60_000;
/** The shortest time between two tries, however often somebody asks. */
export const HURRIED_MS = 10_000;
/** The longest that a server's own wish to be left alone is believed. */
const LONGEST_WISH_MS = 15 * 60_000;

/** When to try again what failed, per key: twice as long each time, with jitter so that windows do not try in step. */
export class BackOff {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #waiting = new Map<string, { failures: number; failedAt: number; wishMs: number; notBefore: number }>();

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  isWaiting(key: string): boolean {
    return this.notBefore(key) !== undefined;
  }

  /** When it may be tried again; undefined when that is now. */
  notBefore(key: string): number | undefined {
    const entry = this.#waiting.get(key);
    if (entry === undefined) return undefined;
    const left = entry.notBefore - this.#now();
    // More than can have been asked for: the clock went back.
    return left > 0 && left <= LONGEST_WISH_MS ? entry.notBefore : undefined;
  }

  failed(key: string, wishMs = 0): void {
    const failures = (this.#waiting.get(key)?.failures ?? 0) + 1;
    const exponential = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
    const wish = Math.min(wishMs, LONGEST_WISH_MS);
    const delay = Math.max(exponential * (0.5 + this.#random() / 2), wish);
    const failedAt = this.#now();
    this.#waiting.set(key, { failures, failedAt, wishMs: wish, notBefore: failedAt + delay });
  }

  succeeded(key: string): void {
    this.#waiting.delete(key);
  }

  /**
   * Somebody asked, or settings changed: what failed before may work now. Any extension can do either, again and again, so
   * not what failed only just now, and not against a server's own wish. Without a key, everything.
   */
  hurry(key?: string): void {
    for (const [candidate, entry] of this.#waiting) {
      if (key !== undefined && candidate !== key) continue;
      entry.notBefore = Math.min(entry.notBefore, entry.failedAt + Math.max(HURRIED_MS, entry.wishMs));
    }
  }

  /** The machine woke up, or a person has set the app up anew: what failed before says nothing about now. */
  reset(): void {
    this.#waiting.clear();
  }
}
