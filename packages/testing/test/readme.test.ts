import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { authentication, AuthenticationSession } from 'vscode';
import { ADA, Client, FakeAuthentication, faults, startFakeX } from 'x-authentication-testing';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const TESTS = readFileSync(import.meta.filename, 'utf8').replace(/^ {4}/gm, '');

describe('The README of x-authentication-testing', () => {
  it('has an example of the fake X that works', async () => {
    const x = await startFakeX();
    const { accessToken } = await new Client(x).signIn({ as: 'ada', scopes: ['tweet.read', 'users.read'] });
    assert.equal((await whoAmI(x.apiBaseUrl, accessToken)).status, 200);

    x.fail('/2/users/me', faults.tooManyRequests);
    assert.equal((await whoAmI(x.apiBaseUrl, accessToken)).status, 429);
    await x.stop();
  });

  it('has an example of the fake authentication that works', async () => {
    const fake = new FakeAuthentication();
    fake.person.signsIn = 'Denied';
    assert.equal(await sessionForClick(fake), undefined);

    fake.person.signsIn = { id: ADA.id, label: '@ada_l' };
    assert.equal((await sessionForClick(fake))?.account.label, '@ada_l');
  });

  it('quotes these examples word for word', () => {
    const quotes = [...README.matchAll(/```ts\n(.*?)\n```/gs)];
    assert.equal(quotes.length, 2);
    for (const [, code = ''] of quotes) assert.ok(TESTS.includes(code), code);
  });
});

function whoAmI(baseUrl: string, accessToken: string): Promise<Response> {
  return fetch(`${baseUrl}/2/users/me`, { headers: { authorization: `Bearer ${accessToken}` } });
}

async function sessionForClick(
  vscode: Pick<typeof authentication, 'getSession'>,
): Promise<AuthenticationSession | undefined> {
  try {
    return await vscode.getSession('x', ['tweet.read'], { createIfNone: true });
  } catch (error) {
    if (error instanceof Error && error.name === 'Denied') return undefined;
    throw error;
  }
}
