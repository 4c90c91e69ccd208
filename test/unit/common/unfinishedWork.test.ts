import assert from 'node:assert/strict';
import { UnfinishedWork } from '../../../src/common/unfinishedWork.ts';

describe('Unfinished work', () => {
  it('is waited for by who closes, and nothing is begun after that', async () => {
    const unfinished = new UnfinishedWork();
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    const working = unfinished.finish(async () => {
      await gate.promise;
      done.push('work');
      return 'result';
    });
    assert.equal(unfinished.isClosing, false);
    const closing = unfinished.close().then(() => done.push('closed'));
    assert.equal(unfinished.isClosing, true);
    let hasBegun = false;
    await assert.rejects(
      unfinished.finish(async () => void (hasBegun = true)),
      /closed/,
    );
    assert.equal(hasBegun, false);
    gate.resolve();
    assert.equal(await working, 'result');
    await closing;
    assert.deepEqual(done, ['work', 'closed']);
  });

  it('that fails keeps nobody from closing, and its error is its caller’s', async () => {
    const unfinished = new UnfinishedWork();
    const gate = Promise.withResolvers<never>();
    const failing = unfinished.finish(() => gate.promise);
    const closing = unfinished.close();
    gate.reject(new Error('broken'));
    await assert.rejects(failing, /broken/);
    await closing;
  });
});
