import { authentication, commands, type ExtensionContext, StatusBarAlignment, window } from 'vscode';
import { type Profile, readProfile } from './profile.ts';

/** X calls this provider's sessions "OAuth 2.0 user context". */
const PROVIDER = 'x';

/** Ask for what you use and no more: people see the list on X's consent page. */
const SCOPES = ['tweet.read', 'users.read'];

export function activate(context: ExtensionContext): void {
  const status = window.createStatusBarItem('greeter.status', StatusBarAlignment.Left);
  status.name = 'Greeter';
  status.command = 'greeter.sayHello';

  function show(profile: Profile | undefined): void {
    status.text = profile === undefined ? '$(account) Greet me' : `$(smiley) Hello, ${profile.name}`;
    status.tooltip = profile === undefined ? 'Sign in to X to be greeted' : `@${profile.username} on X`;
    status.show();
  }

  /**
   * Asks for a session each time it needs one and keeps no token: this costs no request while the token is good, and a
   * token that is about to expire is renewed before it is handed out.
   */
  async function whoIsIt(options: Parameters<typeof authentication.getSession>[2]): Promise<Profile | undefined> {
    const session = await authentication.getSession(PROVIDER, SCOPES, options);
    return session && readProfile(session.accessToken);
  }

  /** Someone clicked: a dialog may open. `createIfNone` signs in when there is no session that this extension may use. */
  async function sayHello(): Promise<void> {
    const profile = await whoIsIt({ createIfNone: true });
    show(profile);
    if (profile) void window.showInformationMessage(`Hello, ${profile.name}!`);
  }

  /** The same, with a reason that VS Code adds to its dialog. */
  async function whoAmI(): Promise<void> {
    const profile = await whoIsIt({ createIfNone: { detail: 'Greeter looks up your name on X, and nothing else.' } });
    show(profile);
    if (profile) void window.showInformationMessage(`You are ${profile.name}, @${profile.username} on X.`);
  }

  /** `clearSessionPreference` forgets which account this extension uses, so that VS Code asks again. */
  async function changeAccount(): Promise<void> {
    const profile = await whoIsIt({ createIfNone: true, clearSessionPreference: true });
    show(profile);
    if (profile) void window.showInformationMessage(`Hello, ${profile.name}!`);
  }

  /** Nobody clicked: no dialog, and nothing that looks like a failure if this does not work now. */
  async function lookQuietly(options: { createIfNone: false } | { silent: true }): Promise<void> {
    show(await whoIsIt(options).catch(() => undefined));
  }

  context.subscriptions.push(
    status,
    commands.registerCommand('greeter.sayHello', () => sayHello().catch(complain)),
    commands.registerCommand('greeter.whoAmI', () => whoAmI().catch(complain)),
    commands.registerCommand('greeter.changeAccount', () => changeAccount().catch(complain)),
    authentication.onDidChangeSessions(({ provider }) => {
      if (provider.id === PROVIDER) void lookQuietly({ silent: true });
    }),
  );

  // Without `silent`, an ask that finds no session adds "Sign in with X to use Greeter" to the Accounts menu.
  void lookQuietly({ createIfNone: false });
}

/** The messages of X Authentication say what to do. A dialog that was cancelled is an error as well. */
async function complain(error: unknown): Promise<void> {
  await window.showErrorMessage(`Greeter: ${error instanceof Error ? error.message : String(error)}`);
}
