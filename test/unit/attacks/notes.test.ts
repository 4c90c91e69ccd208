import assert from 'node:assert/strict';
import { join } from 'node:path';
import { HandOver } from '../../../src/sessions/handOver.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';
import { NATIVE_APP } from '../../x/app.ts';
import { startStandIn } from '../../x/standIn.ts';
import { startEditor } from './editor.ts';

describe('An extension that has a session of credentials that last', () => {
  it('can’t make a note that puts others in their place, though it knows all that sessions show', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    editor.choose = () => 'Sign in with the browser';
    editor.type = (title) => (title.endsWith('Secret') ? NATIVE_APP.apiSecret : NATIVE_APP.apiKey);
    const started = Date.now();
    const evil = editor.extension('evil.extension');
    const session = await evil.getSession('x-oauth1', [], { createIfNone: true });
    assert.ok(session);
    const ended = Date.now();

    const notes = new HandOver(new SealedNotes(join(editor.folder, 'notes')));
    for (let obtainedAt = started; obtainedAt <= ended; obtainedAt++) {
      const guess = {
        id: session.id,
        apiBaseUrl: x.apiBaseUrl,
        clientId: NATIVE_APP.apiKey,
        account: session.account,
        scopes: [],
        accessToken: session.accessToken,
        refreshToken: undefined,
        obtainedAt,
        expiresAt: Number.MAX_SAFE_INTEGER,
        noteKey: 'A'.repeat(43),
      };
      const grant = { ...guess, accessToken: '{"oauth_token":"EVIL"}', obtainedAt: obtainedAt + 1 };
      await notes.leave(guess, { kind: 'renewed', grant });
    }
    const good = await editor.extension('good.extension').getSession('x-oauth1', [], { createIfNone: true });
    assert.equal(good?.accessToken, session.accessToken);
  });
});
