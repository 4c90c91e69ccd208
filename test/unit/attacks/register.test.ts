import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { AuthenticationSession } from 'vscode';
import type { OAuth1Grant } from '../../../src/sessions/grant.ts';
import { Register } from '../../../src/sessions/store/register.ts';
import { NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';
import { type Editor, later, signedIn, startEditor } from './editor.ts';

const SCOPES = ['tweet.read'];
const TWO_HOURS = 2 * 60 * 60_000;

/** The folder with the register of a provider. */
async function registerOf(editor: Editor, providerId = 'x'): Promise<string> {
  const [keyId] = await readdir(join(editor.folder, 'grants'));
  assert.ok(keyId !== undefined);
  return join(editor.folder, 'grants', keyId, providerId);
}

async function silently(editor: Editor, providerId = 'x', scopes = SCOPES): Promise<AuthenticationSession | undefined> {
  return editor.extension('good.extension').getSession(providerId, scopes, { silent: true });
}

async function signedInOAuth1(editor: Editor): Promise<AuthenticationSession> {
  editor.choose = () => 'Sign in with the browser';
  editor.type = (title) => (title.endsWith('Secret') ? NATIVE_APP.apiSecret : NATIVE_APP.apiKey);
  const session = await editor.extension('good.extension').getSession('x-oauth1', [], { createIfNone: true });
  assert.ok(session);
  return session;
}

/** What somebody can try as a key who has a session and can read files. */
function guesses(session: AuthenticationSession, keyId: string): readonly Buffer[] {
  const texts = [session.accessToken, session.id, session.account.id, session.account.label, keyId, ''];
  return [Buffer.alloc(32), ...texts.map((text) => createHash('sha256').update(text).digest())];
}

const UNLOCKED = {
  withLock: async <T>(
    _name: string,
    _waiting: object,
    action: (lease: { held: () => Promise<boolean> }) => Promise<T>,
  ) => action({ held: async () => true }),
};

/** Every file below a folder, by its path in there. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = await Promise.all(
    paths.map(async (path) => {
      // What is written under a temporary name may have its own by now.
      const content = await readFile(path).catch(() => undefined);
      return content === undefined ? [] : [[relative(folder, path), content] as const];
    }),
  );
  return new Map(files.flat());
}

describe('An extension that has a session', () => {
  it('finds nothing of its grant in any file, but for its label in the manifest', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'evil.extension', SCOPES);
    const lasting = await signedInOAuth1(editor);
    const { oauth_token: token } = JSON.parse(lasting.accessToken);
    const known = [session.accessToken, token, NATIVE_APP.apiKey, NATIVE_APP.clientId, session.id, lasting.id];
    const people = [session.account.id, lasting.account.id];
    const texts = [...known, ...people].flatMap((text) => [text, createHash('sha1').update(text).digest('hex')]);
    const files = await filesIn(editor.folder);
    assert.ok([...files.keys()].some((path) => path.startsWith('grants')));
    for (const [path, content] of files) {
      for (const text of texts) assert.ok(!`${path}\n${content.toString('latin1')}`.includes(text), `${path}: ${text}`);
      const isManifest = /^manifest\/local\/x(-oauth1)?$/.test(path);
      assert.equal(content.includes(session.account.label), isManifest, path);
    }
  });

  it('can’t make what puts other credentials in their place, though it knows all that sessions show', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedInOAuth1(editor);
    const folder = await registerOf(editor, 'x-oauth1');
    const names = await readdir(folder);
    assert.equal(names.length, 1);
    const recordKey = `oauth1:${x.apiBaseUrl} ${NATIVE_APP.apiKey} ${session.account.id}`;
    const evil: OAuth1Grant = {
      kind: 'oauth1',
      id: session.id,
      apiBaseUrl: x.apiBaseUrl,
      clientId: NATIVE_APP.apiKey,
      account: session.account,
      scopes: [],
      consumer: { key: NATIVE_APP.apiKey, secret: 'EVIL' },
      token: { token: 'EVIL', secret: 'EVIL' },
      obtainedAt: Date.now(),
      signInId: 'evil',
      signInNumber: 1_000_000,
      generation: 1_000_000,
    };
    for (const key of guesses(session, folder.split('/').at(-2) ?? '')) {
      const made = await readdir(folder);
      const register = new Register({
        kind: 'oauth1',
        folder,
        key,
        locks: UNLOCKED,
        monotonicMs: () => performance.now(),
      });
      assert.deepEqual(await register.all(() => undefined), [], 'a guessed key reads the register');
      await register.change(recordKey, async () => ({ grant: evil }));
      const [fresh] = (await readdir(folder)).filter((name) => !made.includes(name));
      assert.ok(fresh !== undefined && !names.includes(fresh), 'the name of a file can be computed');
      // And under the name that the true one has.
      await cp(join(folder, fresh), join(folder, names[0] ?? ''));
      assert.equal((await silently(editor, 'x-oauth1', []))?.accessToken, session.accessToken);
      await editor.reload();
      assert.equal((await silently(editor, 'x-oauth1', []))?.accessToken, session.accessToken);
    }
  });
});

/** The two files of the register, and where they lie. */
interface Target {
  readonly folder: string;
  readonly adas: string;
  readonly graces: string;
}

const LIKE_OURS = '0123456789abcdef0123456789abcdef01234567';

async function madePipe(path: string): Promise<void> {
  await rm(path, { force: true });
  execFileSync('mkfifo', [path]);
}

async function madeHuge(path: string): Promise<void> {
  await writeFile(path, 'XA');
  await truncate(path, 2 ** 36);
}

async function linked(path: string, to: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(to, path);
}

async function edited(path: string, edit: (content: Buffer) => Uint8Array): Promise<void> {
  await writeFile(path, edit(await readFile(path)));
}

describe('Whoever writes into the folder of the register', () => {
  const stray: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
    'a file of another name': ({ folder }) => writeFile(join(folder, 'thumbs.db'), 'x'),
    'what a name like ours has, with nothing of ours in it': ({ folder }) =>
      writeFile(join(folder, LIKE_OURS), randomBytes(16_384)),
    'an empty file': ({ folder }) => writeFile(join(folder, LIKE_OURS), ''),
    'a folder': ({ folder }) => mkdir(join(folder, LIKE_OURS)),
    'a link to a device that never ends': ({ folder }) => linked(join(folder, LIKE_OURS), '/dev/zero'),
    'a link to itself': ({ folder }) => linked(join(folder, LIKE_OURS), LIKE_OURS),
    'a pipe': ({ folder }) => madePipe(join(folder, LIKE_OURS)),
    'a file of 64 GB': ({ folder }) => madeHuge(join(folder, LIKE_OURS)),
    'a file that begins like one of a newer version': ({ folder }) =>
      writeFile(join(folder, LIKE_OURS), Buffer.concat([Buffer.from('XA\u0009'), randomBytes(16_381)])),
    'one of the files under another name': ({ folder, adas }) => cp(adas, join(folder, LIKE_OURS)),
    'nothing in place of the file': ({ adas }) => rm(adas),
    'nothing in place of the folder': ({ folder }) => rm(folder, { recursive: true }),
    'noise in place of the file': ({ adas }) => writeFile(adas, randomBytes(16_384)),
    'half of the file': ({ adas }) => truncate(adas, 4_000),
    'another account’s file in place of the file': ({ adas, graces }) => cp(graces, adas),
    'the slots of the file exchanged': ({ adas }) =>
      edited(adas, (content) => Buffer.concat([content.subarray(8192), content.subarray(0, 8192)])),
    'a changed bit in the file': ({ adas }) =>
      edited(adas, (content) => content.map((byte, index) => (index % 8192 === 500 ? byte ^ 1 : byte))),
    'a link in place of the file': ({ adas }) => linked(adas, '/dev/zero'),
    'a pipe in place of the file': ({ adas }) => madePipe(adas),
    '64 GB in place of the file': async ({ adas }) => madeHuge(adas),
  };
  for (const [what, put] of Object.entries(stray)) {
    it(`takes no session away, and keeps none from being refreshed, with ${what}`, async () => {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      const target = await accounts(editor, 'grace');
      const before = await silently(editor);
      assert.ok(before);
      await put(target);
      assert.equal((await silently(editor))?.accessToken, before.accessToken, 'in the same window');
      await editor.reload();
      assert.equal((await silently(editor))?.accessToken, before.accessToken, 'in the next window');
      await later(TWO_HOURS, async () => {
        const after = await silently(editor);
        assert.ok(after !== undefined && after.accessToken !== before.accessToken, editor.everythingSaid);
        assert.ok(x.grants.isLive(after.accessToken));
        await editor.reload();
        assert.equal((await silently(editor))?.accessToken, after.accessToken, 'after a refresh');
      });
      assertUntold(editor);
    });
  }

  const denied: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
    'a folder in place of the file': async ({ adas }) => {
      await rm(adas);
      await mkdir(adas);
    },
    'the file of a newer version in place of the file': ({ adas }) =>
      writeFile(adas, Buffer.concat([Buffer.from('XA\u0009'), randomBytes(16_381)])),
  };
  for (const [what, put] of Object.entries(denied)) {
    it(`can keep a session from being refreshed, and no more, with ${what}`, async () => {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      const target = await accounts(editor);
      const before = await silently(editor);
      assert.ok(before);
      const spent = refreshesAt(x);
      await put(target);
      await editor.reload();
      await later(TWO_HOURS, async () => {
        assert.equal((await silently(editor))?.accessToken, before.accessToken);
        assert.equal(refreshesAt(x), spent, 'a refresh token was spent without a place for the answer');
      });
      await rm(target.adas, { recursive: true });
      await editor.reload();
      await later(TWO_HOURS, async () => {
        assert.ok(x.grants.isLive((await silently(editor))?.accessToken ?? ''), 'it goes on when that is gone');
      });
      assertUntold(editor);
    });
  }

  it('can’t have the session follow a link that takes the place of the file', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { adas } = await accounts(editor);
    const outside = join(editor.folder, 'outside');
    await cp(adas, outside);
    const before = await readFile(outside);
    await linked(adas, outside);
    await later(TWO_HOURS, () => silently(editor));
    assert.deepEqual(await readFile(outside), before);
  });

  it('brings back nothing that was refreshed since with an older copy of the file', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { adas } = await accounts(editor);
    const older = await readFile(adas);
    await later(TWO_HOURS, async () => {
      const refreshed = await silently(editor);
      const spent = refreshesAt(x);
      for (const isReloaded of [false, true]) {
        await writeFile(adas, older);
        if (isReloaded) await editor.reload();
        assert.equal((await silently(editor))?.accessToken, refreshed?.accessToken);
      }
      assert.equal(refreshesAt(x), spent);
      await later(2 * TWO_HOURS, async () => {
        assert.ok(x.grants.isLive((await silently(editor))?.accessToken ?? ''));
        assert.equal(refreshesAt(x), spent + 1);
      });
    });
    assertUntold(editor);
  });

  it('brings back a session after a sign-out with an older copy of the file, but none that X still knows', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { adas } = await accounts(editor);
    const older = await readFile(adas);
    await editor.signOut('x', '@ada_l');
    await writeFile(adas, older);
    assert.equal(await silently(editor), undefined, 'a window that knows of the sign-out');
    assert.notDeepEqual(await readFile(adas), older, 'and says so again');
    await editor.deactivate();
    await writeFile(join(await registerOf(editor), basename(adas)), older);
    await editor.reload();
    const [back] = await editor.extension('evil.extension').getAccounts('x');
    assert.ok(back);
    assert.deepEqual(x.grants.refreshable, []);
    assert.ok(!x.grants.isLive((await silently(editor))?.accessToken ?? ''));
  });
});

/** Signs in Ada, and then others. */
async function accounts(editor: Editor, ...others: readonly string[]): Promise<Target> {
  const names: string[] = [];
  for (const as of ['ada', ...others]) {
    await signedIn(editor, as === 'ada' ? 'good.extension' : 'other.extension', SCOPES, as);
    const known = await readdir(await registerOf(editor));
    names.push(...known.filter((name) => !names.includes(name)));
  }
  const [adas = '', graces = ''] = names;
  const folder = await registerOf(editor);
  return { folder, adas: join(folder, adas), graces: join(folder, graces) };
}

function refreshesAt(x: FakeX): number {
  return x.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'refresh_token').length;
}

/** Nobody was told of anything but of having signed in. */
function assertUntold(editor: Editor): void {
  assert.deepEqual(
    editor.messages.filter(({ text }) => !text.startsWith('Signed in to X as ')),
    [],
  );
}
