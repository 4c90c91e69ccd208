import { type Answer, problem } from './answer.ts';
import type { Person } from './person.ts';
import type { Received } from './received.ts';
import type { World } from './world.ts';

/** Who calls an API v2 endpoint, and what they may do. */
export type Caller =
  | { readonly kind: 'user'; readonly clientId: string; readonly person: Person; readonly scopes: readonly string[] }
  | { readonly kind: 'app'; readonly clientId: string };

/** Undefined when nothing in the request proves who calls: no header, or a token that is unknown, expired or revoked. */
export function callerOf(request: Received, x: World): Caller | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer === undefined) return undefined;
  const grant = x.grants.grantOf(bearer);
  const person = x.person(grant?.person);
  if (grant === undefined || person === undefined) return undefined;
  return { kind: 'user', clientId: grant.clientId, person, scopes: grant.scopes };
}

export function unauthorized(): Answer {
  return problem(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(): Answer {
  return problem(403, 'Forbidden', 'Forbidden');
}

/** An app-only bearer where a person is needed (x-facts.md, 3). */
export function unsupportedAuthentication(): Answer {
  return problem(
    403,
    'Unsupported Authentication',
    'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint. ' +
      'Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].',
    { type: 'unsupported-authentication' },
  );
}

/** Whether the caller's token has all these scopes. An app-only bearer has what is public: the `.read` ones. */
export function mayUse(caller: Caller, ...scopes: readonly string[]): boolean {
  return scopes.every((scope) => (caller.kind === 'app' ? scope.endsWith('.read') : caller.scopes.includes(scope)));
}
