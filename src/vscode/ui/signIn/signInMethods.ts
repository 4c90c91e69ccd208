import { isLoopbackToBrowsers } from '../../../x/endpoints.ts';
import { CALLBACK_PATH } from '../../callbackPath.ts';
import type { SignInMethod, SignInMethodSetting } from '../../signInMethodSetting.ts';

/** Where this window runs, as far as it decides how a browser finds its way back. */
export interface Environment {
  readonly loopbackPort: number;
  /** What `asExternalUri` made of the callback URL on the loopback address. */
  readonly loopbackUri: string;
  /** What the operating system hands to this editor: `<uriScheme>://xauth.x-authentication/callback`. */
  readonly appUri: string;
  /** What `asExternalUri` made of that: with a window's number on a desktop, a page of the editor in a browser. */
  readonly externalAppUri: string;
  readonly isDesktop: boolean;
  readonly relayUrl: string;
}

/** `good`: tried by itself. `poor`: offered, because it needs something that is usually missing here. `none`: can't work. */
type Fit = 'good' | 'poor' | 'none';

/** Whether a method can bring the browser back, and why; in English, for the log and the diagnostics. */
export interface Verdict {
  readonly fit: Fit;
  readonly why: string;
}

/** How the browser comes back from X. */
export interface WayBack {
  readonly method: SignInMethod;
  /** What X must have on its list of callback URLs, to the letter. */
  readonly redirectUri: string;
}

interface Row {
  readonly method: SignInMethod;
  readonly judge: (environment: Environment) => Verdict;
  readonly redirectUri: (environment: Environment) => string;
}

/** The ways back from the browser, in the order in which they are tried. */
const ROWS: readonly Row[] = [
  { method: 'loopback', judge: judgeLoopback, redirectUri: loopbackRedirectUri },
  { method: 'relay', judge: judgeRelay, redirectUri: ({ relayUrl }) => relayUrl },
  { method: 'uri', judge: judgeUri, redirectUri: ({ appUri }) => appUri },
  {
    method: 'paste',
    judge: () => ({ fit: 'good', why: 'the address that the browser ends on has all that is needed' }),
    // What is registered for the method that would be tried; an address of the app's own never gets into the address bar.
    redirectUri: (environment) => {
      const [first] = ROWS.filter(({ method }) => method === 'loopback' || method === 'relay').filter(
        ({ judge }) => judge(environment).fit === 'good',
      );
      return first?.redirectUri(environment) ?? environment.loopbackUri;
    },
  },
];

function judgeLoopback({ loopbackPort, loopbackUri, externalAppUri, isDesktop }: Environment): Verdict {
  const { hostname, port, pathname } = new URL(loopbackUri);
  // Behind a path it is the editor's server that forwards.
  if (!isLoopbackToBrowsers(hostname) || pathname !== CALLBACK_PATH) {
    return isMicrosofts(hostname)
      ? { fit: 'poor', why: 'the address of the forwarded port is another one on every machine' }
      : { fit: 'good', why: 'the editor forwards an address of its own to the port' };
  }
  if (Number(port) !== loopbackPort) {
    return { fit: 'none', why: `the port is forwarded under another number, ${port}, which X would refuse` };
  }
  if (!isDesktop && !isLoopbackToBrowsers(new URL(externalAppUri).hostname)) {
    return { fit: 'poor', why: 'the browser seems to run on another machine than the editor' };
  }
  return { fit: 'good', why: 'the browser reaches the port on the loopback address' };
}

function loopbackRedirectUri({ loopbackPort, loopbackUri }: Environment): string {
  // X takes the number of the address only, which a port that is forwarded under its own number listens on as well.
  return new URL(loopbackUri).host === `localhost:${loopbackPort}`
    ? loopbackUri.replace('//localhost:', '//127.0.0.1:')
    : loopbackUri;
}

function judgeRelay({ relayUrl, appUri, externalAppUri, isDesktop }: Environment): Verdict {
  if (!isMicrosofts(new URL(relayUrl).hostname)) return { fit: 'good', why: 'a relay of your own is set' };
  const isForwarded = isDesktop
    ? ['vscode:', 'vscode-insiders:'].includes(new URL(appUri).protocol)
    : isMicrosofts(new URL(externalAppUri).hostname);
  return isForwarded
    ? { fit: 'good', why: "Microsoft's relay forwards to this editor" }
    : { fit: 'none', why: "Microsoft's relay forwards to Microsoft's editors only" };
}

function judgeUri({ appUri, isDesktop }: Environment): Verdict {
  const scheme = new URL(appUri).protocol;
  return isDesktop
    ? { fit: 'good', why: `the operating system hands ${scheme} addresses to this editor` }
    : { fit: 'poor', why: `no operating system hands ${scheme} addresses to an editor in a browser` };
}

/** vscode.dev and github.dev, with the codespaces and tunnels below them. */
function isMicrosofts(hostname: string): boolean {
  return /(^|\.)(vscode\.dev|github\.dev|devtunnels\.ms)$/.test(hostname);
}

/** What is thought of every method here. */
export function judgeMethods(environment: Environment): readonly (WayBack & Verdict)[] {
  return ROWS.map(({ method, judge, redirectUri }) => ({
    method,
    redirectUri: redirectUri(environment),
    ...judge(environment),
  }));
}

/** The ways back to try here, in this order. A method that a person chose is the only one, if it can work at all. */
export function waysToTry(setting: SignInMethodSetting, environment: Environment): readonly WayBack[] {
  return judgeMethods(environment)
    .filter(({ method, fit }) => (setting === 'auto' ? fit === 'good' : method === setting && fit !== 'none'))
    .map(wayBack);
}

/** The ways back that a person may choose here when the browser does not come back. */
export function waysToOffer(environment: Environment): readonly WayBack[] {
  return judgeMethods(environment)
    .filter(({ fit }) => fit !== 'none')
    .map(wayBack);
}

/** The callback URLs to register with X for this editor, each once; the first is the one that is tried first. */
export function callbackUrls(setting: SignInMethodSetting, environment: Environment): readonly string[] {
  const ways = [...waysToTry(setting, environment), ...waysToTry('auto', environment)];
  return [...new Set(ways.map(({ redirectUri }) => redirectUri))];
}

function wayBack({ method, redirectUri }: WayBack): WayBack {
  return { method, redirectUri };
}
