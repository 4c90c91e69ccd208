import assert from 'node:assert/strict';
import { startStandIn } from '../../x/standIn.ts';
import { signedIn, startEditor, type Editor } from './editor.ts';

/** The scopes that X was asked for last. */
function askedFor(editor: Editor): readonly string[] {
  return (new URL(editor.opened.at(-1) ?? '').searchParams.get('scope') ?? '').split(' ').toSorted();
}

describe('Scopes of one account of several', () => {
  it('are not asked for when another one signs in', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['dm.read'], 'ada');
    await signedIn(editor, 'good.extension', ['block.write'], 'grace');
    await signedIn(editor, 'reader.extension', ['users.read'], 'katherine');
    assert.deepEqual(askedFor(editor), ['offline.access', 'tweet.read', 'users.read']);
  });

  it('come back with Sign In Again when that account was the one that signed in', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read'], 'ada');
    await signedIn(editor, 'good.extension', ['like.read'], 'grace');
    assert.equal(editor.messages.length, 0);
    await signedIn(editor, 'reader.extension', ['follows.read'], 'grace');
    await editor.until(() => editor.messages.length > 0, 'a message');
    const [told] = editor.messages;
    assert.match(told?.text ?? '', /^The sign-in of @grace_h now allows less than before/);

    editor.browse = (url) => editor.consent(url, 'grace');
    told?.choose('Sign In Again');
    const good = editor.extension('good.extension');
    const scopes = ['like.read', 'follows.read'];
    await editor.until(() => editor.everythingSaid.includes('Signed in to X as @grace_h'), 'that it worked');
    assert.deepEqual(askedFor(editor), ['follows.read', 'like.read', 'offline.access', 'tweet.read', 'users.read']);
    assert.equal((await good.getSession('x', scopes, { silent: true }))?.account.label, '@grace_h');
    assert.equal(editor.messages.filter(({ severity }) => severity === 'warning').length, 1);
  });
});
