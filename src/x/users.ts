import { parseJson } from '../common/json.ts';
import * as v from 'valibot';
import { credentialsIn } from '../oauth/clientAuthentication.ts';
import { UnreachableError } from '../oauth/errors.ts';
import { unexpectedStatus, type HttpDeps } from '../oauth/http.ts';
import { meEndpoint } from './endpoints.ts';
import { refusedByApi } from './errors.ts';

/** A person (or an organization) on X. */
export interface User {
  /** X's user id: decimal digits, more than a number can hold. Never changes, unlike the username. */
  readonly id: string;
  readonly username: string;
  /** Where X keeps their picture, small. */
  readonly imageUrl?: string | undefined;
}

/** The address of a picture, or undefined for anything else: a person without one is as good as any other. */
export const ImageUrl = v.fallback(
  v.optional(v.pipe(v.string(), v.regex(/^https:\/\/[\w.-]+\/[\w.~%/?&=-]{1,500}$/))),
  undefined,
);

const UserAnswer = v.object({
  data: v.object({
    id: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
    username: v.pipe(v.string(), v.regex(/^\w{1,50}$/)),
    profile_image_url: ImageUrl,
  }),
});

/** What {@link whoAmI} requests, for those who have to sign it. */
export function whoAmIUrl(apiBaseUrl: string): string {
  return `${meEndpoint(apiBaseUrl)}?user.fields=profile_image_url`;
}

/**
 * Asks X whose token this is (`GET /2/users/me`; needs `tweet.read` and `users.read`; 75 per 15 minutes and user).
 * `authorization` is the whole header, so that it serves OAuth 1.0a as well.
 *
 * @throws {RefusedError} when X refuses
 * @throws {UnreachableError}
 */
export async function whoAmI(apiBaseUrl: string, authorization: string, deps: HttpDeps): Promise<User> {
  const response = await deps.fetch(whoAmIUrl(apiBaseUrl), { headers: { authorization } });
  const { status } = response;
  const body = await response.text();
  if (status === 429 || status >= 500 || (status > 200 && status < 400)) {
    throw unexpectedStatus(response, deps.now());
  }
  if (status !== 200) throw refusedByApi(status, body, credentialsIn(authorization));
  const answer = parseJson(UserAnswer, body);
  if (answer === undefined) throw new UnreachableError('X answered with something that is not a user.', { status });
  const { id, username, profile_image_url: imageUrl } = answer.data;
  return { id, username, imageUrl };
}
