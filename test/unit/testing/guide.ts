import assert from 'node:assert/strict';
import type { authentication, AuthenticationSession } from 'vscode';
import { ADA, Client, FakeAuthentication, faults, startFakeX } from 'x-authentication-testing';

// #region fake X
/** A fake X, and a token that somebody's sign-in would bring. */
export async function asksX(whoAmI: (baseUrl: string, accessToken: string) => Promise<Response>): Promise<void> {
  await using x = await startFakeX();
  const accessToken = (await new Client(x).signIn({ as: 'ada', scopes: ['tweet.read', 'users.read'] })).accessToken;

  const answer = await whoAmI(x.apiBaseUrl, accessToken);
  const { id, name, username } = ADA;
  assert.deepEqual(await answer.json(), { data: { id, name, username } });

  x.fail('/2/users/me', faults.tooManyRequests);
  assert.equal((await whoAmI(x.apiBaseUrl, accessToken)).status, 429);
  x.grants.expireAccessTokens();
  assert.equal((await whoAmI(x.apiBaseUrl, accessToken)).status, 401);
  assert.equal(x.requestsTo('/2/users/me').length, 3);
}
// #endregion

// #region fake
type Authentication = Pick<typeof authentication, 'getSession'>;

/** What you test. Your extension gives it `vscode.authentication`. */
async function sessionForClick(vscode: Authentication): Promise<AuthenticationSession | undefined> {
  try {
    return await vscode.getSession('x', ['tweet.read'], { createIfNone: true });
  } catch (error) {
    if (error instanceof Error && error.name === 'Denied') return undefined;
    throw error;
  }
}

export async function goesOnWhenPeopleSayNo(): Promise<void> {
  const fake = new FakeAuthentication();
  fake.person.signsIn = 'Denied';
  assert.equal(await sessionForClick(fake), undefined);

  fake.person.signsIn = { id: ADA.id, label: '@ada_l' };
  assert.equal((await sessionForClick(fake))?.account.label, '@ada_l');
  assert.ok(fake.asked.every(({ wasShown }) => wasShown));
}
// #endregion
