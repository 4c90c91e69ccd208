import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrantManifest } from '../../../../src/sessions/store/grantManifest.ts';

const WRITTEN = { keyId: 'key', labels: ['@ada_l', '@grace_h'] };

describe('The manifest', () => {
  let parent: string;
  let path: string;

  beforeEach(async () => {
    parent = await fs.mkdtemp(join(tmpdir(), 'x-manifest-'));
    path = join(parent, 'manifest', 'x');
  });

  afterEach(() => fs.rm(parent, { recursive: true, force: true }));

  it('says what was written last, and is for this user alone', async () => {
    const manifest = new GrantManifest(path);
    assert.equal(await manifest.read(), undefined);
    await manifest.write({ keyId: 'older', labels: [] });
    await manifest.write(WRITTEN);
    assert.deepEqual(await new GrantManifest(path).read(), WRITTEN);
    assert.deepEqual(await fs.readdir(join(parent, 'manifest')), ['x']);
    if (process.platform === 'win32') return;
    assert.equal((await fs.stat(path)).mode & 0o777, 0o600);
    assert.equal((await fs.stat(join(parent, 'manifest'))).mode & 0o777, 0o700);
  });

  for (const damaged of [
    '',
    '{',
    'null',
    '[]',
    '{"keyId":1,"labels":[]}',
    '{"keyId":"key"}',
    '{"keyId":"key","labels":[""]}',
  ]) {
    it(`says nothing when it is ${damaged || 'empty'}`, async () => {
      await fs.mkdir(join(parent, 'manifest'));
      await fs.writeFile(path, damaged);
      assert.equal(await new GrantManifest(path).read(), undefined);
    });
  }

  it('shows no label that would not be fit to be shown, whoever wrote it', async () => {
    await fs.mkdir(join(parent, 'manifest'));
    await fs.writeFile(path, JSON.stringify({ keyId: 'key', labels: ['@ada\u202E\n[click](command:x)'] }));
    const labels = (await new GrantManifest(path).read())?.labels ?? [];
    for (const label of labels) assert.doesNotMatch(label, /[\n\u202E]/);
  });

  it('is claimed by one of several windows, once, when the key is another', async () => {
    const manifest = new GrantManifest(path);
    await manifest.write(WRITTEN);
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => new GrantManifest(path).claim(WRITTEN, 'another key')),
    );
    assert.equal(claims.filter(Boolean).length, 1);
    assert.equal(await manifest.read(), undefined);
    assert.equal(await manifest.claim(WRITTEN, 'another key'), false);
    assert.deepEqual(await fs.readdir(join(parent, 'manifest')), []);
  });

  it('is claimed by nobody who has the same key', async () => {
    const manifest = new GrantManifest(path);
    await manifest.write(WRITTEN);
    assert.equal(await manifest.claim(WRITTEN, WRITTEN.keyId), false);
  });

  it('can’t be written where there is no folder, and then leaves nothing behind', async () => {
    await fs.writeFile(join(parent, 'manifest'), 'no folder');
    await assert.rejects(new GrantManifest(path).write(WRITTEN));
    assert.equal(await new GrantManifest(path).read(), undefined);
    await fs.rm(join(parent, 'manifest'));
    await fs.mkdir(path, { recursive: true });
    await assert.rejects(new GrantManifest(path).write(WRITTEN));
    assert.deepEqual(await fs.readdir(join(parent, 'manifest')), ['x']);
  });
});
