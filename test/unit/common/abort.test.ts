import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { unlessAborted, withTimeout } from '../../../src/common/abort.ts';

const never = new Promise<never>(() => undefined);

describe('A promise with a timeout', () => {
  it('brings what it would, and its error', async () => {
    assert.equal(await withTimeout(60_000, Promise.resolve('result'), 'late'), 'result');
    await assert.rejects(withTimeout(60_000, Promise.reject(new Error('broken')), 'late'), /broken/);
  });

  it('brings something else when it is late, at once where no time is left', async () => {
    assert.equal(await withTimeout(1, never, 'late'), 'late');
    assert.equal(await withTimeout(-5, never, 'late'), 'late');
  });
});

describe('A promise with a signal', () => {
  it('brings what it would, with a signal and without one', async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessAborted(undefined, Promise.resolve('result')), 'result');
    assert.equal(await unlessAborted(signal, Promise.resolve('result')), 'result');
    await assert.rejects(unlessAborted(signal, Promise.reject(new Error('broken'))), /broken/);
    assert.equal(getEventListeners(signal, 'abort').length, 0, 'nothing is left on the signal');
  });

  it('rejects with the reason of the signal, before or while it is waited for', async () => {
    const reason = new Error('enough');
    await assert.rejects(
      unlessAborted(AbortSignal.abort(reason), Promise.resolve('result')),
      (error) => error === reason,
    );
    const controller = new AbortController();
    const waiting = unlessAborted(controller.signal, never);
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });
});
