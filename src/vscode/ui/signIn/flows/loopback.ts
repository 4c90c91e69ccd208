import { listenOnLoopback, PortUnavailableError } from '../../../../oauth/loopback.ts';
import { CALLBACK_PATH } from '../../../callbackPath.ts';
import { isMicrosofts, type Environment, type Flow, type ListenDeps, type Listener, type Verdict } from './flow.ts';
import { isLoopbackToBrowsers } from '../../../../x/baseUrls.ts';

/** When the last attempt of this process has let go of the port. */
let released: Promise<unknown> = Promise.resolve();

/** A server on 127.0.0.1 (RFC 8252 §7.3), which the browser reaches directly or by an address that the editor forwards. */
export const loopback: Flow = { method: 'loopback', judge, redirectUri, comesByUri: false, listen };

function judge({ loopbackPort, loopbackUri, externalAppUri, isDesktop }: Environment): Verdict {
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

function redirectUri({ loopbackPort, loopbackUri }: Environment): string {
  // X takes the number of the address only, which a port that is forwarded under its own number listens on as well.
  return new URL(loopbackUri).host === `localhost:${loopbackPort}`
    ? loopbackUri.replace('//localhost:', '//127.0.0.1:')
    : loopbackUri;
}

async function listen({ redirectUri: uri, port, mayPaste, log, ...deps }: ListenDeps): Promise<Listener> {
  const before = released;
  const release = Promise.withResolvers<void>();
  released = release.promise;
  // An attempt that this one replaces may just be opening the port, or the browser may still be fetching its page.
  await before;
  try {
    const server = await listenOnLoopback({ port, path: CALLBACK_PATH, hosts: [new URL(uri).host], ...deps });
    const close = (): Promise<void> => server.close().finally(() => release.resolve());
    return { callback: server.callback, close };
  } catch (error) {
    release.resolve();
    if (!mayPaste || !(error instanceof PortUnavailableError)) throw error;
    // Another flow may not be registered with X; this one is, and the port may belong to a window that hands callbacks over.
    log.warn(`Sign-in: ${error.message}; the callback URL has to be pasted.`);
    return { busyPort: port, isAsked: true };
  }
}
