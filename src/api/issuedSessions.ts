import { createHash } from 'node:crypto';

/** How long a session is honoured that is not of the newest state of its grant: as long as X lets an access token live. */
const HONOURED_MS = 2 * 60 * 60_000;

/** What a session says of itself, true or not. */
export interface SessionClaim {
  readonly id: string;
  readonly accessToken: string;
}

/** The sessions that this window has handed out, as hashes: enough to know them again, too little to use them. */
export class IssuedSessions {
  readonly #at = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  note({ id, accessToken }: SessionClaim): void {
    const key = hashOf(id, accessToken);
    // Counted from the first time: VS Code asks for sessions that it then does not hand on.
    if (this.#isHonoured(this.#at.get(key) ?? -Infinity)) return;
    // In the order of their times, so that what is too old comes first.
    this.#at.delete(key);
    this.#at.set(key, this.#now());
    for (const [old, at] of this.#at) {
      if (this.#isHonoured(at)) break;
      this.#at.delete(old);
    }
  }

  /** Whether a session of this grant was handed out with this token. */
  has(grantId: string, accessToken: string): boolean {
    const at = this.#at.get(hashOf(grantId, accessToken));
    return at !== undefined && this.#isHonoured(at);
  }

  #isHonoured(at: number): boolean {
    return this.#now() - at < HONOURED_MS;
  }
}

function hashOf(grantId: string, accessToken: string): string {
  return createHash('sha256').update(`${grantId}\n${accessToken}`).digest('base64');
}
