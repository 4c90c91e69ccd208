import type { Environment, Flow } from './flow.ts';
import { loopback } from './loopback.ts';
import { relay } from './relay.ts';

/** The person pastes the address that the browser ended on. Works everywhere. */
export const paste: Flow = {
  method: 'paste',
  judge: () => ({ fit: 'good', why: 'the address that the browser ends on has all that is needed' }),
  redirectUri,
  comesByUri: false,
  listen: async () => ({ isAsked: true }),
};

/** What is registered for the flow that would be tried; an address of the app's own never gets into the address bar. */
function redirectUri(environment: Environment): string {
  const first = [loopback, relay].find(({ judge }) => judge(environment).fit === 'good');
  return first?.redirectUri(environment) ?? environment.loopbackUri;
}
