import { randomInt } from 'node:crypto';
import type { Secrets } from '../secrets.ts';

/** A token of OAuth 1.0a and its secret. */
export interface TokenPair {
  readonly token: string;
  readonly secret: string;
}

export interface RequestToken extends TokenPair {
  readonly apiKey: string;
  /** Where the browser goes afterwards, or `oob`. */
  readonly callback: string;
  readonly access: 'read' | 'write';
  /** The `key` of the person who consented. */
  person?: string;
  /** Proves the consent: `oauth_verifier` in the callback, or the PIN. */
  verifier?: string;
}

export interface AccessToken extends TokenPair {
  readonly apiKey: string;
  readonly access: 'read' | 'write';
  /** The `key` of the person. */
  readonly person: string;
}

/** Request tokens, and access tokens, which do not expire (docs/what-x-does.md, 5). */
export class OAuth1Tokens {
  readonly #requestTokens = new Map<string, RequestToken>();
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #nonces = new Set<string>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  request(apiKey: string, callback: string, access: 'read' | 'write'): RequestToken {
    const token = this.#secrets.mint('requestToken');
    const requested = { token, secret: this.#secrets.mint('requestTokenSecret'), apiKey, callback, access };
    this.#requestTokens.set(token, requested);
    return requested;
  }

  /** A request token that has been neither denied nor traded. */
  requested(token: string): RequestToken | undefined {
    return this.#requestTokens.get(token);
  }

  approve(requested: RequestToken, person: string): string {
    const pin = String(randomInt(10_000_000)).padStart(7, '0');
    requested.person = person;
    requested.verifier = requested.callback === 'oob' ? pin : this.#secrets.mint('verifier');
    return requested.verifier;
  }

  deny(requested: RequestToken): void {
    this.#requestTokens.delete(requested.token);
  }

  /** Trades a request token, once. The access token starts with `userId`, as at X. Undefined if the verifier is wrong. */
  trade(requested: RequestToken, verifier: string, userId: string): AccessToken | undefined {
    const { apiKey, access, person } = requested;
    if (person === undefined || requested.verifier !== verifier) return undefined;
    this.#requestTokens.delete(requested.token);
    const token = this.#secrets.note(`${userId}-${this.#secrets.mint('oauth1Token')}`);
    const granted = { token, secret: this.#secrets.mint('oauth1TokenSecret'), apiKey, access, person };
    this.#accessTokens.set(token, granted);
    return granted;
  }

  granted(token: string): AccessToken | undefined {
    return this.#accessTokens.get(token);
  }

  invalidate(token: string): void {
    this.#accessTokens.delete(token);
  }

  /** What happens when a person removes an app on X's connected-apps page. */
  disconnect(person: string, apiKey?: string): void {
    for (const granted of this.#accessTokens.values()) {
      const isTheirs = granted.person === person && (apiKey === undefined || granted.apiKey === apiKey);
      if (isTheirs) this.#accessTokens.delete(granted.token);
    }
  }

  /** False if this nonce was used before (RFC 5849 §3.3). */
  isFirst(apiKey: string, token: string, timestamp: string, nonce: string): boolean {
    const key = [apiKey, token, timestamp, nonce].join(' ');
    if (this.#nonces.has(key)) return false;
    this.#nonces.add(key);
    return true;
  }
}
