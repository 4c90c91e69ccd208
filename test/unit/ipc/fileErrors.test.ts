import assert from 'node:assert/strict';
import type * as FileErrors from '../../../src/ipc/fileErrors.ts';
import { errnoCode, retryWhileBusy } from '../../../src/ipc/fileErrors.ts';

const error = (code: unknown): Error => Object.assign(new Error('no'), { code });

/** As the module is on another system: it looks when it is loaded. */
async function on(platform: NodeJS.Platform): Promise<typeof FileErrors> {
  const real = Object.getOwnPropertyDescriptor(process, 'platform');
  Object.defineProperty(process, 'platform', { ...real, value: platform });
  try {
    const name = `../../../src/ipc/fileErrors.ts?${platform}`;
    return await import(name);
  } finally {
    Object.defineProperty(process, 'platform', { ...real });
  }
}

describe('A busy file', () => {
  it('is tried again until it is free', async () => {
    let tries = 0;
    const got = await retryWhileBusy(async () => {
      tries++;
      if (tries < 4) throw error('EBUSY');
      return 'mine';
    });
    assert.deepEqual([got, tries], ['mine', 4]);
  });

  it('is given up after a third of a second, with its own last error', async () => {
    const errors: Error[] = [];
    const triedAt: number[] = [];
    const failing = retryWhileBusy(() => {
      triedAt.push(performance.now());
      errors.push(error('EBUSY'));
      return Promise.reject(errors.at(-1));
    });
    await assert.rejects(failing, (thrown) => thrown === errors[6]);
    assert.equal(errors.length, 7);
    const pauses = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
    // A timer may be a millisecond early.
    assert.ok(
      [5, 10, 20, 40, 80, 160].every((ms, index) => (pauses[index] ?? 0) > ms - 1.5),
      pauses.join(),
    );
  });

  it('is not waited for when there is another reason', async () => {
    for (const reason of [error('ENOENT'), error(undefined), new Error('no code'), 'EBUSY']) {
      let tries = 0;
      const failing = retryWhileBusy(() => (tries++, Promise.reject(reason)));
      await assert.rejects(failing, (thrown) => thrown === reason);
      assert.equal(tries, 1);
    }
  });

  for (const [platform, busy, final] of [
    ['win32', ['EBUSY', 'EPERM', 'EACCES'], ['ENOENT', 'ENOSPC']],
    ['linux', ['EBUSY'], ['EPERM', 'EACCES']],
  ] as const) {
    it(`is what ${platform} calls ${busy.join(' or ')}`, async () => {
      const module = await on(platform);
      for (const code of [...busy, ...final]) {
        let tries = 0;
        await module
          .retryWhileBusy(async () => {
            if (tries++ === 0) throw error(code);
          })
          .catch(() => undefined);
        assert.equal(tries, (busy as readonly string[]).includes(code) ? 2 : 1, code);
      }
    });
  }

  it('is known by a code that is text', () => {
    assert.equal(errnoCode(error('ENOENT')), 'ENOENT');
    for (const other of [error(7), new Error('no code'), { code: 'ENOENT' }, 'ENOENT', undefined]) {
      assert.equal(errnoCode(other), undefined);
    }
  });
});
