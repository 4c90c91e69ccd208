import { authentication, commands, type ExtensionContext, StatusBarAlignment, window } from 'vscode';
import { type Profile, profileOf } from './profile.ts';

/** "OAuth 2.0 user context" in X's words. X Authentication has `x-oauth1` and `x-app` as well. */
const PROVIDER = 'x';

/** Ask for what you use and no more: people see the list on X's consent page. */
const SCOPES = ['tweet.read', 'users.read'];

type Ask = Parameters<typeof authentication.getSession>[2];

export function activate(context: ExtensionContext): void {
  const status = window.createStatusBarItem('greeter.status', StatusBarAlignment.Left);
  status.name = 'Greeter';
  status.command = 'greeter.sayHello';
  let greeted: Profile | undefined;
  let isAsking = false;

  /**
   * Asks for a session whenever it is about to use one and keeps no token. This costs no request while the token is good,
   * and a token that is about to expire is refreshed before it is handed out.
   */
  async function look(ask: Ask): Promise<{ profile: Profile | undefined; isNews: boolean }> {
    const session = await authentication.getSession(PROVIDER, SCOPES, ask);
    const profile = session && (await profileOf(session));
    const isNews = profile !== greeted;
    greeted = profile;
    status.text = profile === undefined ? '$(account) Greet me' : `$(smiley) Hello, ${profile.name}`;
    status.tooltip = profile === undefined ? 'Sign in to X to be greeted' : `@${profile.username} on X`;
    status.show();
    return { profile, isNews };
  }

  /** Somebody clicked, so VS Code may open dialogs, and a failure is worth a message. */
  async function onClick(ask: Ask, message: (profile: Profile) => string): Promise<void> {
    isAsking = true;
    try {
      const { profile } = await look(ask);
      if (profile) void window.showInformationMessage(message(profile));
    } catch (error) {
      // X Authentication's messages say what to do. A dialog that was cancelled is an error as well.
      void window.showErrorMessage(`Greeter: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      isAsking = false;
    }
  }

  /** Nobody clicked, so there is no dialog, and no message if it does not work now. */
  async function onOccasion(ask: Ask): Promise<void> {
    const { profile, isNews } = await look(ask);
    if (profile && isNews) void window.showInformationMessage(hello(profile));
  }

  context.subscriptions.push(
    status,
    // Signs in if there is no session that this extension may use.
    commands.registerCommand('greeter.sayHello', () => onClick({ createIfNone: true }, hello)),
    // The same, with a reason in VS Code's dialog.
    commands.registerCommand('greeter.whoAmI', () =>
      onClick({ createIfNone: { detail: 'Greeter looks up your name on X.' } }, ({ name, username }) => {
        return `You are ${name}, @${username} on X.`;
      }),
    ),
    // Forgets which account this extension uses, so that VS Code asks again.
    commands.registerCommand('greeter.changeAccount', () =>
      onClick({ createIfNone: true, clearSessionPreference: true }, hello),
    ),
    // Somebody signed in or out, perhaps through the Accounts menu.
    authentication.onDidChangeSessions(({ provider }) => {
      if (provider.id === PROVIDER && !isAsking) onOccasion({ silent: true }).catch(ignore);
    }),
  );

  status.text = '$(account) Greet me';
  status.show();
  // Without `silent`, an ask that finds no session adds "Sign in with X to use Greeter" to the Accounts menu.
  look({ createIfNone: false }).catch(ignore);
}

/** The next click tries again, and says what is wrong. */
function ignore(): void {}

function hello(profile: Profile): string {
  return `Hello, ${profile.name}!`;
}
