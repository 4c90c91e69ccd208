import assert from 'node:assert/strict';
import { FakeAuthentication, type SignInErrorName } from '../src/fakeAuthentication.ts';
import { behavesLikeAuthentication } from './authenticationContract.ts';

const GRACE = { id: '1906120919920000002', label: '@grace_h' };

describe('The fake of vscode.authentication', () => {
  describe('behaves as VS Code does', () => {
    const fake = new FakeAuthentication();
    fake.person.allows = false;
    let id = '';
    behavesLikeAuthentication(() => ({
      authentication: fake,
      signIn: async (scopes) => void (id = fake.signIn({ scopes })),
      someoneElseSignsIn: async () => void fake.signIn({ account: GRACE, allowed: false }),
      refresh: async () => fake.refresh(id),
    }));
  });

  it('signs in once the person allows it, and doesn’t ask again', async () => {
    const fake = new FakeAuthentication();
    const session = await fake.getSession('x', ['like.read'], { createIfNone: { detail: 'To like it' } });
    assert.deepEqual([session.account.label, session.scopes], ['@ada_l', ['like.read']]);
    assert.deepEqual(await fake.getSession('x', ['like.read'], { createIfNone: true }), session);
    assert.deepEqual(
      fake.calls.map(({ wasShown }) => wasShown),
      [true, false],
    );
  });

  it('rejects when the person does not allow it, or closes the list of accounts', async () => {
    const fake = new FakeAuthentication();
    fake.person.allows = false;
    const refused = { name: 'Error', message: 'User did not consent to login.' };
    await assert.rejects(fake.getSession('x', [], { createIfNone: true }), refused);
    fake.person.allows = true;
    fake.signIn({ allowed: false });
    // VS Code rejects with a string here.
    await assert.rejects(fake.getSession('x', [], { createIfNone: true }), (said) => {
      assert.equal(said, 'User did not consent to account access');
      return true;
    });
  });

  it('lets the person choose an account, and asks again with clearSessionPreference', async () => {
    const fake = new FakeAuthentication();
    fake.signIn();
    fake.signIn({ account: GRACE });
    assert.equal((await fake.getSession('x', [], { silent: true }))?.account.label, '@grace_h');
    const forget = { silent: true, clearSessionPreference: true };
    assert.equal(await fake.getSession('x', [], forget), undefined, 'two, and none preferred');
    fake.person.picks = '@grace_h';
    assert.equal((await fake.getSession('x', [], { createIfNone: true })).account.label, '@grace_h');
    assert.equal((await fake.getSession('x', [], { silent: true }))?.account.label, '@grace_h');
    fake.person.picks = '@ada_l';
    const again = { createIfNone: true, clearSessionPreference: true } as const;
    assert.equal((await fake.getSession('x', [], again)).account.label, '@ada_l');
    fake.person.picks = 'new';
    fake.person.signsIn = { id: '7', label: '@new' };
    assert.equal((await fake.getSession('x', [], again)).account.label, '@new');
  });

  it('signs in again with forceNewSession: the same session with another token', async () => {
    const fake = new FakeAuthentication();
    const before = await fake.getSession('x', [], { createIfNone: true });
    const after = await fake.getSession('x', [], { forceNewSession: true });
    assert.equal(after.id, before.id);
    assert.notEqual(after.accessToken, before.accessToken);
  });

  it('takes sessions away with signOut and distrust', async () => {
    const fake = new FakeAuthentication();
    const heard: string[] = [];
    const listening = fake.onDidChangeSessions(({ provider }) => heard.push(provider.id));
    fake.signIn({ provider: 'x-app' });
    fake.distrust('x-app', '@ada_l');
    assert.equal(await fake.getSession('x-app', [], { silent: true }), undefined);
    assert.equal((await fake.getAccounts('x-app')).length, 1);
    fake.signOut('x-app', '@ada_l');
    assert.deepEqual(await fake.getAccounts('x-app'), []);
    listening.dispose();
    fake.signIn();
    assert.deepEqual(heard, ['x-app', 'x-app']);
  });

  const names = ['Cancelled', 'Denied', 'TimedOut', 'Misconfigured', 'Unreachable', 'Refused', 'Unexpected'] as const;
  for (const name of names satisfies readonly SignInErrorName[]) {
    it(`rejects with ${name}, at a sign-in and silently`, async () => {
      const fake = new FakeAuthentication();
      fake.person.signsIn = name;
      await assert.rejects(fake.getSession('x', [], { createIfNone: true }), { name });
      fake.fail('x', name);
      await assert.rejects(fake.getSession('x', [], { silent: true }), { name });
      await assert.rejects(fake.getAccounts('x'), { name });
      fake.fail('x');
      assert.equal(await fake.getSession('x', [], { silent: true }), undefined);
    });
  }

  it('rejects with Misconfigured when the scopes are malformed, as X Authentication does', async () => {
    const fake = new FakeAuthentication();
    for (const scopes of [['[a](b)'], ['X_CLIENT_ID:'], ['X_CLIENT_ID:one', 'X_CLIENT_ID:two']]) {
      await assert.rejects(fake.getSession('x', scopes, { silent: true }), { name: 'Misconfigured' });
      assert.equal(await fake.getSession('x-app', scopes, { silent: true }), undefined);
    }
  });

  it('has no other provider', async () => {
    const fake = new FakeAuthentication();
    await assert.rejects(fake.getSession('github', []), /authentication provider 'github'/);
  });
});
