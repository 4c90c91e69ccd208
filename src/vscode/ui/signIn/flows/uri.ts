import type { Environment, Flow, Verdict } from './flow.ts';

/** The editor's own address, which the operating system hands to one of its windows. */
export const uri: Flow = {
  method: 'uri',
  judge,
  redirectUri: ({ appUri }) => appUri,
  comesByUri: true,
  listen: async () => ({}),
};

function judge({ appUri, isDesktop }: Environment): Verdict {
  const scheme = new URL(appUri).protocol;
  return isDesktop
    ? { fit: 'good', why: `the operating system hands ${scheme} addresses to this editor` }
    : { fit: 'poor', why: `no operating system hands ${scheme} addresses to an editor in a browser` };
}
