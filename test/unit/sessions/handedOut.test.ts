import assert from 'node:assert/strict';
import { HandedOut } from '../../../src/sessions/handedOut.ts';
import { HOUR } from './window.ts';

const claim = (id: string, accessToken = 'token'): { id: string; accessToken: string } => ({ id, accessToken });

describe('What was handed out', () => {
  let now = 0;
  let handedOut = new HandedOut(() => now);

  beforeEach(() => {
    now = 0;
    handedOut = new HandedOut(() => now);
  });

  it('is known by its grant and its token together', () => {
    handedOut.note(claim('ada', 'one'));
    handedOut.note(claim('grace', 'two'));
    assert.equal(handedOut.has('ada', 'one'), true);
    assert.equal(handedOut.has('ada', 'two'), false);
    assert.equal(handedOut.has('grace', 'one'), false);
    assert.equal(handedOut.has('a', 'daone'), false);
  });

  it('is honoured for two hours from the first time, and then again if it is handed out again', () => {
    handedOut.note(claim('ada'));
    now = 2 * HOUR - 1;
    handedOut.note(claim('ada'));
    assert.equal(handedOut.has('ada', 'token'), true);
    now = 2 * HOUR;
    assert.equal(handedOut.has('ada', 'token'), false);
    handedOut.note(claim('ada'));
    assert.equal(handedOut.has('ada', 'token'), true);
  });

  it('is forgotten when it is too old, and not just ignored until somebody sets the clock back', () => {
    handedOut.note(claim('ada'));
    now = HOUR;
    handedOut.note(claim('grace'));
    now = 2 * HOUR;
    handedOut.note(claim('ada'));
    now = 3 * HOUR;
    handedOut.note(claim('edsger'));
    now = HOUR;
    assert.equal(handedOut.has('grace', 'token'), false);
    assert.equal(handedOut.has('edsger', 'token'), true);
  });

  it('is not looked through as a whole each time', () => {
    let looks = 0;
    const many = new HandedOut(() => (looks++, now));
    for (let i = 0; i < 1000; i++) many.note(claim(String(i)));
    looks = 0;
    many.note(claim('ada'));
    assert.ok(looks < 10, `${looks} looks at the clock`);
  });
});
