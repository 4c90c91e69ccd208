import { createHash, randomBytes } from 'node:crypto';
import { type App, NATIVE_APP } from './app.ts';
import type { FakeX } from './fakeX.ts';

/** An answer with a JSON object. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  /** From the body; empty if it has none. */
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface OAuth2SignIn {
  readonly app?: App;
  readonly as?: string;
  readonly scopes?: readonly string[];
  readonly redirectUri?: string;
  readonly state?: string;
  readonly verifier?: string;
}

/** An OAuth 2.0 client that does everything right, to get tokens without an editor. */
export class Client {
  readonly #x: FakeX;

  constructor(x: FakeX) {
    this.#x = x;
  }

  /** The URL of the consent page. */
  authorizeUrl(how: OAuth2SignIn = {}): string {
    const { app = NATIVE_APP, scopes = ['tweet.read', 'users.read', 'offline.access'], redirectUri, state } = how;
    const verifier = how.verifier ?? newVerifier();
    const query = {
      response_type: 'code',
      client_id: app.clientId,
      redirect_uri: redirectUri ?? app.redirectUris[0] ?? '',
      scope: scopes.join(' '),
      state: state ?? 'a state/with odd&characters',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.#x.authorizationBaseUrl}/oauth2/authorize?${pairs.join('&')}`;
  }

  /** Signs in as far as the callback. Resolves with the form that redeems its code. */
  async authorize(how: OAuth2SignIn = {}): Promise<Record<string, string>> {
    const { app = NATIVE_APP, as = 'ada', redirectUri = app.redirectUris[0] ?? '', verifier = newVerifier() } = how;
    const url = this.authorizeUrl({ ...how, verifier });
    const back = new URL(await this.#x.consent(url, { as, decision: 'authorize' }));
    return {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
      client_id: app.clientId,
    };
  }

  async signIn(how: OAuth2SignIn = {}): Promise<ClientAnswer> {
    return this.post('/2/oauth2/token', await this.authorize(how), clientAuthorization(how.app ?? NATIVE_APP));
  }

  refresh(refreshToken: string, app = NATIVE_APP): Promise<ClientAnswer> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: app.clientId };
    return this.post('/2/oauth2/token', form, clientAuthorization(app));
  }

  revoke(token: string, app = NATIVE_APP): Promise<ClientAnswer> {
    return this.post('/2/oauth2/revoke', { token, client_id: app.clientId }, clientAuthorization(app));
  }

  usersMe(accessToken: string): Promise<ClientAnswer> {
    return this.get('/2/users/me', `Bearer ${accessToken}`);
  }

  get(path: string, authorization?: string): Promise<ClientAnswer> {
    return this.#send(path, authorization, {});
  }

  /** Posts a form with the parameters that have a value. */
  post(
    path: string,
    form: Readonly<Record<string, string | undefined>>,
    authorization?: string,
  ): Promise<ClientAnswer> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
    return this.#send(path, authorization, { method: 'POST', body });
  }

  async #send(path: string, authorization: string | undefined, init: RequestInit): Promise<ClientAnswer> {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await fetch(this.#x.apiBaseUrl + path, { ...init, headers });
    const body: ClientAnswer['body'] = JSON.parse(await response.text());
    const { access_token: accessToken = '', refresh_token: refreshToken = '' } = body;
    const tokens = { accessToken: String(accessToken), refreshToken: String(refreshToken) };
    return { status: response.status, headers: response.headers, body, ...tokens };
  }
}

/** A Basic `Authorization` header, without percent-encoding, as X expects it (docs/what-x-does.md, 1). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function clientAuthorization({ clientId, clientSecret }: App): string | undefined {
  return clientSecret === undefined ? undefined : basic(clientId, clientSecret);
}

function newVerifier(): string {
  return randomBytes(32).toString('base64url');
}
