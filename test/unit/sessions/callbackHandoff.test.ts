import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallbackHandoff } from '../../../src/sessions/callbackHandoff.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';

const CALLBACK = new URLSearchParams({ code: 'the code', state: 'the state' });

describe('Handing callbacks over', () => {
  let folder: string;
  /** Of the window that waits, and of another one. */
  let waiting: CallbackHandoff;
  let other: CallbackHandoff;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    waiting = new CallbackHandoff(new SealedNotes(folder));
    other = new CallbackHandoff(new SealedNotes(folder));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('brings a callback to the window that waits for it', async () => {
    await waiting.wait('the state');
    assert.equal(await waiting.take('the state'), undefined);
    assert.equal(await other.handOver('the state', CALLBACK), true);
    assert.deepEqual([...((await waiting.take('the state')) ?? [])], [...CALLBACK]);
  });

  it('takes it once, also from many windows at once', async () => {
    await waiting.wait('the state');
    const taken = await Promise.all(Array.from({ length: 20 }, () => other.handOver('the state', CALLBACK)));
    assert.equal(taken.filter(Boolean).length, 1);
  });

  it('refuses what nobody waits for, any more or yet', async () => {
    assert.equal(await other.handOver('the state', CALLBACK), false);
    await waiting.wait('the state');
    assert.equal(await other.handOver('another state', CALLBACK), false);
    await waiting.stopWaiting('the state');
    assert.equal(await other.handOver('the state', CALLBACK), false);
    assert.equal(await waiting.take('the state'), undefined);
  });

  it('leaves nothing behind', async () => {
    await waiting.wait('the state');
    await other.handOver('the state', CALLBACK);
    await waiting.stopWaiting('the state');
    assert.deepEqual(await readdir(folder), []);
  });

  it('leaves the code in no file in the clear', async () => {
    await waiting.wait('the state');
    await other.handOver('the state', CALLBACK);
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'latin1');
      assert.doesNotMatch(`${name}${text}`, /the.code|the.state/);
    }
  });
});
