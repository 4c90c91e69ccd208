import { type Fault, faults } from './faults.ts';
import type { StandIn } from './standIn.ts';

/** What can be typed while the stand-in runs by itself. */
export const ORDERS = `  expire                          end all access tokens now
  fail ENDPOINT FAULT [TIMES]     have the next requests to an endpoint go wrong: fail /2/users/me unauthorized 3
  mend                            nothing goes wrong any more
  offline, online                 refuse connections, accept them again
  consent PERSON, consent ask     answer consent pages at once as ada, grace or katherine, or show them again
`;

/** The faults that have a name on the command line. */
export const FAULT_NAMES = Object.keys(faults).join(' ');

/** Does what was typed, and says what it has done. */
export async function obey(x: StandIn, line: string): Promise<string> {
  const [order = '', ...words] = line.trim().split(/\s+/);
  switch (order) {
    case '':
      return '';
    case 'expire':
      x.grants.expireAccessTokens();
      return 'All access tokens have ended.';
    case 'fail':
      return fail(x, words);
    case 'mend':
      x.clearFaults();
      return 'Nothing goes wrong any more.';
    case 'offline':
      await x.goOffline();
      return 'Connections are refused.';
    case 'online':
      await x.comeBack();
      return 'Connections are accepted.';
    case 'consent':
      return consent(x, words);
    default:
      return `Type one of these:\n${ORDERS}`;
  }
}

function fail(x: StandIn, [endpoint, name, times = '1']: readonly string[]): string {
  const named: Readonly<Record<string, Fault>> = faults;
  const fault = name === undefined ? undefined : named[name];
  const count = Number(times);
  if (endpoint === undefined || fault === undefined || !(count >= 1)) {
    return `Type fail, an endpoint such as /2/users/me or *, and one of: ${FAULT_NAMES}`;
  }
  x.fail(endpoint, fault, { times: count });
  return `${endpoint} will fail ${count === 1 ? 'once' : `${count} times`}: ${name}.`;
}

function consent(x: StandIn, [as]: readonly string[]): string {
  if (as === 'ask') x.switches.autoConsent = undefined;
  else if (as !== undefined && x.people.some(({ key }) => key === as))
    x.switches.autoConsent = { as, decision: 'authorize' };
  else return `Type consent, and one of: ask ${x.people.map(({ key }) => key).join(' ')}`;
  return as === 'ask' ? 'Consent pages are shown.' : `Consent pages are answered at once, as ${as}.`;
}
