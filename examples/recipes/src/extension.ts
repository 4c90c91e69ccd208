import { authentication, commands, type ExtensionContext, lm, window } from 'vscode';
import * as exportedApi from './exportedApi.ts';
import { ReadPosts } from './languageModelTool.ts';
import { XMcpServers } from './mcpServer.ts';
import * as plainFetch from './plainFetch.ts';
import { twitterApiClient } from './twitterApiV2.ts';
import type { XProviderId } from './x-authentication.d.ts';
import { xdkClient } from './xdk.ts';

/** OAuth 1.0a and an app's bearer have no scopes. */
const SCOPES: Readonly<Record<XProviderId, readonly string[]>> = {
  x: ['tweet.read', 'users.read'],
  'x-oauth1': [],
  'x-app': [],
};

/** Asks for a session and keeps no token: X Authentication refreshes it, and hands out one that has some life left. */
async function accessToken(provider: XProviderId): Promise<string> {
  return (await authentication.getSession(provider, SCOPES[provider], { createIfNone: true })).accessToken;
}

/** Who is signed in, as both SDKs say it. */
async function whoAmI(provider: 'x' | 'x-oauth1'): Promise<string> {
  const [token, baseUrl] = [await accessToken(provider), plainFetch.apiBaseUrl()];
  const [mine, theirs] = await Promise.all([
    xdkClient(provider, token, baseUrl).users.getMe(),
    twitterApiClient(provider, token, baseUrl).v2.me(),
  ]);
  return `XDK: @${mine.data?.username} · twitter-api-v2: @${theirs.data.username}`;
}

/** An app is nobody, but may look up whoever is public. */
async function whoIs(username: string): Promise<string> {
  const [token, baseUrl] = [await accessToken('x-app'), plainFetch.apiBaseUrl()];
  const [mine, theirs] = await Promise.all([
    xdkClient('x-app', token, baseUrl).users.getByUsername(username),
    twitterApiClient('x-app', token, baseUrl).v2.userByUsername(username),
  ]);
  return `XDK: ${mine.data?.name} · twitter-api-v2: ${theirs.data.name}`;
}

/** Shows what X answered, or what went wrong: X Authentication's messages say what to do. Returns it, for who runs the command. */
async function show(answer: () => Promise<string>): Promise<string> {
  try {
    const text = await answer();
    void window.showInformationMessage(text);
    return text;
  } catch (error) {
    const text = `X Recipes: ${error instanceof Error ? error.message : String(error)}`;
    void window.showErrorMessage(text);
    return text;
  }
}

/** What another extension gets of this one: a way to have it ask for a session without dialogs. The tests do. */
export interface Recipes {
  offerToSignIn(provider: XProviderId): Promise<boolean>;
  readonly mcpServers: XMcpServers;
}

export function activate(context: ExtensionContext): Recipes {
  const mcpServers = new XMcpServers();
  context.subscriptions.push(
    mcpServers,
    lm.registerMcpServerDefinitionProvider('xRecipes.mcpServers', mcpServers),
    lm.registerTool('x_recipes_read_posts', new ReadPosts()),
    commands.registerCommand('recipes.plainFetch', () => show(() => plainFetch.whoAmI())),
    commands.registerCommand('recipes.exportedApi', () => show(() => exportedApi.whoAmI())),
    commands.registerCommand('recipes.asUser', () => show(() => whoAmI('x'))),
    commands.registerCommand('recipes.asUserOAuth1', () => show(() => whoAmI('x-oauth1'))),
    commands.registerCommand('recipes.asApp', (username: unknown = 'XDevelopers') =>
      show(() => whoIs(String(username))),
    ),
  );
  return {
    mcpServers,
    // Without a session, this puts "Sign in with … to use Recipes" into the Accounts menu.
    offerToSignIn: async (provider) => (await authentication.getSession(provider, SCOPES[provider])) !== undefined,
  };
}
