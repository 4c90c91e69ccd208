import { type ReceivedRequest, wentTo } from './received.ts';

interface Awaited {
  readonly endpoint: string;
  readonly count: number;
  readonly resolve: (request: ReceivedRequest) => void;
}

/** Every request, in the order in which they came. */
export class RequestLog {
  readonly requests: ReceivedRequest[] = [];
  readonly #awaited: Awaited[] = [];

  to(endpoint: string): ReceivedRequest[] {
    return this.requests.filter((request) => wentTo(endpoint, request));
  }

  /** Resolves with the endpoint's `count`-th request ever, as soon as its body has been read. */
  async arrival(endpoint: string, count: number): Promise<ReceivedRequest> {
    const there = this.to(endpoint)[count - 1];
    if (there?.bodyWasRead === true) return there;
    return new Promise((resolve) => {
      this.#awaited.push({ endpoint, count, resolve });
    });
  }

  /** Resolves the promises that wait for `request`, whose body has been read. */
  announce(request: ReceivedRequest): void {
    for (const { endpoint, count, resolve } of this.#awaited) {
      if (this.to(endpoint)[count - 1] === request) resolve(request);
    }
  }
}
