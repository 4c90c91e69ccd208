import { access, constants, mkdir, readdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { HttpDeps } from '../../oauth/http.ts';
import { compareClocks } from '../../x/clock.ts';
import type { BrowserFlow } from './signIn/browserFlow.ts';
import { CALLBACK_PATH } from '../callbackPath.ts';
import { readEnvironment } from './signIn/environment.ts';
import { SECTION, settings } from '../settings.ts';
import { flowsToTry, judgeFlows } from './signIn/flows/flows.ts';
import type { ProviderKind } from '../providerKind.ts';

/** Of an editor in a browser, the name of its remote is that of a host. */
const REMOTES = ['ssh-remote', 'wsl', 'dev-container', 'attached-container', 'codespaces', 'tunnel'];

export interface Diagnosed {
  readonly extension: vscode.Extension<unknown>;
  readonly kinds: readonly ProviderKind[];
  readonly browser: BrowserFlow;
  readonly secrets: vscode.SecretStorage;
  /** Where windows leave things for each other, by name. */
  readonly folders: Readonly<Record<string, string>>;
  readonly deps: HttpDeps;
}

/**
 * What a maintainer needs to know to help, as Markdown and in English: where this runs, which flow is
 * taken and why, what was tried, X's clock, and whether storage works. No token, name, id or host of the person's is in it. Asks X
 * for the time, without credentials; otherwise no network.
 */
export async function diagnose(parts: Diagnosed): Promise<string> {
  const sections: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
    'Where it runs': () => whereItRuns(parts.extension),
    Settings: () => theSettings(),
    'Ways back from the browser': () => flows(),
    'Sign-ins in this window': () => signIns(parts.browser),
    Accounts: () => accounts(parts.kinds, parts.deps.now()),
    'Clock and connection': () => clock(parts.deps),
    Storage: () => storage(parts),
  };
  const texts = await Promise.all(
    Object.entries(sections).map(async ([title, lines]) => {
      try {
        return [`## ${title}`, '', ...(await lines()), ''];
      } catch (error) {
        // What does not work is what the reader wants to know.
        return [`## ${title}`, '', `Failed: ${nameOf(error)}`, ''];
      }
    }),
  );
  return ['# X Authentication: diagnostics', '', ...texts.flat()].join('\n');
}

function whereItRuns({ packageJSON, extensionKind }: vscode.Extension<unknown>): readonly string[] {
  const { appName, appHost, uriScheme, uiKind, remoteName, language } = vscode.env;
  const { version }: { readonly version?: unknown } = packageJSON;
  return [
    `- Extension ${String(version)}, on the ${extensionKind === vscode.ExtensionKind.UI ? "user's" : "workspace's"} side`,
    `- ${appName} ${vscode.version}, ${appHost}, ${uiKind === vscode.UIKind.Desktop ? 'desktop' : 'browser'}, ${uriScheme}:, language ${language}`,
    `- Remote: ${remoteName === undefined || REMOTES.includes(remoteName) ? (remoteName ?? 'none') : 'a server'}`,
    `- Node ${process.versions.node} on ${process.platform} ${process.arch}`,
  ];
}

function theSettings(): readonly string[] {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const isChanged = (name: string): string => {
    const { defaultValue, globalValue } = configuration.inspect(name) ?? {};
    return globalValue === undefined || globalValue === defaultValue ? 'as it comes' : 'changed';
  };
  return [
    `- clientId: ${settings.clientIdAsWritten() === '' ? 'not set' : `set, ${settings.clientIdAsWritten().length} characters`}`,
    `- signInMethod: ${settings.signInMethod()}`,
    `- loopbackPort: ${settings.loopbackPort()}`,
    ...['relayUrl', 'apiBaseUrl', 'authorizationBaseUrl', 'defaultScopes'].map(
      (name) => `- ${name}: ${isChanged(name)}`,
    ),
  ];
}

async function flows(): Promise<readonly string[]> {
  const environment = await readEnvironment();
  const [first] = flowsToTry(settings.signInMethod(), environment);
  return [
    `Tried first: ${first?.flow.method ?? 'none'}, because the setting is ${settings.signInMethod()}.`,
    '',
    '| method | fits | why | callback URL |',
    '| --- | --- | --- | --- |',
    ...judgeFlows(environment).map(
      ({ flow, fit, why, redirectUri }) => `| ${flow.method} | ${fit} | ${why} | ${redacted(redirectUri)} |`,
    ),
  ];
}

/** What a path may end in without naming anybody. */
const PLAIN_SEGMENTS = ['', 'callback', 'redirect'];

/**
 * An address without anything that may name the person or a machine of theirs: its scheme, and the last segment of its path.
 * The callback URL on this machine is shown whole, because its port matters. Put together from the parsed address, since the
 * text can spell a host in more ways than one.
 */
export function redacted(uri: string): string {
  const { protocol, hostname, host, pathname } = new URL(uri);
  const isHere = /^https?:$/.test(protocol) && ['127.0.0.1', 'localhost'].includes(hostname);
  if (isHere && pathname === CALLBACK_PATH) return `${protocol}//${host}${CALLBACK_PATH}`;
  const last = pathname.split('/').at(-1) ?? '';
  return `${protocol}//…/${PLAIN_SEGMENTS.includes(last) ? last : '…'}`;
}

function signIns({ past }: BrowserFlow): readonly string[] {
  if (past.length === 0) return ['None yet.'];
  return past.map(
    ({ at, method, outcome }) => `- ${new Date(at).toISOString()}, by ${method}: ${outcome ?? 'came back from X'}`,
  );
}

async function accounts(kinds: readonly ProviderKind[], now: number): Promise<readonly string[]> {
  const rows = await Promise.all(
    kinds.map(async ({ id, sessions }) =>
      (await sessions.statuses()).map(({ session, endsAt, triesAgainAt, troubles }) =>
        [
          `- ${id}: ${session.scopes.length} scopes`,
          ...(endsAt === undefined ? [] : [`access token ends in ${seconds(endsAt - now)}`]),
          ...(triesAgainAt === undefined ? [] : [`tried again in ${seconds(triesAgainAt - now)}`]),
          ...troubles,
        ].join(', '),
      ),
    ),
  );
  return rows.flat().length === 0 ? ['None.'] : rows.flat();
}

async function clock(deps: Diagnosed['deps']): Promise<readonly string[]> {
  const { aheadMs, roundTripMs } = await compareClocks(settings.baseUrls().api, deps);
  return [
    `- X's clock is ${seconds(aheadMs)} ahead of this machine's (give or take 1 s)`,
    `- X answered in ${roundTripMs} ms`,
  ];
}

/** Nothing is written to SecretStorage for this: in a browser, a write can erase what another window has stored. */
async function storage({ secrets, folders }: Diagnosed): Promise<readonly string[]> {
  const keys = await secrets.keys();
  const kindsOfKeys = new Map<string, number>();
  for (const key of keys) {
    const [kind = ''] = key.split(':', 1);
    kindsOfKeys.set(kind, (kindsOfKeys.get(kind) ?? 0) + 1);
  }
  const lost = (await Promise.all(keys.map((key) => secrets.get(key)))).filter((value) => value === undefined).length;
  const states = await Promise.all(
    Object.entries(folders).map(async ([name, folder]) => `- ${name}: ${await stateOf(folder)}`),
  );
  return [
    `- SecretStorage: ${[...kindsOfKeys].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'empty'}; ${lost} can't be read`,
    ...states,
  ];
}

async function stateOf(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK);
    return `can be written, ${(await readdir(folder)).length} entries`;
  } catch (error) {
    return `can't be used, ${nameOf(error)}`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** What kind of error it is; its message may have a path or a host in it. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
