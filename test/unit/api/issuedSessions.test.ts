import assert from 'node:assert/strict';
import { IssuedSessions } from '../../../src/api/issuedSessions.ts';
import { HOUR } from '../sessions/harness/window.ts';

const claim = (id: string, accessToken = 'token'): { id: string; accessToken: string } => ({ id, accessToken });

describe('What was handed out', () => {
  let now = 0;
  let issued = new IssuedSessions(() => now);

  beforeEach(() => {
    now = 0;
    issued = new IssuedSessions(() => now);
  });

  it('is known by its grant and its token together', () => {
    issued.note(claim('ada', 'one'));
    issued.note(claim('grace', 'two'));
    assert.equal(issued.has('ada', 'one'), true);
    assert.equal(issued.has('ada', 'two'), false);
    assert.equal(issued.has('grace', 'one'), false);
    assert.equal(issued.has('a', 'daone'), false);
  });

  it('is honoured for two hours from the first time, and then again if it is handed out again', () => {
    issued.note(claim('ada'));
    now = 2 * HOUR - 1;
    issued.note(claim('ada'));
    assert.equal(issued.has('ada', 'token'), true);
    now = 2 * HOUR;
    assert.equal(issued.has('ada', 'token'), false);
    issued.note(claim('ada'));
    assert.equal(issued.has('ada', 'token'), true);
  });

  it('is forgotten when it is too old, and not just ignored until somebody sets the clock back', () => {
    issued.note(claim('ada'));
    now = HOUR;
    issued.note(claim('grace'));
    now = 2 * HOUR;
    issued.note(claim('ada'));
    now = 3 * HOUR;
    issued.note(claim('edsger'));
    now = HOUR;
    assert.equal(issued.has('grace', 'token'), false);
    assert.equal(issued.has('edsger', 'token'), true);
  });

  it('is not looked through as a whole each time', () => {
    let looks = 0;
    const many = new IssuedSessions(() => (looks++, now));
    for (let i = 0; i < 1000; i++) many.note(claim(String(i)));
    looks = 0;
    many.note(claim('ada'));
    assert.ok(looks < 10, `${looks} looks at the clock`);
  });
});
