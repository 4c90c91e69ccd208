import { authentication, commands, type ExtensionContext, window, workspace } from 'vscode';
import type { ProviderId } from './credentials.ts';
import { twitterApiClient } from './twitterApiV2.ts';
import { xdkClient } from './xdk.ts';

/** OAuth 1.0a and an app's bearer have no scopes. */
const SCOPES: Readonly<Record<ProviderId, readonly string[]>> = {
  x: ['tweet.read', 'users.read'],
  'x-oauth1': [],
  'x-app': [],
};

type Ask = Parameters<typeof authentication.getSession>[2];

/** Asks for a session and keeps no token: X Authentication renews it, and hands out one that has some life left. */
async function ask(provider: ProviderId, how: Ask): Promise<string | undefined> {
  return (await authentication.getSession(provider, SCOPES[provider], how))?.accessToken;
}

/** Who is signed in, as both clients say it. */
async function whoAmI(provider: 'x' | 'x-oauth1', accessToken: string): Promise<readonly string[]> {
  const baseUrl = apiBaseUrl();
  const [mine, theirs] = await Promise.all([
    xdkClient(provider, accessToken, baseUrl).users.getMe(),
    twitterApiClient(provider, accessToken, baseUrl).v2.me(),
  ]);
  return [`XDK: @${mine.data?.username}`, `twitter-api-v2: @${theirs.data.username}`];
}

/** An app is nobody, but may look up whoever is public. */
async function whoIs(username: string, accessToken: string): Promise<readonly string[]> {
  const baseUrl = apiBaseUrl();
  const [mine, theirs] = await Promise.all([
    xdkClient('x-app', accessToken, baseUrl).users.getByUsername(username),
    twitterApiClient('x-app', accessToken, baseUrl).v2.userByUsername(username),
  ]);
  return [`XDK: ${mine.data?.name}`, `twitter-api-v2: ${theirs.data.name}`];
}

/** Shows what X answered, or what went wrong: X Authentication's messages say what to do. Returns it, for who runs the command. */
async function show(answer: () => Promise<readonly string[]>): Promise<string> {
  try {
    const text = (await answer()).join(' · ');
    void window.showInformationMessage(text);
    return text;
  } catch (error) {
    const text = `Three Clients: ${error instanceof Error ? error.message : String(error)}`;
    void window.showErrorMessage(text);
    return text;
  }
}

/** What another extension gets of this one: a way to have it ask for a session without dialogs. The tests do. */
export interface ThreeClients {
  offerToSignIn(provider: ProviderId): Promise<boolean>;
}

export function activate(context: ExtensionContext): ThreeClients {
  const signedIn = async (provider: ProviderId): Promise<string> => (await ask(provider, { createIfNone: true })) ?? '';
  context.subscriptions.push(
    commands.registerCommand('threeClients.asUser', () => show(async () => whoAmI('x', await signedIn('x')))),
    commands.registerCommand('threeClients.asUserOAuth1', () =>
      show(async () => whoAmI('x-oauth1', await signedIn('x-oauth1'))),
    ),
    commands.registerCommand('threeClients.asApp', (username: unknown = 'XDevelopers') =>
      show(async () => whoIs(String(username), await signedIn('x-app'))),
    ),
  );
  return {
    // Without a session, this puts "Sign in with … to use Three Clients" into the Accounts menu.
    offerToSignIn: async (provider) => (await ask(provider, { createIfNone: false })) !== undefined,
  };
}

/** `https://api.x.com`, unless a person moved it, as the tests of X Authentication do. */
function apiBaseUrl(): string {
  return workspace.getConfiguration('xAuthentication').get('apiBaseUrl', 'https://api.x.com');
}
