import { type Received, wentTo } from './received.ts';

interface Awaited {
  readonly endpoint: string;
  readonly count: number;
  readonly resolve: (request: Received) => void;
}

/** All that was sent, in the order it came. */
export class RequestLog {
  readonly requests: Received[] = [];
  readonly #awaited: Awaited[] = [];

  to(endpoint: string): Received[] {
    return this.requests.filter((request) => wentTo(endpoint, request));
  }

  /** Resolves with the endpoint's `count`-th request ever, as soon as its body has been read. */
  async arrival(endpoint: string, count: number): Promise<Received> {
    const there = this.to(endpoint)[count - 1];
    if (there?.bodyWasRead === true) return there;
    return new Promise((resolve) => {
      this.#awaited.push({ endpoint, count, resolve });
    });
  }

  /** Tells those who wait for it that the body of `request` has been read. */
  announce(request: Received): void {
    for (const { endpoint, count, resolve } of this.#awaited) {
      if (this.to(endpoint)[count - 1] === request) resolve(request);
    }
  }
}
