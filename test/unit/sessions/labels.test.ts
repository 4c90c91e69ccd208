import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labelGrants, type LabelOwner, Labels, labelsWithApp } from '../../../src/sessions/labels.ts';
import type { OAuth2Grant } from '../../../src/sessions/grant.ts';

const WORKER = fileURLToPath(new URL('harness/labelsWorker.ts', import.meta.url));
const X = 'https://api.x.com';
const ADA: LabelOwner = { apiBaseUrl: X, app: 'client id of the app', accountId: '1' };
const GRACE: LabelOwner = { ...ADA, accountId: '2' };

describe('Labels', () => {
  let home: string;
  let folder: string;
  const logged: string[] = [];
  const write = (message: string): void => void logged.push(message);
  const open = (providerId = 'x', signedIn: readonly (readonly [LabelOwner, string])[] = []): Labels =>
    new Labels({
      folder,
      providerId,
      grantsAt: async () => signedIn.map(([owner, label]) => grantOf(owner, label)),
      log: { debug: write, info: write, warn: write, error: write },
    });
  const two = ['@ada_l', '@ada_l (app)'];
  beforeEach(async () => {
    logged.length = 0;
    home = await mkdtemp(join(tmpdir(), 'x-labels-'));
    folder = join(home, 'labels');
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('belong for ever to the account, app and server that had them first', async () => {
    assert.equal(await open().claim(two, ADA), '@ada_l');
    assert.equal(await open().claim(two, ADA), '@ada_l');
    for (const [name, value] of [
      ['accountId', '2'],
      ['app', 'another'],
      ['apiBaseUrl', 'https://fake.example'],
    ] as const) {
      const other = { ...ADA, [name]: value };
      assert.equal(await open().isFree('@ada_l', other), false);
      assert.equal(
        await open().claim([...two, `third ${name}`], other),
        name === 'accountId' ? two[1] : `third ${name}`,
      );
    }
    assert.equal(await open().claim(two, ADA), '@ada_l');
    assert.equal(await open().isFree('@ada_l', ADA), true);
    assert.equal(await open().isFree('@nobody', ADA), true);
  });

  it('are those of one provider', async () => {
    assert.equal(await open('x').claim(two, ADA), '@ada_l');
    assert.equal(await open('x-oauth1').claim(two, GRACE), '@ada_l');
  });

  it('are those of whoever is signed in under them, though no file says so', async () => {
    const signedIn = [[ADA, '@ada_l']] as const;
    assert.equal(await open('x', signedIn).isFree('@ada_l', GRACE), false);
    assert.equal(await open('x', signedIn).claim(two, GRACE), '@ada_l (app)');
    assert.equal(await open('x', signedIn).claim(two, ADA), '@ada_l');
  });

  it('leave files that say nothing of anybody, and that only this user can read', async () => {
    await open().claim(['@ada_l'], ADA);
    const [name = '', ...others] = await readdir(folder);
    assert.deepEqual(others, []);
    assert.match(name, /^[0-9a-f]{64}$/);
    assert.match(await readFile(join(folder, name), 'utf8'), /^[0-9a-f]{64}$/);
    if (process.platform === 'win32') return;
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  for (const [what, spoil] of [
    ['empty', (file: string) => writeFile(file, '')],
    ['half written', async (file: string) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 20))],
    ['of something else', (file: string) => writeFile(file, 'not a hash')],
    ['a folder', async (file: string) => (await rm(file), mkdir(file))],
  ] as const) {
    it(`are somebody else’s when their file is ${what}`, async () => {
      await open().claim(['@ada_l'], ADA);
      const [name = ''] = await readdir(folder);
      await spoil(join(folder, name));
      assert.equal(await open().claim(two, ADA), '@ada_l (app)');
    });
  }

  it('are given by what is signed in when the folder can’t be made or written', async () => {
    const signedIn = [[ADA, '@ada_l']] as const;
    await writeFile(folder, 'no folder');
    assert.equal(await open('x', signedIn).isFree('@ada_l (app)', GRACE), true);
    assert.equal(await open('x', signedIn).claim(two, GRACE), '@ada_l (app)');
    assert.match(logged.join('\n'), /^Could not note whose a label is: /);
    assert.doesNotMatch(logged.join('\n'), /ada_l/);
    if (process.platform === 'win32' || process.getuid?.() === 0) return;
    await rm(folder);
    await mkdir(folder, { mode: 0o500 });
    assert.equal(await open('x', signedIn).claim(two, GRACE), '@ada_l (app)');
    await chmod(folder, 0o700);
  });

  it('go to one of several windows that claim them at once', async () => {
    const owners = Array.from({ length: 20 }, (_, index) => ({ ...ADA, accountId: String(index) }));
    const given = await Promise.all(
      owners.map((owner) =>
        open().claim(
          labelsWithApp('a', 8, (app) => app),
          owner,
        ),
      ),
    );
    assert.deepEqual(given.toSorted(), ['a', ...owners.slice(1).map((_, index) => `a, ${index + 2}`)].toSorted());
  });

  it('go to one of several processes that claim them at once', async function () {
    this.timeout(60_000);
    const windows = await Promise.all(['app 1', 'app 2', 'app 3'].map((app) => startWindow(folder, app)));
    for (let round = 0; round < 50; round++) {
      const answers = windows.map((window) => once(window, 'message'));
      for (const window of windows) window.send(round);
      const labels: readonly unknown[] = (await Promise.all(answers)).map(([label]) => label);
      assert.equal(labels.filter((label) => label === `first ${round}`).length, 1);
      assert.equal(labels.filter((label) => label === `second ${round}`).length, 1);
    }
    for (const window of windows) window.disconnect();
  });

  describe('of grants', () => {
    const words = {
      unnamed: (code: string) => `X account ${code}`,
      withApp: (name: string, app: string) => `${name} (${app})`,
    };
    const labelOf = (clientId: string, usual: string, username?: string, before?: string): Promise<string> => {
      const label = labelGrants(
        (...claim) => open().claim(...claim),
        () => usual,
        words,
      );
      const grant = { ...GIVEN, clientId };
      return label(grant, username === undefined ? undefined : { id: `id of ${username}`, username }, before);
    };

    it('name the app, unless it is the one that is set up', async () => {
      assert.equal(await labelOf('K3V5abXzRest', 'K3V5abXzRest', 'ada_l'), '@ada_l');
      assert.equal(await labelOf('V2ViRest0123', 'K3V5abXzRest', 'ada_l'), '@ada_l (V2ViRest…)');
      assert.equal(await labelOf('short', 'K3V5abXzRest', 'ada_l'), '@ada_l (short)');
    });

    it('say more of the app where they have to, and then have a number', () => {
      const labels = labelsWithApp('0123456789abcdefghij', 8, (app) => `(app ${app})`);
      assert.deepEqual(
        Array.from({ length: 5 }, () => labels.next().value),
        [
          '(app 01234567…)',
          '(app 0123456789abcdef…)',
          '(app 0123456789abcdefghij)',
          '(app 01234567…, 2)',
          '(app 01234567…, 3)',
        ],
      );
    });

    it('stay as they were, also when the app is not the one that is set up any more', async () => {
      assert.equal(await labelOf('app', 'app', 'ada_l'), '@ada_l');
      assert.equal(await labelOf('app', 'other', 'ada_l', '@ada_l'), '@ada_l');
    });

    it('are no two alike where X names nobody', async () => {
      assert.equal(await labelOf('app', 'app'), 'X account 3f2a91');
      const other: LabelOwner = { ...ADA, accountId: 'another grant' };
      await rm(folder, { recursive: true });
      await open().claim(['X account 3f2a91'], other);
      assert.equal(await labelOf('app', 'app'), 'X account 3f2a91c05d7e');
    });
  });
});

const GIVEN = {
  kind: 'oauth2' as const,
  id: '3f2a91c0-5d7e-4a6b-8c9d-0e1f2a3b4c5d',
  apiBaseUrl: X,
  scopes: [],
  accessToken: 'token',
  refreshToken: undefined,
  obtainedAt: 0,
  expiresAt: 1,
  signInId: 'sign-in',
  signInNumber: 1,
  generation: 1,
};

function grantOf({ apiBaseUrl, app: clientId, accountId: id }: LabelOwner, label: string): OAuth2Grant {
  return { ...GIVEN, apiBaseUrl, clientId, account: { id, label } };
}

async function startWindow(folder: string, app: string): Promise<ChildProcess> {
  const window = fork(WORKER, [folder, app]);
  await once(window, 'message');
  return window;
}
