import type { Providers } from '../providerKind.ts';
import type { Platform } from '../platform.ts';
import { newNonce } from '../../oauth/oauth1Signature.ts';
import { CallbackHandoff } from '../../sessions/callbackHandoff.ts';
import type { Grant } from '../../sessions/grant.ts';
import { SealedNotes } from '../../ipc/sealedNotes.ts';
import { AppOnlySignIn } from './signIn/appOnlySignIn.ts';
import { ClientCredentialsPrompt } from './signIn/clientCredentialsPrompt.ts';
import { BrowserFlow } from './signIn/browserFlow.ts';
import { callbackPage } from './signIn/callbackPage.ts';
import { commandHandlers } from './commandHandlers.ts';
import { ApiKeyPrompt } from './signIn/apiKeyPrompt.ts';
import { diagnose } from './diagnostics.ts';
import { signOutOf } from './accounts/manageAccounts.ts';
import { toUserFacingError } from './messages/errors.ts';
import { OAuth1SignIn } from './signIn/oauth1SignIn.ts';
import { settings } from '../settings.ts';
import { Messages } from './messages/messages.ts';
import { OAuth2SignIn } from './signIn/oauth2SignIn.ts';
import { labelWords } from './accounts/grantLabels.ts';
import { callbackUrlsHere } from './signIn/flowPlan.ts';

export type Ui = ReturnType<typeof openUi>;

/** Builds and connects what people see: signing in, messages, commands. Loaded when the first of them is needed. */
export function openUi(platform: Platform, providers: Providers) {
  const { context, log, clients, folders, secrets } = platform;
  const { x, oauth1, appOnly } = providers;
  const all = Object.values(providers);
  const deps = { ...platform.deps, nonce: newNonce };
  const consumers = new Map<string, ApiKeyPrompt>();
  const apiKeyPrompt = (apiBaseUrl: string): ApiKeyPrompt => {
    const known = consumers.get(apiBaseUrl) ?? new ApiKeyPrompt(secrets, apiBaseUrl);
    consumers.set(apiBaseUrl, known);
    return known;
  };
  const clientCredentialsPrompt = new ClientCredentialsPrompt(clients, callbackUrlsHere, () => x.sessions.appChanged());
  const browser = new BrowserFlow({
    page: (arrival) => callbackPage(context.extensionUri, arrival),
    handoff: new CallbackHandoff(new SealedNotes(folders.notes)),
    log,
  });
  const messages = new Messages({
    signInAgain: (grant, more) =>
      x.signIn({ scopes: [...grant.scopes, ...more], clientId: grant.clientId, accountId: grant.account.id }),
    signOut: (grant) => signOutOf(grant, all),
    setUp: {
      app: () => clientCredentialsPrompt.run(),
      clientSecret: (app) => clientCredentialsPrompt.changeSecret(app),
      apiKey: () => apiKeyPrompt(settings.apiBaseUrl()).set(),
    },
    log,
  });
  const tellSignedIn = (grant: Grant): void => void messages.signedIn(grant);
  const lasting = { apiKeyPrompt, deps, log };
  const { secrets: allSecrets, extension } = context;
  const diagnosed = { extension, kinds: all, browser, secrets: allSecrets, folders, deps };
  return {
    messages,
    browser,
    toUserFacingError,
    commands: commandHandlers({
      ...providers,
      sessions: x.sessions,
      browser,
      clientCredentialsPrompt,
      messages,
      diagnose: () => diagnose(diagnosed),
      log,
    }),
    signIn: new OAuth2SignIn({
      sessions: x.sessions,
      signIns: x.signIns,
      clientCredentialsPrompt,
      browser,
      tellSignedIn,
      log,
    }),
    oauth1SignIn: new OAuth1SignIn({ ...lasting, sessions: oauth1.sessions, browser }),
    appOnlySignIn: new AppOnlySignIn({
      ...lasting,
      sessions: appOnly.sessions,
      isFree: async (...label) => (await appOnly.labels()).isFree(...label),
    }),
    labelWords,
  };
}
