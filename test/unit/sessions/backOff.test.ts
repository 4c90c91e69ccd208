import assert from 'node:assert/strict';
import { BackOff, HURRIED_MS } from '../../../src/sessions/backOff.ts';

describe('Back-off', () => {
  let now: number;
  let random: number;
  let backOff: BackOff;

  beforeEach(() => {
    now = 1_000_000;
    random = 0.5;
    backOff = new BackOff(
      () => now,
      () => random,
    );
  });

  /** How long it waits from now on, in milliseconds. */
  function waits(): number {
    const from = now;
    while (backOff.isWaiting('grant')) now += 125;
    return now - from;
  }

  it('waits twice as long each time, up to a minute', () => {
    const waited = Array.from({ length: 7 }, () => {
      backOff.failed('grant');
      return waits();
    });
    assert.deepEqual(waited, [3750, 7500, 15_000, 30_000, 45_000, 45_000, 45_000]);
  });

  it('spreads windows that failed together over half of the time', () => {
    for (const [value, waited] of [
      [0, 2500],
      [0.999, 5000],
    ] as const) {
      random = value;
      backOff.succeeded('grant');
      backOff.failed('grant');
      assert.equal(waits(), waited);
    }
  });

  it('starts over after a success, and when everything is to be tried again', () => {
    for (const again of [() => backOff.succeeded('grant'), () => backOff.reset()]) {
      for (let failure = 0; failure < 5; failure++) backOff.failed('grant');
      again();
      assert.equal(backOff.isWaiting('grant'), false);
      backOff.failed('grant');
      assert.equal(waits(), 3750);
    }
  });

  it('waits for as long as X wishes, within reason', () => {
    backOff.failed('grant', 120_000);
    assert.equal(waits(), 120_000);
    backOff.failed('grant', 24 * 60 * 60_000);
    assert.equal(waits(), 15 * 60_000);
  });

  it('does not wait for hours because the clock went back', () => {
    backOff.failed('grant', 60_000);
    now -= 60 * 60_000;
    assert.equal(backOff.isWaiting('grant'), false);
  });

  it('knows one grant from another', () => {
    backOff.failed('grant');
    assert.equal(backOff.isWaiting('other'), false);
  });

  it('can be hurried to ten seconds after the last failure, and is never put off by that', () => {
    backOff.failed('grant');
    const soon = backOff.notBefore('grant');
    assert.equal(soon, now + 3750);
    backOff.hurry();
    assert.equal(backOff.notBefore('grant'), soon);
    for (let failure = 0; failure < 5; failure++) backOff.failed('grant');
    assert.equal(backOff.notBefore('grant'), now + 45_000);
    backOff.hurry();
    assert.equal(backOff.notBefore('grant'), now + HURRIED_MS);
    assert.equal(HURRIED_MS, 10_000);
  });

  it('is over at the very moment that it names', () => {
    backOff.failed('grant');
    const end = backOff.notBefore('grant') ?? 0;
    now = end - 1;
    assert.equal(backOff.notBefore('grant'), end);
    now = end;
    assert.equal(backOff.notBefore('grant'), undefined);
  });

  it('is not hurried against what X wishes', () => {
    backOff.failed('grant', 30_000);
    backOff.hurry();
    assert.equal(backOff.notBefore('grant'), now + 30_000);
  });

  it('is hurried for one grant alone, if it is said which', () => {
    for (let failure = 0; failure < 5; failure++) for (const key of ['grant', 'other']) backOff.failed(key);
    backOff.hurry('other');
    assert.deepEqual([backOff.notBefore('grant'), backOff.notBefore('other')], [now + 45_000, now + 10_000]);
    backOff.hurry();
    assert.equal(backOff.notBefore('grant'), now + 10_000);
  });
});
