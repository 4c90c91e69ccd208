import { type Answer, problem } from '../server/answer.ts';
import { verifySignature } from '../oauth1/signedRequest.ts';
import type { Person } from '../person.ts';
import type { ReceivedRequest } from '../server/received.ts';
import { SCOPES } from '../scopes.ts';
import type { FakeXState } from '../state.ts';

/** Who calls an API v2 endpoint, and what they may do. An app-only bearer may read what is public. */
export type Caller =
  | {
      readonly kind: 'user' | 'oauth1 user';
      readonly clientId: string;
      readonly person: Person;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'app'; readonly clientId: string; readonly scopes: readonly string[] };

const PUBLIC = ['tweet.read', 'users.read'];

/** Undefined without an `Authorization` header, or when its token is unknown, expired or revoked. */
export function findCaller(request: ReceivedRequest, x: FakeXState): Caller | undefined {
  const { authorization = '' } = request.headers;
  if (/^OAuth /i.test(authorization)) return signedCaller(request, x);
  const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (bearer === undefined) return undefined;
  const app = x.appBearers.owner(bearer, x.apps);
  if (app !== undefined) return { kind: 'app', clientId: app.clientId, scopes: PUBLIC };
  const grant = x.grants.grantFor(bearer);
  const person = x.person(grant?.person);
  if (grant === undefined || person === undefined) return undefined;
  return { kind: 'user', clientId: grant.clientId, person, scopes: grant.scopes };
}

/** OAuth 1.0a has no scopes: a token can read, or read and write. */
function signedCaller(request: ReceivedRequest, x: FakeXState): Caller | undefined {
  const signed = verifySignature(request, x, (token) => x.oauth1.granted(token));
  if ('status' in signed || signed.token?.apiKey !== signed.app.apiKey) return undefined;
  const person = x.person(signed.token.person);
  if (person === undefined) return undefined;
  const writes = signed.token.access === 'write';
  const scopes = Object.keys(SCOPES).filter((scope) => writes || scope.endsWith('.read'));
  return { kind: 'oauth1 user', clientId: signed.app.clientId, person, scopes };
}

export function hasScopes(caller: Caller, ...scopes: readonly string[]): boolean {
  return scopes.every((scope) => caller.scopes.includes(scope));
}

export function unauthorized(): Answer {
  return problem(401, 'Unauthorized', 'Unauthorized');
}

/** The token is valid but lacks a scope. */
export function forbidden(caller: Caller): Answer {
  if (caller.kind !== 'oauth1 user') return problem(403, 'Forbidden', 'Forbidden');
  const detail = 'Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.';
  return problem(403, 'Forbidden', detail, { type: 'oauth1-permissions' });
}

/** An app-only bearer was sent where a person's token is required (docs/what-x-does.md, 3). */
export function unsupportedAuthentication(): Answer {
  return problem(
    403,
    'Unsupported Authentication',
    'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint. ' +
      'Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].',
    { type: 'unsupported-authentication' },
  );
}
