import { type Answer, json, problem } from '../server/answer.ts';
import { type Caller, findCaller, forbidden, hasScopes, unauthorized, unsupportedAuthentication } from './caller.ts';
import type { Person } from '../person.ts';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** The supported `user.fields`. `id`, `name` and `username` are always returned. */
const USER_FIELDS: Readonly<Record<string, (person: Person) => unknown>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  username: ({ username }) => username,
  profile_image_url: ({ profileImageUrl }) => profileImageUrl,
};

/** `GET /2/users/me` (docs/what-x-does.md, 1): takes a person's token with `tweet.read` and `users.read`. */
export function usersMe(request: ReceivedRequest, x: FakeXState): Answer {
  const caller = findCaller(request, x);
  if (caller === undefined) return unauthorized();
  if (caller.kind === 'app') return unsupportedAuthentication();
  const { allowed, headers } = x.rateLimits.take(`${caller.clientId} ${caller.person.key}`);
  const answer = allowed ? me(caller, request) : problem(429, 'Too Many Requests', 'Too Many Requests');
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** `GET /2/users/by/username/:username`: takes an app-only bearer as well. */
export function userByUsername(request: ReceivedRequest, x: FakeXState, { username = '' }: Segments): Answer {
  const caller = findCaller(request, x);
  if (caller === undefined) return unauthorized();
  if (!hasScopes(caller, 'tweet.read', 'users.read')) return forbidden(caller);
  const person = x.people.find((candidate) => candidate.username.toLowerCase() === username.toLowerCase());
  return person === undefined ? notFound('user', 'username', username) : userAnswer(person, request);
}

/** `POST /2/tweets`: takes a person's token with `tweet.write`, and JSON. */
export function createPost(request: ReceivedRequest, x: FakeXState): Answer {
  const caller = findCaller(request, x);
  if (caller === undefined) return unauthorized();
  if (caller.kind === 'app') return unsupportedAuthentication();
  if (!hasScopes(caller, 'tweet.read', 'tweet.write', 'users.read')) return forbidden(caller);
  const { json: body } = request;
  const written = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
  if (typeof written !== 'string' || written === '') return invalidRequest('The body must be JSON with a text.');
  const post = {
    id: String(1_900_000_000_000_000_000n + BigInt(x.posts.length)),
    text: written,
    author: caller.person.key,
  };
  x.posts.push(post);
  return json(201, { data: { id: post.id, text: post.text } });
}

/** `GET /2/tweets/:id`: takes an app-only bearer as well. */
export function postById(request: ReceivedRequest, x: FakeXState, { id = '' }: Segments): Answer {
  const caller = findCaller(request, x);
  if (caller === undefined) return unauthorized();
  if (!hasScopes(caller, 'tweet.read', 'users.read')) return forbidden(caller);
  const post = x.posts.find((candidate) => candidate.id === id);
  return post === undefined ? notFound('tweet', 'id', id) : json(200, { data: { id: post.id, text: post.text } });
}

/** `GET /2/tweets?ids=…`: takes up to a hundred ids, and an app-only bearer as well. Ids that don't exist are listed in `errors`. */
export function postsByIds(request: ReceivedRequest, x: FakeXState): Answer {
  const caller = findCaller(request, x);
  if (caller === undefined) return unauthorized();
  if (!hasScopes(caller, 'tweet.read', 'users.read')) return forbidden(caller);
  const ids = request.query['ids']?.split(',') ?? [];
  const wrong = ids.filter((id) => !/^\d{1,19}$/.test(id));
  if (ids.length === 0 || ids.length > 100 || wrong.length > 0) {
    return invalidRequest('The `ids` query parameter must have 1 to 100 ids of posts.');
  }
  const found = x.posts.filter(({ id }) => ids.includes(id));
  const missing = ids.filter((id) => !found.some((post) => post.id === id));
  return json(200, {
    ...(found.length > 0 && { data: found.map(({ id, text }) => ({ id, text })) }),
    ...(missing.length > 0 && { errors: missing.map((id) => notFoundError('tweet', 'ids', id)) }),
  });
}

function me(caller: Exclude<Caller, { kind: 'app' }>, request: ReceivedRequest): Answer {
  return hasScopes(caller, 'tweet.read', 'users.read') ? userAnswer(caller.person, request) : forbidden(caller);
}

type Segments = Readonly<Record<string, string>>;

function userAnswer(person: Person, request: ReceivedRequest): Answer {
  const asked = request.query['user.fields']?.split(',') ?? [];
  const unknown = asked.filter((field) => !Object.hasOwn(USER_FIELDS, field));
  if (unknown.length > 0) return invalidRequest(`The user.fields [${unknown.join(',')}] are not known here.`);
  const names = new Set(['id', 'name', 'username', ...asked]);
  return json(200, { data: Object.fromEntries([...names].map((name) => [name, USER_FIELDS[name]?.(person)])) });
}

function invalidRequest(message: string): Answer {
  return problem(400, 'Invalid Request', 'One or more parameters to your request was invalid.', {
    type: 'invalid-request',
    errors: [{ message }],
  });
}

/** API v2 reports a missing resource with status 200 and `errors`. */
function notFound(resource: string, parameter: string, value: string): Answer {
  return json(200, { errors: [notFoundError(resource, parameter, value)] });
}

function notFoundError(resource: string, parameter: string, value: string): object {
  const detail = `Could not find ${resource} with ${parameter}: [${value}].`;
  const type = 'https://api.twitter.com/2/problems/resource-not-found';
  return { value, detail, title: 'Not Found Error', resource_type: resource, parameter, type };
}
