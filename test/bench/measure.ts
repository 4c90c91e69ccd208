import { stat } from 'node:fs/promises';
import { packageExtensions } from '../e2e/packages.ts';
import { freePort } from '../host/freePort.ts';
import { openWindowProcesses } from '../unit/sessions/harness/windowProcesses.ts';
import { HOUR } from '../unit/sessions/harness/window.ts';
import { ADA, NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';
import { signedIn, signedInToGitHub } from './accounts.ts';
import { callbackUrl } from '../host/codeServer.ts';
import { type Editor, startEditor } from './editor.ts';
import type { Expiries, Measured, OAuth2SignIn } from './measured.ts';
import { stageExtensions, stageInactive } from './stage.ts';
import { type Activation, CONSTANT, GITHUB, type Listing, X } from './tasks.ts';

const HOSTS = 8;
const ACCOUNTS = [1, 10, 100, 1000];
const LISTINGS = 20;
const WARM_CALLS = 1000;
const CALLERS = 1000;
const EXPIRIES = 5;
const WINDOWS = 8;
const SIGN_INS = 7;
const LATENCY_MS = 200;

/** Ten, of which 1,000 different choices can be made. */
const READ_SCOPES = ['tweet.read', 'users.read', 'follows.read', 'like.read', 'list.read', 'bookmark.read'];
const SCOPES = [...READ_SCOPES, 'tweet.write', 'follows.write', 'like.write', 'list.write'];

type Say = (what: string) => void;

/** Measures everything. `bundle` is what was built. */
export async function measure(bundle: Measured['bundle'], say: Say): Promise<Measured> {
  const loopbackPort = await freePort();
  const editorPort = await freePort();
  const apps = [{ ...NATIVE_APP, redirectUris: [callbackUrl(editorPort, loopbackPort)] }];
  await using near = await startFakeX({ apps });
  await using far = await startFakeX({ apps, latencyMs: LATENCY_MS });
  for (const x of [near, far]) x.switches.autoConsent = { decision: 'authorize', as: ADA.key };
  await using editor = await startEditor(editorPort, {
    'xAuthentication.clientId': NATIVE_APP.clientId,
    'xAuthentication.apiBaseUrl': near.apiBaseUrl,
    'xAuthentication.authorizationBaseUrl': near.authorizationBaseUrl,
    'xAuthentication.loopbackPort': loopbackPort,
    'xAuthentication.defaultScopes': SCOPES,
  });

  say(`activation, in ${HOSTS} extension hosts`);
  const activations = await activate(editor);
  say(`listing ${ACCOUNTS.join(', ')} accounts`);
  const { listings, listingRequests } = await list(editor, near);
  say('sessions in one window: warm, at expiry, signing in');
  const { warmMs, oneWindow, signIn, version } = await useSessions(editor, near, far);
  say(`callers at expiry in ${WINDOWS} windows`);
  const eightWindows = await expireInWindows();
  say('packaging');
  const packageBytes = await packagedBytes();
  return {
    activations,
    warmMs,
    listings,
    listingRequests,
    expiries: { oneWindow, eightWindows },
    signIn,
    bundle,
    packageBytes,
    versions: { vscode: version, chromium: editor.browserVersion },
  };
}

/** In turn the first and the second, because who comes first loads what both need. */
async function activate(editor: Editor): Promise<readonly (readonly Activation[])[]> {
  const staged = await stageInactive();
  const activations: (readonly Activation[])[] = [];
  await using person = await editor.person();
  for (let host = 0; host < HOSTS; host++) {
    const extensions = host % 2 === 0 ? [CONSTANT, X, GITHUB] : [CONSTANT, GITHUB, X];
    activations.push(await person.perform(staged, 'activation', { extensions }));
  }
  return activations;
}

async function list(editor: Editor, x: FakeX): Promise<Pick<Measured, 'listings' | 'listingRequests'>> {
  const staged = await stageExtensions();
  const listings: Listing[] = [];
  for (const count of ACCOUNTS) {
    await using person = await editor.person(await signedIn(count, x.apiBaseUrl, editor.globalStorageOf(X)));
    const listing = await person.perform(staged, 'listing', { rounds: LISTINGS });
    if (listing.accounts !== count) throw new Error(`Of ${count} accounts VS Code listed ${listing.accounts}.`);
    listings.push(listing);
  }
  return { listings, listingRequests: x.requests.length };
}

interface InOneWindow {
  readonly warmMs: Measured['warmMs'];
  readonly oneWindow: Expiries;
  readonly signIn: OAuth2SignIn;
  readonly version: string;
}

async function useSessions(editor: Editor, near: FakeX, far: FakeX): Promise<InOneWindow> {
  await using person = await editor.person(signedInToGitHub(`@${ADA.username}`));
  const x = [near, far].map(({ apiBaseUrl, authorizationBaseUrl }) => ({ apiBaseUrl, authorizationBaseUrl }));
  const asks = { warmCalls: WARM_CALLS, scopes: SCOPES, callers: CALLERS, expiries: EXPIRIES, signIns: SIGN_INS, x };
  const answer = await person.perform(await stageExtensions(), 'sessions', asks);
  const refreshes = near.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'refresh_token');
  const requests = answer.expiries.map(
    ({ startedAt, endedAt }) => refreshes.filter(({ at }) => at >= startedAt && at <= endedAt).length,
  );
  const [nearMs = [], farMs = []] = answer.signInMs;
  return {
    warmMs: answer.warmMs,
    oneWindow: {
      callers: CALLERS,
      requests,
      served: answer.expiries.map(({ served }) => served),
      ms: answer.expiries.map(({ startedAt, endedAt }) => endedAt - startedAt),
    },
    signIn: {
      tokenRequests: far.requestsTo('/2/oauth2/token').length / SIGN_INS,
      userRequests: far.requestsTo('/2/users/me').length / SIGN_INS,
      nearMs,
      farMs,
      latencyMs: LATENCY_MS,
    },
    version: answer.version,
  };
}

/** Windows as processes over one store, which VS Code in a browser does not have. */
async function expireInWindows(): Promise<Expiries> {
  await using processes = await openWindowProcesses('desktop', WINDOWS);
  const requests: number[] = [];
  const served: number[] = [];
  const ms: number[] = [];
  for (let expiry = 0; expiry < EXPIRIES; expiry++) {
    const before = processes.refreshes;
    processes.now += 2 * HOUR;
    const startedAt = performance.now();
    const reports = await Promise.all(processes.windows.map((window) => window.ask({ callers: CALLERS / WINDOWS })));
    ms.push(performance.now() - startedAt);
    requests.push(processes.refreshes - before);
    const unserved = reports.map((report) => (report ? report.withoutSession + report.rejections.length : CALLERS));
    served.push(CALLERS - unserved.reduce((sum, count) => sum + count, 0));
  }
  return { callers: CALLERS, requests, served, ms };
}

async function packagedBytes(): Promise<number> {
  const [vsix = ''] = await packageExtensions();
  return (await stat(vsix)).size;
}
