import assert from 'node:assert/strict';
import { NO_LOCK, runExclusive, type Lease, type LockOptions, type Locks } from '../../../src/ipc/locks.ts';

const LEASE: Lease = { held: async () => true };

describe('What runs exclusively', () => {
  /** A lock that is acquired after the other process was asked `asks` times, or fails with an error. */
  function locksThat(parts: { fails?: Error; asks?: number } = {}): Locks {
    return {
      withLock: async <T>(
        name: string,
        { waitMs, resolvedElsewhere }: LockOptions<T>,
        action: (lease: Lease) => Promise<T>,
      ): Promise<T> => {
        assert.deepEqual([name, waitMs], ['name', 1_000]);
        for (let asked = 0; asked < (parts.asks ?? 0); asked++) {
          const result = await resolvedElsewhere?.();
          if (result !== undefined) return result;
        }
        if (parts.fails !== undefined) throw parts.fails;
        return action(LEASE);
      },
    };
  }

  const readOnly = new Error('read-only');
  const busy = new Error('busy');
  const options = { waitMs: 1_000, isUnavailable: (error: unknown) => error === readOnly };

  it('has the lease of its lock', async () => {
    assert.equal(await runExclusive(locksThat(), 'name', options, async (lease) => lease), LEASE);
  });

  it('runs without a lock where none can be had, once, and knows it', async () => {
    const leases: Lease[] = [];
    const running = runExclusive(locksThat({ fails: readOnly }), 'name', options, async (lease) => leases.push(lease));
    assert.equal(await running, 1);
    assert.equal(leases[0], NO_LOCK);
    assert.equal(await NO_LOCK.held(), true);
  });

  it('does not run when the lock fails for another reason', async () => {
    const running = runExclusive(locksThat({ fails: busy }), 'name', options, () => assert.fail());
    await assert.rejects(running, (error) => error === busy);
  });

  it('runs once, though it fails as a lock may', async () => {
    let runs = 0;
    const running = runExclusive(locksThat(), 'name', options, () => (runs++, Promise.reject(readOnly)));
    await assert.rejects(running, (error) => error === readOnly);
    assert.equal(runs, 1);
  });

  it('does not run when another process has done the work', async () => {
    const resolvedElsewhere = async (): Promise<string> => 'done';
    const running = runExclusive(locksThat({ asks: 1 }), 'name', { ...options, resolvedElsewhere }, () =>
      assert.fail(),
    );
    assert.equal(await running, 'done');
  });

  it('asks again whether the work is done when that could not be told, and does not take that for a failure of the lock', async () => {
    let asked = 0;
    const resolvedElsewhere = (): Promise<string | undefined> => (asked++, Promise.reject(readOnly));
    const running = runExclusive(locksThat({ asks: 2 }), 'name', { ...options, resolvedElsewhere }, async (lease) =>
      lease === LEASE ? 'mine' : 'without a lock',
    );
    assert.equal(await running, 'mine');
    assert.equal(asked, 2);
  });
});
