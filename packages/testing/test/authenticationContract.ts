import assert from 'node:assert/strict';
import type { authentication } from 'vscode';

/** What an extension sees of `vscode.authentication`, and what the person beside it does. Two can be this: VS Code, and the fake of testing/. */
export interface Subject {
  readonly authentication: Pick<typeof authentication, 'getSession' | 'getAccounts' | 'onDidChangeSessions'>;
  /** Ada signs in by the entry of the Accounts menu that the last question has left, which allows the extension her account. */
  signIn(scopes: readonly string[]): Promise<void>;
  /** Grace signs in elsewhere, so that no extension may use her account. */
  someoneElseSignsIn(): Promise<void>;
  refresh(): Promise<void>;
}

/** One story of an extension that asks `x` for sessions. Its tests go on where the one before ended. The person allows nothing in dialogs. */
export function behavesLikeAuthentication(subject: () => Subject): void {
  const scopes = ['users.read', 'tweet.read'];
  const ask = (...[wanted, options]: [readonly string[], object?]) =>
    subject().authentication.getSession('x', wanted, options);

  it('has no session before anybody has signed in, and shows nothing', async () => {
    assert.equal(await ask(scopes, { silent: true }), undefined);
    assert.equal(await ask(scopes, { createIfNone: false }), undefined);
    assert.equal(await ask(scopes), undefined);
  });

  for (const [options, names] of [
    [{ createIfNone: true, silent: true }, 'createIfNone, silent'],
    [{ forceNewSession: true, silent: true }, 'forceNewSession, silent'],
    [{ forceNewSession: true, createIfNone: true }, 'forceNewSession, createIfNone'],
  ] as const) {
    it(`refuses ${names} together`, async () => {
      const message = `Invalid combination of options. Please remove one of the following: ${names}`;
      await assert.rejects(async () => ask(scopes, options), { name: 'Error', message });
    });
  }

  it('has a session after the person has signed in, with the scopes as they were asked for', async () => {
    await ask(scopes);
    await subject().signIn(scopes);
    for (const asked of [scopes, scopes.toReversed(), ['users.read'], [], ['users.read', 'offline.access']]) {
      const session = await ask(asked, { silent: true });
      assert.deepEqual([session?.account.label, session?.scopes], ['@ada_l', asked]);
    }
    const [one, other] = [await ask(scopes), await ask(['tweet.read'], { createIfNone: true })];
    assert.deepEqual([one?.id, one?.accessToken], [other?.id, other?.accessToken]);
    assert.deepEqual(Object.keys(one ?? {}).toSorted(), ['accessToken', 'account', 'id', 'scopes']);
  });

  it('has none with more than was granted, or of another app', async () => {
    assert.equal(await ask([...scopes, 'tweet.write'], { silent: true }), undefined);
    assert.equal(await ask([...scopes, 'X_CLIENT_ID:other'], { silent: true }), undefined);
  });

  it('fires an event for a refresh, after which the session has another token and the same id', async () => {
    const before = await ask(scopes, { silent: true });
    const { onDidChangeSessions } = subject().authentication;
    const event = new Promise((resolve) => {
      const listening = onDidChangeSessions((happened) => {
        listening.dispose();
        resolve(happened);
      });
    });
    await subject().refresh();
    assert.deepEqual(await event, { provider: { id: 'x', label: 'X' } });
    const after = await ask(scopes, { silent: true });
    assert.equal(after?.id, before?.id);
    assert.notEqual(after?.accessToken, before?.accessToken);
  });

  it('lists accounts that the extension may not use, and hands out none of them', async () => {
    await subject().someoneElseSignsIn();
    const accounts = await subject().authentication.getAccounts('x');
    assert.deepEqual(
      accounts.map(({ label }) => label),
      ['@ada_l', '@grace_h'],
    );
    const [ada, grace] = accounts;
    assert.equal((await ask(scopes, { silent: true, account: ada }))?.account.label, '@ada_l');
    assert.equal(await ask(scopes, { silent: true, account: grace }), undefined);
    assert.equal((await ask(scopes, { silent: true }))?.account.label, '@ada_l', 'the only one that is allowed');
  });
}
