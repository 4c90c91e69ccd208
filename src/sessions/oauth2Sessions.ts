import type { Log } from '../common/log.ts';
import { UnfinishedWork } from '../common/unfinishedWork.ts';
import type { Locks } from '../ipc/locks.ts';
import type { HttpDeps } from '../oauth/http.ts';
import { AccountNaming } from './accountNaming.ts';
import { BackOff } from './backOff.ts';
import type { LabelGrant } from './labels.ts';
import type { Notify } from './notice.ts';
import { Refresh } from './refresh.ts';
import { Revocation } from './revocation.ts';
import { Sessions, type SessionsDeps } from './sessions.ts';
import { SignIns } from './signIns.ts';
import type { ClientSecrets } from './store/clientSecrets.ts';
import { Grants, type GrantsDeps } from './store/grants.ts';

/** The parts of being signed in with OAuth 2.0, connected. */
export interface OAuth2Sessions {
  readonly grants: Grants<'oauth2'>;
  readonly refresh: Refresh;
  readonly signIns: SignIns;
  readonly sessions: Sessions;
  readonly unfinished: UnfinishedWork;
}

/** Builds and connects them. Uses nothing of the outside yet. */
export function createOAuth2Sessions(parts: {
  grants: Omit<GrantsDeps<'oauth2'>, 'onOrphan' | 'log'>;
  clients: ClientSecrets;
  locks: Locks;
  /** Given the grants that have labels. */
  label: (grants: Grants<'oauth2'>) => LabelGrant;
  deps: SessionsDeps & HttpDeps;
  notify: Notify;
  log: Log;
}): OAuth2Sessions {
  const { clients, locks, deps, notify, log } = parts;
  const unfinished = new UnfinishedWork();
  const revocation = new Revocation({ clients, deps, log });
  const grants = new Grants({ ...parts.grants, onOrphan: (grant) => void revocation.revoke(grant), log });
  const backOff = new BackOff(deps.now, deps.random);
  const refresh = new Refresh({ grants, clients, locks, backOff, revocation, unfinished, deps, notify, log });
  const naming = new AccountNaming({ grants, backOff, label: parts.label(grants), deps, notify, log });
  const signIns = new SignIns({ grants, locks, naming, revocation, clients, unfinished, deps, notify, log });
  const sessions = new Sessions({ grants, refresh, backOff, naming, revocation, signIns, deps, notify });
  return { grants, refresh, signIns, sessions, unfinished };
}
