import type * as vscode from 'vscode';
import { newNonce } from '../../oauth/oauth1Signature.ts';
import { CallbackHandoff } from '../../sessions/callbackHandoff.ts';
import type { ClientSecrets } from '../../sessions/store/clientSecrets.ts';
import type { Grant } from '../../sessions/grant.ts';
import type { Grants } from '../../sessions/store/grants.ts';
import { labelGrants, Labels } from '../../sessions/labels.ts';
import type { StaticSessions } from '../../sessions/staticSessions.ts';
import { revokeOAuth1 } from '../../sessions/revokeOAuth1.ts';
import { SealedNotes } from '../../ipc/sealedNotes.ts';
import type { Sessions, SessionsDeps } from '../../sessions/sessions.ts';
import type { Secrets } from '../../sessions/store/grantRecords.ts';
import { AppOnlySignIn } from './signIn/appOnlySignIn.ts';
import { ClientCredentialsPrompt } from './signIn/clientCredentialsPrompt.ts';
import { BrowserFlow } from './signIn/browserFlow.ts';
import { callbackPage } from './signIn/callbackPage.ts';
import { commandHandlers } from './commandHandlers.ts';
import { ApiKeyPrompt } from './signIn/apiKeyPrompt.ts';
import { diagnose } from './diagnostics.ts';
import { signOutOf } from './accounts/manageAccounts.ts';
import { toUserFacingError } from './messages/userFacingErrors.ts';
import { OAuth1SignIn } from './signIn/oauth1SignIn.ts';
import { settings } from '../settings.ts';
import { Messages } from './messages/messages.ts';
import { OAuth2SignIn } from './signIn/oauth2SignIn.ts';
import { labelWords } from './accounts/grantLabels.ts';
import { callbackUrlsHere } from './signIn/redirectPlan.ts';
import type { ProviderKind } from '../providerKind.ts';

/** What works without anybody looking, as far as people meet it. */
export interface UiDeps {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly world: SessionsDeps;
  /** Of {@link context}, for who may write to it. */
  readonly secrets: Secrets;
  readonly clients: ClientSecrets;
  /** Where windows leave things for each other, by name. */
  readonly folders: Readonly<Record<'notes' | 'locks' | 'labels' | 'grants' | 'manifest', string>>;
  readonly sessions: Sessions;
  readonly oauth1Sessions: StaticSessions;
  readonly appOnlySessions: StaticSessions;
  readonly kinds: OfEach<ProviderKind>;
  readonly grants: OfEach<Grants>;
}

/** One for each provider. */
interface OfEach<T> {
  readonly x: T;
  readonly oauth1: T;
  readonly appOnly: T;
}

export type Ui = ReturnType<typeof openUi>;

/** Builds and connects what people meet: signing in, messages, commands. VS Code loads it when the first of them is needed. */
export function openUi(background: UiDeps) {
  const { context, log, clients, folders, sessions, kinds, grants } = background;
  const world = { ...background.world, nonce: newNonce };
  const consumers = new Map<string, ApiKeyPrompt>();
  const apiKeyPrompt = (apiBaseUrl: string): ApiKeyPrompt => {
    const known = consumers.get(apiBaseUrl) ?? new ApiKeyPrompt(background.secrets, apiBaseUrl);
    consumers.set(apiBaseUrl, known);
    return known;
  };
  const clientCredentialsPrompt = new ClientCredentialsPrompt(clients, callbackUrlsHere, () => sessions.appChanged());
  const browser = new BrowserFlow({
    page: (arrival) => callbackPage(context.extensionUri, arrival),
    notes: new CallbackHandoff(new SealedNotes(folders.notes)),
    log,
  });
  const messages = new Messages({
    signInAgain: (grant, more) =>
      kinds.x.signIn([...grant.scopes, ...more, `X_CLIENT_ID:${grant.clientId}`], grant.account.id),
    signOut: (grant) => signOutOf(grant, Object.values(kinds)),
    setUp: {
      app: () => clientCredentialsPrompt.run(),
      clientSecret: (app) => clientCredentialsPrompt.changeSecret(app),
      apiKey: () => apiKeyPrompt(settings.apiBaseUrl()).set(),
    },
    log,
  });
  const tellSignedIn = (grant: Grant): void => void messages.signedIn(grant);
  const labelsOf = ({ id: providerId }: ProviderKind, of: Grants): Labels =>
    new Labels({ folder: folders.labels, providerId, grantsAt: (server) => of.listOf(server), log });
  const labels = {
    x: labelsOf(kinds.x, grants.x),
    oauth1: labelsOf(kinds.oauth1, grants.oauth1),
    appOnly: labelsOf(kinds.appOnly, grants.appOnly),
  };
  const lasting = { apiKeyPrompt, world, log };
  const { secrets, extension } = context;
  const diagnosed = { extension, kinds: Object.values(kinds), browser, secrets, folders, world };
  return {
    messages,
    browser,
    toUserFacingError,
    commands: commandHandlers({
      ...kinds,
      sessions,
      browser,
      clientCredentialsPrompt,
      messages,
      diagnose: () => diagnose(diagnosed),
      log,
    }),
    signIn: new OAuth2SignIn({ sessions, clientCredentialsPrompt, browser, tellSignedIn, log }),
    oauth1SignIn: new OAuth1SignIn({ ...lasting, sessions: background.oauth1Sessions, browser }),
    appOnlySignIn: new AppOnlySignIn({ ...lasting, sessions: background.appOnlySessions, labels: labels.appOnly }),
    labels,
    label: labelGrants((...claim) => labels.x.claim(...claim), world.defaultClientId, labelWords),
    revokeOAuth1: (grant: Grant, replacedBy?: Grant): Promise<void> => revokeOAuth1(grant, replacedBy, world),
  };
}
