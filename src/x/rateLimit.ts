/** What X says about its rate limit (https://docs.x.com/x-api/fundamentals/rate-limits). */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** In epoch milliseconds. */
  readonly resetAt: number;
}

/** Reads X's three headers; undefined unless all are there. */
export function rateLimitOf(headers: Headers): RateLimit | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = headers.get(`x-rate-limit-${name}`) ?? '';
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  return { limit, remaining, resetAt: reset * 1000 };
}
