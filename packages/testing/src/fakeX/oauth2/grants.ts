import { createHash } from 'node:crypto';
import type { Secrets } from '../secrets.ts';
import type { Switches } from '../switches.ts';

/** Lifetimes at X (docs/what-x-does.md, 2), in milliseconds. Six months are 182 days here. */
const CODE_LIFETIME_MS = 30_000;
export const ACCESS_TOKEN_LIFETIME_MS = 7_200_000;
const REFRESH_TOKEN_LIFETIME_MS = 182 * 24 * 3_600_000;

/** What a person allowed an app in one sign-in. */
export interface Grant {
  readonly clientId: string;
  /** The `key` of the person. */
  readonly person: string;
  readonly scopes: readonly string[];
}

export interface AuthorizationCode extends Grant {
  readonly redirectUri: string;
  /** S256 (RFC 7636). */
  readonly challenge: string;
}

interface Token {
  readonly value: string;
  readonly kind: 'access' | 'refresh';
  readonly grant: Grant;
  expiresAt: number;
  /** `spent` is a refresh token that was used; `dead` is one that was killed. */
  state: 'live' | 'spent' | 'dead';
}

export interface Tokens {
  readonly grant: Grant;
  readonly accessToken: string;
  /** Only with the scope `offline.access`. */
  readonly refreshToken: string | undefined;
}

/** Which parameter of a code exchange didn't match the code. */
export type Mismatch = 'code' | 'redirect uri' | 'code verifier';

/** The codes, access tokens and refresh tokens of every app and person (docs/what-x-does.md, 2). */
export class Grants {
  readonly #codes = new Map<string, AuthorizationCode & { readonly expiresAt: number }>();
  readonly #tokens = new Map<string, Token>();
  readonly #now: () => number;
  readonly #secrets: Secrets;
  readonly #switches: Switches;

  constructor(now: () => number, secrets: Secrets, switches: Switches) {
    this.#now = now;
    this.#secrets = secrets;
    this.#switches = switches;
  }

  issueCode(code: AuthorizationCode): string {
    const value = this.#secrets.mint('code');
    this.#codes.set(value, { ...code, expiresAt: this.#now() + CODE_LIFETIME_MS });
    return value;
  }

  /** Redeems a code, once. The new grant replaces the one that the app had from this person. */
  redeem(value: string, clientId: string, redirectUri: string, verifier: string): Tokens | Mismatch {
    const code = this.#codes.get(value);
    if (code === undefined || code.clientId !== clientId || this.#now() >= code.expiresAt) return 'code';
    if (code.redirectUri !== redirectUri) return 'redirect uri';
    const challenge = createHash('sha256').update(verifier, 'ascii').digest('base64url');
    // RFC 7636 §4.1: 43 to 128 unreserved characters.
    if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) || challenge !== code.challenge) return 'code verifier';
    this.#codes.delete(value);
    for (const token of this.#tokensFor(code.clientId, code.person)) {
      if (token.kind === 'refresh' || this.#switches.signInKillsAccessToken) kill(token);
    }
    const grant: Grant = { clientId: code.clientId, person: code.person, scopes: code.scopes };
    return this.#issue(grant, this.#now() + REFRESH_TOKEN_LIFETIME_MS);
  }

  /** Spends a refresh token (RFC 6749 §6). Undefined if X would refuse it as unknown, spent, revoked or expired. */
  refresh(value: string, clientId: string): Tokens | undefined {
    const token = this.#tokens.get(value);
    if (token?.kind !== 'refresh' || token.grant.clientId !== clientId) return undefined;
    if (token.state === 'spent' && this.#switches.reuseKillsFamily) this.#killGrant(token.grant);
    if (!this.#isGood(token)) return undefined;
    token.state = 'spent';
    if (this.#switches.refreshKillsAccessToken) {
      for (const other of this.#tokens.values())
        if (other.grant === token.grant && other.kind === 'access') kill(other);
    }
    const restarted = this.#now() + REFRESH_TOKEN_LIFETIME_MS;
    return this.#issue(token.grant, this.#switches.refreshRestartsLifetime ? restarted : token.expiresAt);
  }

  /** Revokes a token (RFC 7009). False if it belongs to another app. Revoking an unknown token succeeds (§2.2). */
  revoke(value: string, clientId: string): boolean {
    const token = this.#tokens.get(value);
    if (token === undefined) return true;
    if (token.grant.clientId !== clientId) return false;
    kill(token);
    if (this.#switches.revokeKillsPartner) this.#killGrant(token.grant);
    return true;
  }

  /** The grant of an access token; undefined unless the token is live. */
  grantFor(accessToken: string): Grant | undefined {
    const token = this.#tokens.get(accessToken);
    return token?.kind === 'access' && this.#isGood(token) ? token.grant : undefined;
  }

  /** Whether X would accept an access token or a refresh token now. */
  isLive(value: string): boolean {
    const token = this.#tokens.get(value);
    return token !== undefined && this.#isGood(token);
  }

  /** The grants that can be refreshed now, each with its live refresh token. */
  get refreshable(): readonly (Grant & { readonly refreshToken: string })[] {
    return [...this.#tokens.values()]
      .filter((token) => token.kind === 'refresh' && this.#isGood(token))
      .map((token) => ({ ...token.grant, refreshToken: token.value }));
  }

  expireAccessTokens(): void {
    for (const token of this.#tokens.values()) if (token.kind === 'access') token.expiresAt = this.#now();
  }

  /** What happens when a person removes an app on X's connected-apps page. */
  disconnect(person: string, clientId?: string): void {
    for (const token of this.#tokensFor(clientId, person)) kill(token);
  }

  #issue(grant: Grant, refreshTokenExpiresAt: number): Tokens {
    const accessToken = this.#mint('access', grant, this.#now() + ACCESS_TOKEN_LIFETIME_MS);
    const isRefreshable = grant.scopes.includes('offline.access');
    const refreshToken = isRefreshable ? this.#mint('refresh', grant, refreshTokenExpiresAt) : undefined;
    return { grant, accessToken, refreshToken };
  }

  #mint(kind: Token['kind'], grant: Grant, expiresAt: number): string {
    const value = this.#secrets.mint(kind === 'access' ? 'accessToken' : 'refreshToken');
    this.#tokens.set(value, { value, kind, grant, expiresAt, state: 'live' });
    return value;
  }

  #tokensFor(clientId: string | undefined, person: string): Token[] {
    return [...this.#tokens.values()].filter(
      ({ grant }) => grant.person === person && (clientId === undefined || grant.clientId === clientId),
    );
  }

  #killGrant(grant: Grant): void {
    for (const token of this.#tokens.values()) if (token.grant === grant) kill(token);
  }

  #isGood(token: Token): boolean {
    return token.state === 'live' && this.#now() < token.expiresAt;
  }
}

function kill(token: Token): void {
  token.state = 'dead';
}
