const WINDOW_MS = 15 * 60_000;

/** Of `GET /2/users/me`: 75 requests per user and 15 minutes (docs/what-x-does.md, 1). */
const LIMIT = 75;

export interface Allowance {
  readonly allowed: boolean;
  /** X's `x-rate-limit-*` headers; the reset is in Unix seconds. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests in windows of fifteen minutes, each starting with its first request. */
export class RateLimits {
  readonly #windows = new Map<string, { used: number; resetAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(key: string): Allowance {
    const now = this.#now();
    let window = this.#windows.get(key);
    if (window === undefined || now >= window.resetAt) {
      window = { used: 0, resetAt: now + WINDOW_MS };
      this.#windows.set(key, window);
    }
    const allowed = window.used < LIMIT;
    if (allowed) window.used++;
    return {
      allowed,
      headers: {
        'x-rate-limit-limit': String(LIMIT),
        'x-rate-limit-remaining': String(LIMIT - window.used),
        'x-rate-limit-reset': String(Math.ceil(window.resetAt / 1000)),
      },
    };
  }
}
