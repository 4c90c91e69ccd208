import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFakeX } from 'x-authentication-testing';
import { Editor, later, signedIn, startEditor } from './editor.ts';
import { serve } from './vscodeStub.ts';

const SCOPES = ['tweet.read'];

/** What can be in the place of a small file, besides it. */
const HOSTILE: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a pipe': async (path) => execFileSync('mkfifo', [path]),
  'a folder': (path) => mkdir(path),
  'a link to a device that never ends': (path) => symlink('/dev/zero', path),
  'a file of 64 GB': async (path) => {
    await writeFile(path, '{"keyId":"');
    await truncate(path, 2 ** 36);
  },
  'text that says nothing': (path) => writeFile(path, '{"keyId":1,"labels":{}}'),
};

async function folderOf(editor: Editor): Promise<string> {
  const folder = join(editor.folder, 'manifest', 'local');
  await mkdir(folder, { recursive: true });
  return folder;
}

describe('Whoever writes into the folder of the manifest', () => {
  for (const [what, put] of Object.entries(HOSTILE)) {
    it(`keeps nobody from signing in, or from their session, with ${what}`, async () => {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      const folder = await folderOf(editor);
      for (const name of ['x', 'key']) await put(join(folder, name));
      const { accessToken } = await signedIn(editor, 'good.extension', SCOPES);
      for (const name of ['x', 'key']) {
        await rm(join(folder, name), { recursive: true, force: true });
        await put(join(folder, name));
      }
      await editor.reload();
      const session = await editor.extension('good.extension').getSession('x', SCOPES, { silent: true });
      assert.equal(session?.accessToken, accessToken);
      assert.deepEqual(
        editor.messages.map(({ text }) => text),
        ['Signed in to X as @ada_l.'],
      );
    });
  }

  it('makes one message of however many accounts, in plain words, and no session less', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { accessToken } = await signedIn(editor, 'good.extension', SCOPES);
    const link = '[Ada](command:workbench.action.terminal.new)';
    const labels = ['@ada_l', link, `\u202e${'a'.repeat(5_000)}`, ...Array.from({ length: 500 }, (_, n) => `@n${n}`)];
    await writeFile(join(await folderOf(editor), 'x'), JSON.stringify({ keyId: 'another', labels }));
    await editor.reload();
    const session = await editor.extension('good.extension').getSession('x', SCOPES, { silent: true });
    assert.equal(session?.accessToken, accessToken);
    await editor.until(() => editor.messages.length > 1, 'the message');
    const [, { text } = { text: '' }, ...others] = editor.messages;
    assert.deepEqual(others, []);
    assert.match(text, /^The sign-in to X of \[Ada\] \(command:/);
    assert.doesNotMatch(text, /\u202e|@ada_l|a{301}/);
  });
});

/** A window beside another one, with the same files. */
async function beside(first: Editor): Promise<Editor> {
  const second = new Editor(first.folder, first.x);
  for (const [name, value] of first.settings) second.settings.set(name, value);
  await second.activate();
  return second;
}

const COMMANDS = ['signIn', 'signInOAuth1', 'signInApp', 'setUpApp'];

describe('A browser window that was opened before another one made the key', () => {
  it('says so, with a button that reloads it, lists nothing, and writes nothing that erases what is stored', async () => {
    await using x = await startFakeX();
    await using tab = await startEditor(x);
    await using other = await beside(tab);
    const { accessToken } = await signedIn(other, 'good.extension', SCOPES);
    // VS Code in a browser reads what is stored once, when a window opens, and writes all that it knows.
    assert.deepEqual([...tab.secrets.keys()], []);
    serve(tab);
    const { opened } = tab;
    tab.choose = ({ items }) => items[0]?.label;
    tab.type = () => 'A_Value_That_Could_Be_A_Client_Id_Or_A_Secret';
    for (const options of [{ silent: true }, {}]) {
      assert.equal(await tab.extension('good.extension').getSession('x', SCOPES, options), undefined);
    }
    for (const options of [{ createIfNone: true }, { forceNewSession: true }]) {
      const asked = tab.extension('good.extension').getSession('x', SCOPES, options);
      await assert.rejects(asked, { name: 'Misconfigured', message: /^This window was opened before X Auth/ });
    }
    await tab.until(() => tab.messages.length > 0, 'the message');
    const [message] = tab.messages;
    assert.match(message?.text ?? '', /^This window was opened before X Auth.*: reload it, then sign in\.$/);
    assert.deepEqual(message?.buttons, ['Reload Window']);
    const reloaded = Promise.withResolvers<unknown>();
    tab.commands.set('workbench.action.reloadWindow', () => reloaded.resolve(true));
    message?.choose('Reload Window');
    assert.ok(await reloaded.promise);
    for (const command of COMMANDS) await tab.run(`xAuthentication.${command}`);
    assert.deepEqual(new Set(tab.messages.map(({ text }) => text)), new Set([message?.text]));
    assert.equal(tab.messages.length, 2 + COMMANDS.length);
    assert.deepEqual([[...tab.secrets.keys()], opened], [[], []]);

    tab.secrets = new Map(other.secrets);
    await tab.reload();
    const session = await tab.extension('good.extension').getSession('x', SCOPES, { createIfNone: true });
    assert.equal(session?.accessToken, accessToken);
  });

  it('can be had by a file that says there is a key, which a person gets over by reloading the window', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await writeFile(join(await folderOf(editor), 'key'), JSON.stringify({ createdAt: Date.now() + 1_000 }));
    await assert.rejects(signedIn(editor, 'good.extension', SCOPES), { message: /Reload Window|reload it/ });
    assert.deepEqual([[...editor.secrets.keys()], editor.opened], [[], []]);
    await later(15_000, async () => {
      await editor.reload();
      assert.ok(await signedIn(editor, 'good.extension', SCOPES));
    });
  });

  it('can’t be had where there is a key, whatever a file says', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { accessToken } = await signedIn(editor, 'good.extension', SCOPES);
    await writeFile(join(await folderOf(editor), 'key'), JSON.stringify({ createdAt: Date.now() + 1_000 }));
    await editor.reload();
    const session = await editor.extension('good.extension').getSession('x', SCOPES, { silent: true });
    assert.equal(session?.accessToken, accessToken);
  });
});
