import * as vscode from 'vscode';
import type { Grant } from '../sessions/grant.ts';
import type { Grants } from '../sessions/store/grants.ts';
import type { IssuedSessions } from '../api/issuedSessions.ts';
import type { Messages } from './ui/messages/messages.ts';
import type { ProviderKind, SignInAttempt, SessionSource } from './providerKind.ts';
import { stepDone } from './walkthrough.ts';
import { toSession, type Session } from '../sessions/session.ts';
import type { GrantChanges } from '../sessions/store/grantChanges.ts';

/** Loads what reports errors to people. */
type LoadReporting = () => Promise<{
  readonly toUserFacingError: (error: unknown) => Error;
  readonly messages: Messages;
}>;

/** What VS Code asks of an authentication provider, answered by its sessions and its sign-in. */
class Provider implements vscode.AuthenticationProvider {
  readonly #sessions: SessionSource;
  readonly #signIn: ProviderKind['signIn'];
  readonly #issued: IssuedSessions;
  readonly #ui: LoadReporting;
  readonly #changes = new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly onDidChangeSessions = this.#changes.event;

  constructor(parts: {
    grants: Pick<Grants, 'onDidChange'>;
    sessions: SessionSource;
    signIn: ProviderKind['signIn'];
    issued: IssuedSessions;
    ui: LoadReporting;
  }) {
    this.#sessions = parts.sessions;
    this.#signIn = parts.signIn;
    this.#issued = parts.issued;
    this.#ui = parts.ui;
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
      if (found.length > 0) stepDone('isSignedIn');
      if (scopes !== undefined) found.forEach((session) => this.#issued.note(session));
      return found.map(asShown);
    } catch (error) {
      throw (await this.#ui()).toUserFacingError(error);
    }
  }

  async createSession(
    scopes: readonly string[],
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    let attempt: SignInAttempt | undefined;
    try {
      attempt = this.#signIn({ scopes, accountId: options.account?.id });
      const grant = await attempt.run();
      const found = this.#sessions.sessionOf(grant, scopes);
      this.#issued.note(found);
      const session = asShown(found);
      // VS Code takes the badge off the Accounts menu only for an added session with exactly these scopes, also when the
      // grant was there and only got wider.
      this.#changes.fire({ added: [session], changed: [], removed: [] });
      stepDone('isUsed');
      void this.#ui().then(({ messages }) => messages.signedIn(grant));
      return session;
    } catch (error) {
      const { messages, toUserFacingError } = await this.#ui();
      messages.failure(error, attempt);
      throw toUserFacingError(error);
    }
  }

  async removeSession(sessionId: string): Promise<void> {
    await this.#sessions.signOut(sessionId);
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async #fire(changes: GrantChanges): Promise<void> {
    const remaining = await this.#remaining(changes);
    const twinsOf = (gone: Grant): readonly Session[] =>
      remaining.filter(({ account }) => account.id === gone.account.id);
    if (changes.added.length > 0) stepDone('isSignedIn');
    if (remaining.length > 0) {
      // The Accounts menu has an entry for each label, and drops the first that has the account's id, whichever that is. So all
      // of them go, and those that remain come back: in another event, because not every VS Code looks at `removed` first.
      const removed = changes.removed.flatMap((gone) => [gone, ...twinsOf(gone).map(() => gone)]);
      this.#changes.fire({ added: [], changed: [], removed: removed.map(asGranted) });
    }
    this.#changes.fire({
      added: changes.added.map(asGranted),
      changed: [...changes.changed.map(asGranted), ...remaining.map(asShown)],
      removed: remaining.length > 0 ? [] : changes.removed.map(asGranted),
    });
  }

  /** The sessions, besides those that are new, of the accounts that have lost one: of other apps. */
  async #remaining({ added, removed }: GrantChanges): Promise<readonly Session[]> {
    if (removed.length === 0) return [];
    const others = await this.#sessions.all().catch(() => []);
    return others.filter(
      ({ id, account }) =>
        removed.some((gone) => gone.account.id === account.id) && !added.some((grant) => grant.id === id),
    );
  }
}

/** Registers one of the providers with VS Code. */
export function registerProvider(
  kind: ProviderKind & { readonly grants: Pick<Grants, 'onDidChange'> },
  issued: IssuedSessions,
  ui: LoadReporting,
): vscode.Disposable {
  const provider = new Provider({ ...kind, issued, ui });
  const options = { supportsMultipleAccounts: true };
  return vscode.Disposable.from(
    provider,
    vscode.authentication.registerAuthenticationProvider(kind.id, kind.label, provider, options),
  );
}

function asGranted(grant: Grant): vscode.AuthenticationSession {
  return asShown(toSession(grant, grant.scopes));
}

/** With the person's picture, where VS Code shows them: as `icon`, which is a proposed property that it reads from everybody. */
function asShown({ id, accessToken, account, scopes }: Session): vscode.AuthenticationSession {
  const { id: accountId, label, imageUrl } = account;
  const picture = imageUrl !== undefined && showsPictures() ? { icon: vscode.Uri.parse(imageUrl) } : {};
  return { id, accessToken, account: { id: accountId, label, ...picture }, scopes };
}

function showsPictures(): boolean {
  return vscode.workspace.getConfiguration('workbench.accounts').get('showAvatar') !== undefined;
}
