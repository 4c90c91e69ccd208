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
import { covers, InvalidScopesError, readScopes } from '../src/sessions/scopeRequest.ts';
import type { XProviderId, XSignInErrorName } from '../src/api/x-authentication.d.ts';

const LABELS: Readonly<Record<string, string>> = { x: 'X', 'x-oauth1': 'X (OAuth 1.0a)', 'x-app': 'X (app-only)' };

/** Somebody's sign-in, as X Authentication keeps it. */
export interface FakeSignIn {
  readonly provider?: XProviderId;
  readonly account?: AuthenticationSessionAccountInformation;
  /** What X granted. To `x-oauth1` and `x-app` it means nothing. */
  readonly scopes?: readonly string[];
  readonly accessToken?: string;
  /** Whether the extension may use it, and does so before any other: as after the person has chosen it once. */
  readonly allowed?: boolean;
}

/** What the person does when VS Code asks. */
export interface FakePerson {
  /** To "… wants to sign in using X". */
  allows: boolean;
  /** Which account they take, by label, when there are several, or `new` to sign in; undefined closes the list. */
  picks: string | undefined;
  /** What comes of signing in: who they are at X, or the name of the error that it ends with. */
  signsIn: AuthenticationSessionAccountInformation | XSignInErrorName;
}

/** One call of `getSession`, for tests to look at. */
export interface Asked {
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly options: AuthenticationGetSessionOptions;
  /** Whether the person saw a dialog. */
  wasShown: boolean;
}

type Scopes = readonly string[] | AuthenticationWwwAuthenticateRequest;

type Kept = AuthenticationSession & { readonly provider: XProviderId; readonly clientId: string };

const ADA = { id: '1815121018520000001', label: '@ada_l' };

/**
 * `vscode.authentication` with X Authentication behind it, for unit tests: nobody waits, and nothing leaves the process. Give it to
 * your code in the place of `vscode.authentication`. It does what VS Code 1.139 does, as far as one extension can tell.
 */
export class FakeAuthentication implements Pick<
  typeof authentication,
  'getSession' | 'getAccounts' | 'onDidChangeSessions'
> {
  readonly person: FakePerson = { allows: true, picks: undefined, signsIn: ADA };
  readonly asked: Asked[] = [];
  /** The entries that asking has left in the Accounts menu: `Sign in with X to use …`, and requests for access. */
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
    const asked: Asked = { provider: providerId, scopes, options, wasShown: false };
    this.asked.push(asked);
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
      if (!isOn(forceNewSession) && preferred && this.#mayUse(provider, preferred)) return preferred;
      asked.wasShown = true;
      if (!this.person.allows) throw new Error('User did not consent to login.');
      const session = this.#choose(provider, scopes, isOn(forceNewSession) ? [] : sessions, account);
      this.#allowed.add(`${provider} ${session.account.label}`);
      this.#preferred.set(provider, session.account.label);
      this.accountsMenu.clear();
      return session;
    }
    if (preferred) {
      if (this.#mayUse(provider, preferred)) return preferred;
    } else {
      const allowed = sessions.filter((session) => this.#mayUse(provider, session));
      if (allowed.length === 1) return allowed[0];
    }
    if (silent !== true)
      this.accountsMenu.add(`${sessions.length > 0 ? 'access' : 'sign in'}: ${provider} ${scopes.join(' ')}`);
    return undefined;
  }

  /** Every account of a provider, also those that the extension may not use. */
  async getAccounts(providerId: string): Promise<readonly AuthenticationSessionAccountInformation[]> {
    await Promise.resolve();
    const provider = this.#provider(providerId);
    const accounts = this.#kept.filter((kept) => kept.provider === provider).map((kept) => kept.account);
    return accounts.filter(({ label }, index) => accounts.findIndex((other) => other.label === label) === index);
  }

  /** Has somebody signed in before the test, or during it, elsewhere: fires `onDidChangeSessions`. Returns the session's id. */
  signIn({
    provider = 'x',
    account = ADA,
    scopes = [],
    accessToken = newToken(),
    allowed = true,
  }: FakeSignIn = {}): string {
    const { wanted, clientId } = read(provider, scopes);
    // One grant for each app and person: who signs in again gets a wider one, under the same id.
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

  /** Gives a session another token, as X Authentication does before the old one ends. */
  refresh(sessionId: string, accessToken = newToken()): void {
    const index = this.#kept.findIndex(({ id }) => id === sessionId);
    const kept = this.#kept[index];
    if (kept === undefined) throw new Error('There is no such session.');
    this.#kept[index] = { ...kept, accessToken };
    this.#fire(kept.provider);
  }

  /** Signs an account out, as its menu does: every session of it is gone, and so is the permission to use it. */
  signOut(provider: XProviderId, label: string): void {
    const left = this.#kept.filter((kept) => kept.provider !== provider || kept.account.label !== label);
    this.#kept.splice(0, this.#kept.length, ...left);
    this.#allowed.delete(`${provider} ${label}`);
    if (this.#preferred.get(provider) === label) this.#preferred.delete(provider);
    this.#fire(provider);
  }

  /** Takes the permission away, as "Manage Trusted Extensions" does. The extension is not told. */
  distrust(provider: XProviderId, label: string): void {
    this.#allowed.delete(`${provider} ${label}`);
  }

  /** Has every `getSession` of a provider reject, silent or not, until it is called without an error. */
  fail(provider: XProviderId, name?: XSignInErrorName, message = 'A sentence that says what to do.'): void {
    if (name === undefined) this.#failing.delete(provider);
    else this.#failing.set(provider, named(name, message));
  }

  #provider(id: string): XProviderId {
    if (id !== 'x' && id !== 'x-oauth1' && id !== 'x-app') {
      throw new Error(`Timed out waiting for authentication provider '${id}' to register.`);
    }
    const error = this.#failing.get(id);
    if (error) throw error;
    return id;
  }

  #mayUse(provider: XProviderId, { account }: AuthenticationSession): boolean {
    return this.#allowed.has(`${provider} ${account.label}`);
  }

  #matching(provider: XProviderId, scopes: readonly string[], accountId: string | undefined): AuthenticationSession[] {
    const { wanted, clientId } = read(provider, scopes);
    return this.#kept
      .filter((kept) => kept.provider === provider && (accountId === undefined || kept.account.id === accountId))
      .filter((kept) => provider !== 'x' || (kept.clientId === clientId && covers(kept.scopes, wanted)))
      .map(({ id, accessToken, account }) => ({ id, accessToken, account, scopes }));
  }

  #choose(
    provider: XProviderId,
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
    // A string, and no error: that is how VS Code says it.
    // oxlint-disable-next-line typescript/only-throw-error
    if (picked === undefined) throw 'User did not consent to account access';
    return picked;
  }

  #signInNow(provider: XProviderId, scopes: readonly string[]): AuthenticationSession {
    const { signsIn } = this.person;
    if (typeof signsIn === 'string') throw named(signsIn, 'A sentence that says what to do.');
    const id = this.signIn({ provider, account: signsIn, scopes });
    const kept = this.#kept.find((candidate) => candidate.id === id);
    if (kept === undefined) throw new Error('Nobody is signed in.');
    return { id, accessToken: kept.accessToken, account: kept.account, scopes };
  }

  #fire(provider: XProviderId): void {
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

/** What is asked of X. To the other providers, scopes mean nothing. What is malformed is refused as X Authentication refuses it. */
function read(
  provider: XProviderId,
  scopes: readonly string[],
): { readonly wanted: readonly string[]; readonly clientId: string } {
  if (provider !== 'x') return { wanted: [], clientId: '' };
  try {
    const { wanted, clientId = '' } = readScopes(scopes);
    return { wanted, clientId };
  } catch (error) {
    throw error instanceof InvalidScopesError ? named('Misconfigured', error.message) : error;
  }
}

function named(name: XSignInErrorName, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function newToken(): string {
  return `fake-${randomUUID()}`;
}
