import { randomUUID } from 'node:crypto';
import type {
  authentication,
  AuthenticationGetSessionOptions,
  AuthenticationSession,
  AuthenticationSessionAccountInformation,
  AuthenticationSessionsChangeEvent,
  AuthenticationWwwAuthenticateRequest,
  Disposable,
  Event,
} from 'vscode';
import { readScopeRequest, type ScopeRequest } from './scopeRequest.ts';

/** The providers of X Authentication. */
export type ProviderId = 'x' | 'x-oauth1' | 'x-app';

/** The `name` of an error that `getSession` rejects with when X Authentication, and not VS Code, has failed. */
export type SignInErrorName =
  'Cancelled' | 'Denied' | 'TimedOut' | 'Misconfigured' | 'Unreachable' | 'Refused' | 'Unexpected';

const LABELS: Readonly<Record<string, string>> = { x: 'X', 'x-oauth1': 'X (OAuth 1.0a)', 'x-app': 'X (app-only)' };

/** A sign-in, as X Authentication keeps it. */
export interface FakeSignIn {
  readonly provider?: ProviderId;
  readonly account?: AuthenticationSessionAccountInformation;
  /** What X granted. Ignored for `x-oauth1` and `x-app`. */
  readonly scopes?: readonly string[];
  readonly accessToken?: string;
  /** Whether the extension may use the account, and prefers it, as after the person has chosen it once. */
  readonly allowed?: boolean;
}

/** What the person does when VS Code asks. */
export interface FakePerson {
  /** To "… wants to sign in using X". */
  allows: boolean;
  /** The label of the account to choose from the list, or `new` to sign in to another; undefined closes the list. */
  picks: string | undefined;
  /** How signing in ends: with the account at X, or with an error of this name. */
  signsIn: AuthenticationSessionAccountInformation | SignInErrorName;
}

/** One call of `getSession`, for tests to look at. */
export interface GetSessionCall {
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly options: AuthenticationGetSessionOptions;
  /** Whether the person saw a dialog. */
  wasShown: boolean;
}

type Scopes = readonly string[] | AuthenticationWwwAuthenticateRequest;

type Kept = AuthenticationSession & { readonly provider: ProviderId; readonly clientId: string };

const ADA = { id: '1815121018520000001', label: '@ada_l' };

/**
 * `vscode.authentication` with X Authentication behind it, in memory. Pass it to your code in place of `vscode.authentication`.
 * It does what VS Code 1.139 does, as far as one extension can tell.
 */
export class FakeAuthentication implements Pick<
  typeof authentication,
  'getSession' | 'getAccounts' | 'onDidChangeSessions'
> {
  readonly person: FakePerson = { allows: true, picks: undefined, signsIn: ADA };
  readonly calls: GetSessionCall[] = [];
  /** The entries that calls have left in the Accounts menu: `Sign in with X to use …`, and requests for access. */
  readonly accountsMenu = new Set<string>();
  readonly #kept: Kept[] = [];
  readonly #allowed = new Set<string>();
  readonly #preferred = new Map<string, string>();
  readonly #listeners = new Set<(event: AuthenticationSessionsChangeEvent) => unknown>();
  readonly #failing = new Map<string, Error>();

  readonly onDidChangeSessions: Event<AuthenticationSessionsChangeEvent> = (listener, thisArgs, disposables) => {
    const bound = (event: AuthenticationSessionsChangeEvent): unknown => listener.call(thisArgs, event);
    this.#listeners.add(bound);
    const disposable: Disposable = { dispose: () => this.#listeners.delete(bound) };
    disposables?.push(disposable);
    return disposable;
  };

  getSession(
    providerId: string,
    scopes: Scopes,
    options: AuthenticationGetSessionOptions & ({ createIfNone: true | object } | { forceNewSession: true | object }),
  ): Promise<AuthenticationSession>;
  getSession(
    providerId: string,
    scopes: Scopes,
    options?: AuthenticationGetSessionOptions,
  ): Promise<AuthenticationSession | undefined>;
  async getSession(
    providerId: string,
    scopes: Scopes,
    options: AuthenticationGetSessionOptions = {},
  ): Promise<AuthenticationSession | undefined> {
    if (!isList(scopes))
      throw new Error(`The authentication provider '${providerId}' does not support getting sessions from challenges.`);
    const call: GetSessionCall = { provider: providerId, scopes, options, wasShown: false };
    this.calls.push(call);
    await Promise.resolve();
    const { account, clearSessionPreference, createIfNone, forceNewSession, silent } = options;
    const provider = this.#provider(providerId);
    const sessions = this.#matching(provider, scopes, account?.id);
    refuse('forceNewSession, createIfNone', forceNewSession, createIfNone);
    refuse('forceNewSession, silent', forceNewSession, silent);
    refuse('createIfNone, silent', createIfNone, silent);
    if (clearSessionPreference === true) this.#preferred.delete(provider);
    const preference = this.#preferred.get(provider);
    const preferred = account ? sessions[0] : sessions.find((session) => session.account.label === preference);

    if (isOn(forceNewSession) || isOn(createIfNone)) {
      if (!isOn(forceNewSession) && preferred && this.#hasScopes(provider, preferred)) return preferred;
      call.wasShown = true;
      if (!this.person.allows) throw new Error('User did not consent to login.');
      const session = this.#choose(provider, scopes, isOn(forceNewSession) ? [] : sessions, account);
      this.#allowed.add(`${provider} ${session.account.label}`);
      this.#preferred.set(provider, session.account.label);
      this.accountsMenu.clear();
      return session;
    }
    if (preferred) {
      if (this.#hasScopes(provider, preferred)) return preferred;
    } else {
      const allowed = sessions.filter((session) => this.#hasScopes(provider, session));
      if (allowed.length === 1) return allowed[0];
    }
    if (silent !== true)
      this.accountsMenu.add(`${sessions.length > 0 ? 'access' : 'sign in'}: ${provider} ${scopes.join(' ')}`);
    return undefined;
  }

  /** Every account of a provider, including those that the extension may not use. */
  async getAccounts(providerId: string): Promise<readonly AuthenticationSessionAccountInformation[]> {
    await Promise.resolve();
    const provider = this.#provider(providerId);
    const accounts = this.#kept.filter((kept) => kept.provider === provider).map((kept) => kept.account);
    return accounts.filter(({ label }, index) => accounts.findIndex((other) => other.label === label) === index);
  }

  /** Signs somebody in outside the extension, and fires `onDidChangeSessions`. Returns the session's id. */
  signIn({
    provider = 'x',
    account = ADA,
    scopes = [],
    accessToken = newToken(),
    allowed = true,
  }: FakeSignIn = {}): string {
    const { scopes: wanted, clientId } = read(provider, scopes);
    // There is one grant for each app and person: signing in again widens it, and the id stays.
    const index = this.#kept.findIndex(
      (kept) => kept.provider === provider && kept.clientId === clientId && kept.account.id === account.id,
    );
    const old = this.#kept[index];
    const id = old?.id ?? randomUUID();
    const granted = [...new Set([...(old?.scopes ?? []), ...wanted, 'tweet.read', 'users.read'])];
    this.#kept.splice(index < 0 ? this.#kept.length : index, 1, {
      id,
      account,
      accessToken,
      scopes: granted,
      provider,
      clientId,
    });
    if (allowed) {
      this.#allowed.add(`${provider} ${account.label}`);
      this.#preferred.set(provider, account.label);
    }
    this.#fire(provider);
    return id;
  }

  /** Gives a session another token, as X Authentication does before the old one expires. */
  refresh(sessionId: string, accessToken = newToken()): void {
    const index = this.#kept.findIndex(({ id }) => id === sessionId);
    const kept = this.#kept[index];
    if (kept === undefined) throw new Error('There is no such session.');
    this.#kept[index] = { ...kept, accessToken };
    this.#fire(kept.provider);
  }

  /** Signs an account out, as the Accounts menu does: its sessions are gone, and so is the permission to use it. */
  signOut(provider: ProviderId, label: string): void {
    const left = this.#kept.filter((kept) => kept.provider !== provider || kept.account.label !== label);
    this.#kept.splice(0, this.#kept.length, ...left);
    this.#allowed.delete(`${provider} ${label}`);
    if (this.#preferred.get(provider) === label) this.#preferred.delete(provider);
    this.#fire(provider);
  }

  /** Takes the permission away, as "Manage Trusted Extensions" does, which fires no event. */
  distrust(provider: ProviderId, label: string): void {
    this.#allowed.delete(`${provider} ${label}`);
  }

  /** Makes every call for a provider reject, silent ones too, until this is called without a name. */
  fail(provider: ProviderId, name?: SignInErrorName, message = 'A sentence that says what to do.'): void {
    if (name === undefined) this.#failing.delete(provider);
    else this.#failing.set(provider, named(name, message));
  }

  #provider(id: string): ProviderId {
    if (id !== 'x' && id !== 'x-oauth1' && id !== 'x-app') {
      throw new Error(`Timed out waiting for authentication provider '${id}' to register.`);
    }
    const error = this.#failing.get(id);
    if (error) throw error;
    return id;
  }

  #hasScopes(provider: ProviderId, { account }: AuthenticationSession): boolean {
    return this.#allowed.has(`${provider} ${account.label}`);
  }

  #matching(provider: ProviderId, scopes: readonly string[], accountId: string | undefined): AuthenticationSession[] {
    const { scopes: wanted, clientId } = read(provider, scopes);
    return this.#kept
      .filter((kept) => kept.provider === provider && (accountId === undefined || kept.account.id === accountId))
      .filter(
        (kept) =>
          provider !== 'x' || (kept.clientId === clientId && wanted.every((scope) => kept.scopes.includes(scope))),
      )
      .map(({ id, accessToken, account }) => ({ id, accessToken, account, scopes }));
  }

  #choose(
    provider: ProviderId,
    scopes: readonly string[],
    sessions: readonly AuthenticationSession[],
    account: AuthenticationSessionAccountInformation | undefined,
  ): AuthenticationSession {
    const [first] = sessions;
    if (first === undefined) return this.#signInNow(provider, scopes);
    if (account) return first;
    const { picks } = this.person;
    if (picks === 'new') return this.#signInNow(provider, scopes);
    const picked = sessions.find((session) => session.account.label === picks);
    // VS Code throws a string here, not an error.
    // oxlint-disable-next-line typescript/only-throw-error
    if (picked === undefined) throw 'User did not consent to account access';
    return picked;
  }

  #signInNow(provider: ProviderId, scopes: readonly string[]): AuthenticationSession {
    const { signsIn } = this.person;
    if (typeof signsIn === 'string') throw named(signsIn, 'A sentence that says what to do.');
    const id = this.signIn({ provider, account: signsIn, scopes });
    const kept = this.#kept.find((candidate) => candidate.id === id);
    if (kept === undefined) throw new Error('Nobody is signed in.');
    return { id, accessToken: kept.accessToken, account: kept.account, scopes };
  }

  #fire(provider: ProviderId): void {
    const label = LABELS[provider] ?? provider;
    for (const listener of this.#listeners) listener({ provider: { id: provider, label } });
  }
}

function refuse(names: string, first: unknown, second: unknown): void {
  if (!isOn(first) || !isOn(second)) return;
  throw new Error(`Invalid combination of options. Please remove one of the following: ${names}`);
}

function isList(scopes: Scopes): scopes is readonly string[] {
  return Array.isArray(scopes);
}

function isOn(option: unknown): boolean {
  return option !== undefined && option !== false;
}

/** To the other providers, scopes mean nothing. */
function read(provider: ProviderId, scopes: readonly string[]): ScopeRequest {
  if (provider !== 'x') return { scopes: [], clientId: '' };
  const request = readScopeRequest(scopes);
  if (request === undefined) throw named('Misconfigured', 'The scopes are malformed.');
  return request;
}

function named(name: SignInErrorName, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function newToken(): string {
  return `fake-${randomUUID()}`;
}
