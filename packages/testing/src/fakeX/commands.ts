import { type Fault, faults } from './faults/faults.ts';
import type { FakeX } from './fakeX.ts';

/** What can be typed while the fake X runs as a program. */
export const COMMANDS = `  expire                          expire all access tokens now
  fail ENDPOINT FAULT [TIMES]     make the next requests to an endpoint fail: fail /2/users/me unauthorized 3
  clear                           clear all failures
  offline, online                 refuse connections, accept them again
  consent PERSON, consent ask     answer consent pages automatically as ada, grace or katherine, or show them again
`;

/** The names of the faults for `fail`. */
export const FAULT_NAMES = Object.keys(faults).join(' ');

/** Runs a command that was typed, and returns what to print. */
export async function runCommand(x: FakeX, line: string): Promise<string> {
  const [command = '', ...words] = line.trim().split(/\s+/);
  switch (command) {
    case '':
      return '';
    case 'expire':
      x.grants.expireAccessTokens();
      return 'All access tokens have expired.';
    case 'fail':
      return fail(x, words);
    case 'clear':
      x.clearFaults();
      return 'All failures are cleared.';
    case 'offline':
      await x.goOffline();
      return 'Connections are refused.';
    case 'online':
      await x.goOnline();
      return 'Connections are accepted.';
    case 'consent':
      return consent(x, words);
    default:
      return `Type one of these:\n${COMMANDS}`;
  }
}

function fail(x: FakeX, [endpoint, name, times = '1']: readonly string[]): string {
  const named: Readonly<Record<string, Fault>> = faults;
  const fault = name === undefined ? undefined : named[name];
  const count = Number(times);
  if (endpoint === undefined || fault === undefined || !(count >= 1)) {
    return `Type fail, an endpoint such as /2/users/me or *, and one of: ${FAULT_NAMES}`;
  }
  x.fail(endpoint, fault, { times: count });
  return `${endpoint} will fail ${count === 1 ? 'once' : `${count} times`}: ${name}.`;
}

function consent(x: FakeX, [as]: readonly string[]): string {
  if (as === 'ask') x.switches.autoConsent = undefined;
  else if (as !== undefined && x.people.some(({ key }) => key === as))
    x.switches.autoConsent = { as, decision: 'authorize' };
  else return `Type consent, and one of: ask ${x.people.map(({ key }) => key).join(' ')}`;
  return as === 'ask' ? 'Consent pages are shown.' : `Consent pages are answered automatically, as ${as}.`;
}
