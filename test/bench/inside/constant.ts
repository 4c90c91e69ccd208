import { authentication, EventEmitter, type AuthenticationSession, type ExtensionContext } from 'vscode';
import { CONSTANT_ACCOUNT } from '../tasks.ts';

/** The least that a provider can do: it has one session, whatever is asked for. What a call costs here, it costs VS Code. */
export function activate(context: ExtensionContext): void {
  const sessionFor = (scopes: readonly string[] = []): AuthenticationSession => ({
    id: 'constant',
    accessToken: 'constant',
    account: { id: CONSTANT_ACCOUNT, label: CONSTANT_ACCOUNT },
    scopes,
  });
  const changes = new EventEmitter<never>();
  const provider = {
    onDidChangeSessions: changes.event,
    getSessions: async (scopes?: readonly string[]) => [sessionFor(scopes)],
    createSession: async (scopes: readonly string[]) => sessionFor(scopes),
    removeSession: async () => undefined,
  };
  const options = { supportsMultipleAccounts: true };
  context.subscriptions.push(
    changes,
    authentication.registerAuthenticationProvider('constant', 'Constant', provider, options),
  );
}
