import type * as vscode from 'vscode';
import { newNonce } from './oauth/oauth1Signature.ts';
import { CallbackNotes } from './sessions/callbackNotes.ts';
import type { Clients } from './sessions/clients.ts';
import type { Grant } from './sessions/grant.ts';
import type { Grants } from './sessions/store/grants.ts';
import { labelGrants, Labels } from './sessions/labels.ts';
import type { LastingSessions } from './sessions/lastingSessions.ts';
import { revokeOAuth1 } from './sessions/revokeOAuth1.ts';
import { SealedNotes } from './ipc/sealedNotes.ts';
import type { Sessions, SessionsWorld } from './sessions/sessions.ts';
import type { Secrets } from './sessions/store/records.ts';
import { AppOnlySignIn } from './vscode/appOnlySignIn.ts';
import { AppSetUp } from './vscode/appSetUp.ts';
import { Browser } from './vscode/browser.ts';
import { callbackPage } from './vscode/callbackPage.ts';
import { commandsOf, type SignInKind } from './vscode/commands.ts';
import { ConsumerSetUp } from './vscode/consumerSetUp.ts';
import { diagnose } from './vscode/diagnostics.ts';
import { signOutOf } from './vscode/manageAccounts.ts';
import { toFailure } from './vscode/messages.ts';
import { OAuth1SignIn } from './vscode/oauth1SignIn.ts';
import { settings } from './vscode/settings.ts';
import { Messages } from './vscode/showMessages.ts';
import { SignIn } from './vscode/signIn.ts';
import { labelWords } from './vscode/labelWords.ts';
import { callbackUrlsHere } from './vscode/waysBack.ts';

/** What works without anybody looking, as far as people meet it. */
export interface Background {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly world: SessionsWorld;
  /** Of {@link context}, for who may write to it. */
  readonly secrets: Secrets;
  readonly clients: Clients;
  /** Where windows leave things for each other, by name. */
  readonly folders: Readonly<Record<'notes' | 'locks' | 'labels' | 'grants' | 'manifest', string>>;
  readonly sessions: Sessions;
  readonly oauth1Sessions: LastingSessions;
  readonly appOnlySessions: LastingSessions;
  readonly kinds: OfEach<SignInKind>;
  readonly grants: OfEach<Grants>;
}

/** One for each provider. */
interface OfEach<T> {
  readonly x: T;
  readonly oauth1: T;
  readonly appOnly: T;
}

export type Foreground = ReturnType<typeof openForeground>;

/** Builds and connects what people meet: signing in, messages, commands. VS Code loads it when the first of them is needed. */
export function openForeground(background: Background) {
  const { context, log, clients, folders, sessions, kinds, grants } = background;
  const world = { ...background.world, nonce: newNonce };
  const consumers = new Map<string, ConsumerSetUp>();
  const consumerSetUp = (apiBaseUrl: string): ConsumerSetUp => {
    const known = consumers.get(apiBaseUrl) ?? new ConsumerSetUp(background.secrets, apiBaseUrl);
    consumers.set(apiBaseUrl, known);
    return known;
  };
  const appSetUp = new AppSetUp(clients, callbackUrlsHere, () => sessions.appChanged());
  const browser = new Browser({
    page: (arrival) => callbackPage(context.extensionUri, arrival),
    notes: new CallbackNotes(new SealedNotes(folders.notes)),
    log,
  });
  const messages = new Messages({
    signInAgain: (grant, more) =>
      kinds.x.signIn([...grant.scopes, ...more, `X_CLIENT_ID:${grant.clientId}`], grant.account.id),
    signOut: (grant) => signOutOf(grant, Object.values(kinds)),
    setUp: {
      app: () => appSetUp.run(),
      clientSecret: (app) => appSetUp.changeSecret(app),
      apiKey: () => consumerSetUp(settings.apiBaseUrl()).set(),
    },
    log,
  });
  const tellSignedIn = (grant: Grant): void => void messages.signedIn(grant);
  const labelsOf = ({ id: providerId }: SignInKind, of: Grants): Labels =>
    new Labels({ folder: folders.labels, providerId, grantsAt: (server) => of.listOf(server), log });
  const labels = {
    x: labelsOf(kinds.x, grants.x),
    oauth1: labelsOf(kinds.oauth1, grants.oauth1),
    appOnly: labelsOf(kinds.appOnly, grants.appOnly),
  };
  const lasting = { consumerSetUp, world, log };
  const { secrets, extension } = context;
  const diagnosed = { extension, kinds: Object.values(kinds), browser, secrets, folders, world };
  return {
    messages,
    browser,
    toFailure,
    commands: commandsOf({ ...kinds, sessions, browser, appSetUp, messages, diagnose: () => diagnose(diagnosed), log }),
    signIn: new SignIn({ sessions, appSetUp, browser, tellSignedIn, log }),
    oauth1SignIn: new OAuth1SignIn({ ...lasting, sessions: background.oauth1Sessions, browser }),
    appOnlySignIn: new AppOnlySignIn({ ...lasting, sessions: background.appOnlySessions, labels: labels.appOnly }),
    labels,
    label: labelGrants((...claim) => labels.x.claim(...claim), world.defaultClientId, labelWords),
    revokeOAuth1: (grant: Grant, replacedBy?: Grant): Promise<void> => revokeOAuth1(grant, replacedBy, world),
  };
}
