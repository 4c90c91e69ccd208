import assert from 'node:assert/strict';
import { ADA, type App, faults, GRACE, NATIVE_APP, startFakeX } from 'x-authentication-testing';
import { later, signedIn, startEditor, type Editor, type Shown } from './editor.ts';

const ALLOW = 'Allow for All of Them';
const SEE = 'See Which Use @ada_l';
const TRUSTED_EXTENSIONS = '_manageTrustedExtensionsForAccount';
const NOBODY = { id: '1', label: '@nobody' };

/** An app that an extension brings along. */
const OTHER_APP: App = { ...NATIVE_APP, name: 'An Extension’s App', clientId: 'T3RoZXJBcHBPZlRoZVRlc3RzOjE6Y2k' };

/** The scopes that X was asked for last. */
function askedFor(editor: Editor): readonly string[] {
  return (new URL(editor.opened.at(-1) ?? '').searchParams.get('scope') ?? '').split(' ').toSorted();
}

/** The questions that were asked, in dialogs that a person has to answer before they go on. */
function questions(editor: Editor): readonly Shown[] {
  return editor.messages.filter(({ modal }) => modal);
}

function warnings(editor: Editor): readonly Shown[] {
  return editor.messages.filter(({ severity, modal }) => severity === 'warning' && !modal);
}

/** How often the person was told that somebody is signed in. */
function timesSignedIn(editor: Editor): number {
  return editor.messages.filter(({ text }) => text.startsWith('Signed in to X as ')).length;
}

/** The next message that has this button. */
async function next(editor: Editor, button: string): Promise<Shown> {
  const before = editor.messages.length;
  const found = (): Shown | undefined => editor.messages.slice(before).find(({ buttons }) => buttons.includes(button));
  await editor.until(() => found() !== undefined, `a message with ${button}`);
  const shown = found();
  assert.ok(shown);
  return shown;
}

/** Whether X still lets somebody use direct messages with what it gave this app. */
function reachesDirectMessages(editor: Editor): boolean {
  return editor.x.grants.refreshable.some(({ scopes }) => scopes.some((scope) => scope.startsWith('dm.')));
}

describe('An extension that wants more of an account that others use', () => {
  it('gets no direct messages unless the person is asked first and says yes', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['like.read']);
    const evil = editor.extension('evil.extension');

    const refused = assert.rejects(evil.getSession('x', ['dm.write'], { createIfNone: true }), {
      name: 'Denied',
      message: /^dm\.write was not added to @ada_l: .*\(X_CLIENT_ID: in its scopes\)\.$/,
    });
    const asked = await next(editor, ALLOW);
    assert.equal(editor.opened.length, 1);
    assert.ok(asked.modal);
    assert.match(asked.text, /^Allow every extension that uses @ada_l to do this, too\?/);
    assert.match(asked.detail ?? '', /Send and delete direct messages for you \(dm\.write\)[^]*every extension/);
    assert.deepEqual(asked.buttons, [ALLOW]);
    asked.choose();
    await refused;
    assert.equal(editor.opened.length, 1);
    assert.ok(x.grants.isLive(good.accessToken));

    const given = evil.getSession('x', ['dm.write'], { createIfNone: true });
    (await next(editor, ALLOW)).choose(ALLOW);
    assert.equal((await given)?.id, good.id);
    assert.deepEqual(askedFor(editor), ['dm.write', 'like.read', 'offline.access', 'tweet.read', 'users.read']);
    assert.equal(questions(editor).length, 2);
  });

  for (const [scope, words] of [
    ['dm.read', 'See your direct messages (dm.read)'],
    ['dm.delete', 'See or send direct messages for you (dm.delete)'],
    ['DM.Write', 'See or send direct messages for you (DM.Write)'],
    ['ads.write', 'Spend money for you (ads.write)'],
    ['developer.write', 'Spend money for you (developer.write)'],
  ] as const) {
    it(`has the person asked for ${scope}, in words`, async () => {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      await signedIn(editor, 'good.extension', ['like.read']);
      const evil = editor.extension('evil.extension').getSession('x', ['tweet.write', scope], { createIfNone: true });
      const denied = assert.rejects(evil, { name: 'Denied' });
      const asked = await next(editor, ALLOW);
      assert.equal(asked.detail?.split('\n')[0], words);
      assert.equal(editor.opened.length, 1);
      asked.choose('Cancel');
      await denied;
    });
  }

  it('is asked about again when the person has looked at the list of extensions', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    const looked: unknown[] = [];
    editor.commands.set(TRUSTED_EXTENSIONS, (which) => looked.push(which));

    const given = editor.extension('evil.extension').getSession('x', ['dm.write'], { createIfNone: true });
    const asked = await next(editor, ALLOW);
    assert.deepEqual(asked.buttons, [ALLOW, SEE]);
    asked.choose(SEE);
    const again = await next(editor, ALLOW);
    assert.deepEqual(looked, [{ providerId: 'x', accountLabel: '@ada_l' }]);
    // VS Code closes its list for a dialog.
    assert.ok(!again.modal);
    assert.match(again.text, /^Allow every extension that uses @ada_l to do this, too\? .*\(dm\.write\)/);
    assert.deepEqual([again.buttons, editor.opened.length], [[ALLOW, SEE], 1]);
    again.choose(ALLOW);
    assert.deepEqual((await given)?.scopes, ['dm.write']);
  });

  it('has the person asked for each account that may sign in and has not agreed', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read'], 'ada');
    await signedIn(editor, 'good.extension', ['like.read'], 'grace');
    const wanted = ['tweet.read', 'dm.read', 'dm.write'];
    const account = { id: GRACE.id, label: '@grace_h' };
    editor.browse = (url) => editor.consent(url, 'grace');
    const given = editor.extension('good.extension').getSession('x', ['dm.read'], { createIfNone: true, account });
    const first = await next(editor, ALLOW);
    assert.match(first.text, /^Allow every extension that uses @grace_h to do this, too\?/);
    first.choose(ALLOW);
    await given;

    const evil = editor.extension('evil.extension').getSession('x', wanted, { createIfNone: true });
    const denied = assert.rejects(evil, { name: 'Denied' });
    const second = await next(editor, ALLOW);
    assert.match(second.text, /^Allow every extension that uses @ada_l, @grace_h to do this/);
    assert.deepEqual(second.detail?.split('\n').slice(0, 3), [
      'See your direct messages (dm.read)',
      'Send and delete direct messages for you (dm.write)',
      '',
    ]);
    second.choose();
    await denied;
  });

  it('does not get around the question with an account that is not the one in the browser', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    const evil = editor.extension('evil.extension');

    const denied = assert.rejects(evil.getSession('x', ['dm.write'], { createIfNone: true, account: NOBODY }), {
      name: 'Denied',
    });
    const asked = await next(editor, ALLOW);
    assert.match(asked.text, /@ada_l/);
    // X has given it, and it is kept from everybody until the person has said something.
    assert.ok(reachesDirectMessages(editor));
    assert.ok([...editor.secrets.values()].every((secret) => !secret.includes('dm.write')));
    assert.equal(await evil.getSession('x', ['dm.write'], { silent: true }), undefined);
    asked.choose();
    await denied;
    assert.ok(!reachesDirectMessages(editor));
    assert.deepEqual(await editor.extension('good.extension').getAccounts('x'), []);
    const told = editor.messages.find(({ text }) => text === 'X has ended the sign-in of @ada_l: sign in again.');
    assert.ok(told);

    told.choose('Sign In Again');
    await editor.until(() => timesSignedIn(editor) === 2, 'that it worked');
    assert.equal(questions(editor).length, 1);
    const given = evil.getSession('x', ['dm.write'], { createIfNone: true, account: NOBODY });
    (await next(editor, ALLOW)).choose(ALLOW);
    assert.equal((await given)?.account.id, ADA.id);
  });

  it('does not get around the question by keeping X from naming the account', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    x.fail('/2/users/me', faults.tooManyRequests);
    const evil = editor.extension('evil.extension');
    const denied = assert.rejects(evil.getSession('x', ['dm.write'], { createIfNone: true, account: NOBODY }), {
      name: 'Denied',
    });
    (await next(editor, ALLOW)).choose();
    await denied;
    assert.ok(!reachesDirectMessages(editor));
  });
});

describe('An extension that takes the person’s app for its own', () => {
  it('does not get around the question by changing the setting first', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    editor.set('xAuthentication.clientId', OTHER_APP.clientId);
    const scopes = ['dm.write', `X_CLIENT_ID:${NATIVE_APP.clientId}`];
    const asking = editor.extension('evil.extension').getSession('x', scopes, { createIfNone: true });
    const denied = assert.rejects(asking, { name: 'Denied' });
    (await next(editor, ALLOW)).choose();
    await denied;
    assert.equal(editor.opened.length, 1);
  });
});

describe('Adding scopes in Manage Accounts', () => {
  it('has the person asked for direct messages as an extension has', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    const rows = ['@ada_l', 'Add Scopes…'];
    editor.choose = ({ items }) => rows.shift() ?? items.find(({ description }) => description === 'dm.read')?.label;
    const managed = editor.run('xAuthentication.accounts');
    const asked = await next(editor, ALLOW);
    assert.match(asked.detail ?? '', /^See your direct messages \(dm\.read\)/);
    asked.choose();
    await managed;
    assert.equal(editor.opened.length, 1);
  });
});

describe('Nobody is asked', () => {
  for (const [what, signIn] of [
    ['at the first sign-in', (editor) => signedIn(editor, 'some.extension', ['dm.read', 'dm.write'])],
    [
      'for what the account has already',
      async (editor) => {
        await signedIn(editor, 'good.extension', ['dm.read']);
        await editor.extension('some.extension').getSession('x', ['dm.read'], { createIfNone: true });
        await signedIn(editor, 'some.extension', ['dm.read', 'tweet.write']);
      },
    ],
    [
      'for other scopes',
      async (editor) => {
        await signedIn(editor, 'good.extension', ['tweet.read']);
        await signedIn(editor, 'some.extension', ['tweet.write']);
        await signedIn(editor, 'some.extension', ['follows.write', 'media.write', 'block.write', 'bookmark.read']);
      },
    ],
    [
      'for an account that signs in for the first time',
      async (editor) => {
        await signedIn(editor, 'good.extension', ['tweet.read']);
        editor.browse = (url) => editor.consent(url, 'grace');
        const account = { id: GRACE.id, label: '@grace_h' };
        await editor.extension('some.extension').getSession('x', ['dm.read'], { createIfNone: true, account });
      },
    ],
    [
      'who signs in again because X has ended the sign-in',
      async (editor) => {
        await signedIn(editor, 'good.extension', ['dm.read']);
        editor.x.disconnect('ada');
        await later(10 * 60_000, async () => editor.run('xAuthentication.refresh'));
        const [told] = warnings(editor);
        assert.match(told?.text ?? '', /^X has ended the sign-in of @ada_l/);
        told?.choose('Sign In Again');
        await editor.until(() => timesSignedIn(editor) === 2, 'that it worked');
        assert.ok(askedFor(editor).includes('dm.read'));
      },
    ],
  ] satisfies readonly (readonly [string, (editor: Editor) => Promise<unknown>])[]) {
    it(what, async () => {
      await using x = await startFakeX({ apps: [NATIVE_APP, OTHER_APP] });
      await using editor = await startEditor(x);
      await signIn(editor);
      assert.deepEqual(questions(editor), []);
      assert.ok(editor.opened.length > 0);
    });
  }
});

describe('Scopes of one account of several', () => {
  it('are not asked for when another one signs in', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['dm.read'], 'ada');
    const account = { id: GRACE.id, label: '@grace_h' };
    const reader = editor.extension('reader.extension');
    editor.browse = (url) => editor.consent(url, 'grace');
    await reader.getSession('x', ['users.read'], { createIfNone: true, account });
    assert.deepEqual(askedFor(editor), ['offline.access', 'tweet.read', 'users.read']);
    await signedIn(editor, 'reader.extension', ['users.read'], 'katherine');
    assert.deepEqual(askedFor(editor), ['offline.access', 'tweet.read', 'users.read']);
  });

  it('come back with Sign In Again when that account was the one that signed in', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read'], 'ada');
    await signedIn(editor, 'good.extension', ['like.read'], 'grace');
    assert.equal(warnings(editor).length, 0);
    await signedIn(editor, 'reader.extension', ['follows.read'], 'grace');
    await editor.until(() => warnings(editor).length > 0, 'a message');
    const [told] = warnings(editor);
    assert.match(told?.text ?? '', /^The sign-in of @grace_h now allows less than before/);

    editor.browse = (url) => editor.consent(url, 'grace');
    told?.choose('Sign In Again');
    const good = editor.extension('good.extension');
    const scopes = ['like.read', 'follows.read'];
    await editor.until(() => timesSignedIn(editor) === 4, 'that it worked');
    assert.deepEqual(askedFor(editor), ['follows.read', 'like.read', 'offline.access', 'tweet.read', 'users.read']);
    assert.equal((await good.getSession('x', scopes, { silent: true }))?.account.label, '@grace_h');
    assert.equal(warnings(editor).length, 1);
  });
});

describe('A sign-in with OAuth 1.0a', () => {
  it('tells the person first that extensions get the secret of the app as well', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const asked = editor.extension('some.extension').getSession('x-oauth1', [], { createIfNone: true });
    await assert.rejects(asked, { name: 'Cancelled' });
    const [chooser] = editor.picked;
    assert.equal(chooser?.title, 'Sign in to X with OAuth 1.0a');
    assert.match(chooser.placeHolder, /also get the app's API Key and Secret/);
  });
});
