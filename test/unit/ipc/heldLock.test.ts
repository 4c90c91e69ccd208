import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { HeldLock, type Directories } from '../../../src/ipc/heldLock.ts';

const error = (code: string): Error => Object.assign(new Error(code), { code });

describe('A held lock', () => {
  /** What was done to directories, as the operation and the end of the path. */
  let done: string[] = [];
  let tokens = new Set<string>();
  let now = 0;
  let fails: (operation: string) => Error | undefined = () => undefined;
  let tookMs: number[] = [];
  let held = newHeldLock();

  beforeEach(() => {
    done = [];
    tokens = new Set(['holder.000000000']);
    now = 0;
    fails = () => undefined;
    tookMs = [];
    held = newHeldLock();
  });

  function newHeldLock(): HeldLock {
    const directories: Directories = {
      readdir: () => assert.fail(),
      rename: () => assert.fail(),
      mkdir: async (path, options) => {
        const name = noted('mkdir', path);
        now += tookMs.shift() ?? 0;
        assert.deepEqual(options, { recursive: false, mode: 0o700 });
        tokens.add(name);
      },
      rmdir: async (path) => {
        const name = noted('rmdir', path);
        if (name !== 'lock' && !tokens.delete(name)) throw error('ENOENT');
      },
    };
    return new HeldLock('/folder/lock', 'holder', directories, () => now);
  }

  function noted(operation: string, path: string): string {
    const name = basename(path);
    done.push(`${operation} ${name}`);
    const failure = fails(operation);
    if (failure !== undefined) throw failure;
    return name;
  }

  it('makes the next token before it removes the last, which only its user may look into', async () => {
    assert.equal(held.token(), 'holder.000000000');
    assert.equal(await held.held(), true);
    assert.deepEqual(done, ['mkdir holder.000000001', 'rmdir holder.000000000']);
    assert.equal(held.token(), 'holder.000000001');
  });

  it('answers all who ask before a heartbeat begins with that one', async () => {
    const asked = [held.held(), held.held(), held.held()];
    assert.deepEqual(await Promise.all(asked), [true, true, true]);
    assert.equal(held.token(), 'holder.000000001');
  });

  it('removes its token and then its lock when it is released, even if others are in there by then', async () => {
    await held.held();
    done = [];
    fails = (operation) => (done.at(-1) === 'rmdir lock' && operation === 'rmdir' ? error('ENOTEMPTY') : undefined);
    await held.release();
    assert.deepEqual(done, ['rmdir holder.000000001', 'rmdir lock']);
  });

  it('leaves the lock alone if its own token can’t be removed', async () => {
    fails = () => error('EACCES');
    await held.release();
    assert.deepEqual(done, ['rmdir holder.000000000']);
  });

  it('is released after a heartbeat that is under way', async () => {
    const heartbeat = held.held();
    await held.release();
    assert.equal(await heartbeat, true);
    assert.deepEqual(done.at(-2), 'rmdir holder.000000001');
  });

  it('is lost when somebody has removed its token, takes its new one back and does no more', async () => {
    tokens.clear();
    assert.equal(await held.held(), false);
    assert.deepEqual(done, ['mkdir holder.000000001', 'rmdir holder.000000000', 'rmdir holder.000000001']);
    done = [];
    assert.equal(await held.held(), false);
    await held.release();
    assert.deepEqual(done, []);
  });

  it('is lost when its lock is gone, even if there is one again later', async () => {
    fails = () => error('ENOENT');
    assert.equal(await held.held(), false);
    fails = () => undefined;
    done = [];
    assert.equal(await held.held(), false);
    await held.release();
    assert.deepEqual(done, []);
  });

  it('is not sure, but not lost either, when the disk takes no token for now', async () => {
    fails = () => error('ENOSPC');
    assert.equal(await held.held(), false);
    fails = () => undefined;
    assert.equal(await held.held(), true);
    assert.equal(held.token(), 'holder.000000001');
  });

  it('makes a heartbeat that took more than five seconds again', async () => {
    tookMs = [5_000];
    assert.equal(await held.held(), true);
    assert.equal(held.token(), 'holder.000000001');
    tookMs = [5_001, 5_001];
    assert.equal(await held.held(), true);
    assert.equal(held.token(), 'holder.000000004');
  });
});
