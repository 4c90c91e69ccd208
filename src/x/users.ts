import * as v from 'valibot';
import { Unreachable } from '../oauth/errors.ts';
import { retryAfterMs, type Fetch } from '../oauth/http.ts';
import { readProblem } from './problems.ts';

/** A person (or an organization) on X. */
export interface User {
  /** X's user id: decimal digits, more than a number can hold. Never changes, unlike the username. */
  readonly id: string;
  readonly username: string;
}

const UserAnswer = v.object({
  data: v.object({
    id: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
    username: v.pipe(v.string(), v.regex(/^\w{1,50}$/)),
  }),
});

/**
 * Asks X whose token this is (`GET /2/users/me`; needs `tweet.read` and `users.read`; 75 per 15 minutes and user).
 * `authorization` is the whole header, so that it serves OAuth 1.0a as well.
 *
 * @throws {Problem} when X refuses
 * @throws {Unreachable}
 */
export async function whoAmI(
  apiBaseUrl: string,
  authorization: string,
  world: { readonly fetch: Fetch; readonly now: () => number },
): Promise<User> {
  const response = await world.fetch(`${apiBaseUrl}/2/users/me`, { headers: { authorization } });
  const { status } = response;
  const body = await response.text();
  if (status === 429 || status >= 500 || (status > 200 && status < 400)) {
    throw new Unreachable(`X answered ${status}.`, {
      status,
      retryAfterMs: retryAfterMs(response.headers, world.now()),
    });
  }
  if (status !== 200) throw readProblem(status, body);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), UserAnswer), body);
  if (!parsed.success) throw new Unreachable('X answered with something that is not a user.', { status });
  return parsed.output.data;
}
