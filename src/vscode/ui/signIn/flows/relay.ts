import { isCarried } from '../../../../x/state.ts';
import { isMicrosofts, type Environment, type Flow, type Verdict } from './flow.ts';

/** A page on the web that forwards the browser to the address in `state`, which is this very window. */
export const relay: Flow = {
  method: 'relay',
  judge,
  redirectUri: ({ relayUrl }) => relayUrl,
  comesByUri: true,
  async toState(nonce, windowUri) {
    const state = await windowUri(nonce);
    return isCarried(state) ? state : undefined;
  },
  listen: async () => ({}),
};

function judge({ relayUrl, appUri, externalAppUri, isDesktop }: Environment): Verdict {
  if (!isMicrosofts(new URL(relayUrl).hostname)) return { fit: 'good', why: 'a relay of your own is set' };
  const isForwarded = isDesktop
    ? ['vscode:', 'vscode-insiders:'].includes(new URL(appUri).protocol)
    : isMicrosofts(new URL(externalAppUri).hostname);
  return isForwarded
    ? { fit: 'good', why: "Microsoft's relay forwards to this editor" }
    : { fit: 'none', why: "Microsoft's relay forwards to Microsoft's editors only" };
}
