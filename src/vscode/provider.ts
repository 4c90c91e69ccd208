import * as vscode from 'vscode';
import type { Grant } from '../sessions/grant.ts';
import type { GrantChanges, Grants } from '../sessions/grants.ts';
import { readScopes } from '../sessions/scopeRequest.ts';
import { toSession, type Session, type Sessions } from '../sessions/sessions.ts';
import { toFailure } from './messages.ts';
import type { SignIn, SignInRequest } from './signIn.ts';

export const PROVIDER_ID = 'x';

/** Provider `x` (OAuth 2.0 user context): what VS Code asks, answered by {@link Sessions} and {@link SignIn}. */
export class XProvider implements vscode.AuthenticationProvider {
  readonly #sessions: Sessions;
  readonly #signIn: SignIn;
  readonly #onFailure: (error: unknown, request: SignInRequest) => void;
  readonly #changes = new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly onDidChangeSessions = this.#changes.event;

  constructor(parts: {
    grants: Grants;
    sessions: Sessions;
    signIn: SignIn;
    onFailure: (error: unknown, request: SignInRequest) => void;
  }) {
    this.#sessions = parts.sessions;
    this.#signIn = parts.signIn;
    this.#onFailure = parts.onFailure;
    parts.grants.onDidChange((changes) => void this.#fire(changes));
  }

  async getSessions(
    scopes: readonly string[] | undefined,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession[]> {
    try {
      const found = await (scopes === undefined
        ? this.#sessions.all()
        : this.#sessions.matching(scopes, options.account?.id));
      return [...found];
    } catch (error) {
      throw toFailure(error);
    }
  }

  async createSession(
    scopes: readonly string[],
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    let request: SignInRequest = { wanted: [] };
    try {
      const { clientId, wanted } = readScopes(scopes);
      request = { clientId, wanted, accountId: options.account?.id };
      const session = this.#sessions.sessionOf(await this.#signIn.run(request), scopes);
      // VS Code takes the badge off the Accounts menu only for an added session with exactly these scopes, also when the
      // grant was there and only got wider.
      this.#changes.fire({ added: [session], changed: [], removed: [] });
      return session;
    } catch (error) {
      this.#onFailure(error, request);
      throw toFailure(error);
    }
  }

  async removeSession(sessionId: string): Promise<void> {
    await this.#sessions.signOut(sessionId);
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async #fire(changes: GrantChanges): Promise<void> {
    const view = (grant: Grant): Session => toSession(grant, grant.scopes);
    // VS Code drops an account's entry with the first of its sessions; one that remains brings it back (another app's grant).
    const others = changes.removed.length === 0 ? [] : await this.#sessions.all();
    const remaining = others.filter((other) => changes.removed.some((grant) => grant.account.id === other.account.id));
    this.#changes.fire({
      added: changes.added.map(view),
      changed: [...changes.changed.map(view), ...remaining],
      removed: changes.removed.map(view),
    });
  }
}
