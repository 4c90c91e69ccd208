import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { type ReceivedRequest, type FakeX, startFakeX } from 'x-authentication-testing';
import { later, signedIn, startEditor } from './editor.ts';

const TOKEN = '/2/oauth2/token';
const SCOPES = ['tweet.read'];
const TWO_HOURS = 2 * 60 * 60_000;

const asking =
  (grantType: string) =>
  ({ form }: ReceivedRequest): boolean =>
    form?.['grant_type'] === grantType;

const isRefresh = asking('refresh_token');

function refreshes(x: FakeX): number {
  return x.requestsTo(TOKEN).filter(isRefresh).length;
}

describe('A window that is closed while X answers', () => {
  it('stores a refreshed session before it goes', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { accessToken } = await signedIn(editor, 'some.extension', SCOPES);
    const hold = x.hold(TOKEN, { at: 'after', matching: isRefresh });
    await later(TWO_HOURS, async () => {
      void editor.extension('some.extension').getSession('x', SCOPES);
      await hold.arrived;
      const closed = editor.deactivate();
      hold.release();
      await closed;
      await editor.reload();
      const session = await editor.extension('some.extension').getSession('x', SCOPES);
      assert.notEqual(session?.accessToken, accessToken);
      assert.ok(x.grants.isLive(session?.accessToken ?? ''));
    });
    assert.equal(refreshes(x), 1);
    assert.deepEqual(
      editor.messages.filter(({ severity }) => severity !== 'information'),
      [],
    );
  });

  it('stores a new sign-in before it goes', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const hold = x.hold(TOKEN, { at: 'after', matching: asking('authorization_code') });
    const asked = signedIn(editor, 'some.extension', SCOPES);
    await hold.arrived;
    const closed = editor.deactivate();
    hold.release();
    await closed;
    await asked;
    await editor.reload();
    const session = await editor.extension('some.extension').getSession('x', SCOPES);
    assert.ok(x.grants.isLive(session?.accessToken ?? ''));
  });

  it('asks X for nothing more', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { accessToken } = await signedIn(editor, 'some.extension', SCOPES);
    await editor.deactivate();
    await later(TWO_HOURS, async () => {
      const session = await editor.extension('some.extension').getSession('x', SCOPES);
      assert.equal(session?.accessToken, accessToken);
      assert.equal(refreshes(x), 0);
      await editor.reload();
      await editor.extension('some.extension').getSession('x', SCOPES);
    });
    assert.equal(refreshes(x), 1);
  });

  it('does not exchange a code that comes only now', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'some.extension', SCOPES, 'grace');
    await editor.deactivate();
    const before = x.requestsTo(TOKEN).length;
    await assert.rejects(signedIn(editor, 'some.extension', SCOPES));
    assert.equal(x.requestsTo(TOKEN).length, before);
  });

  it('does not wait for X longer than VS Code waits for it', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'some.extension', SCOPES);
    const hold = x.hold(TOKEN, { matching: isRefresh });
    await later(TWO_HOURS, async () => {
      void editor.extension('some.extension').getSession('x', SCOPES);
      await hold.arrived;
      const { deactivate } = await import('../../../src/extension.ts');
      mock.timers.enable({ apis: ['setTimeout'] });
      const closed = deactivate();
      mock.timers.tick(4_900);
      mock.timers.reset();
      await closed;
    });
    hold.release();
  });
});
