import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealOf, toRecord, UnreadableRecord, type Grant } from '../../../src/sessions/grant.ts';
import { HandOver } from '../../../src/sessions/handOver.ts';
import { SealedNotes } from '../../../src/sessions/sealedNotes.ts';

const first: Grant = {
  id: 'id',
  apiBaseUrl: 'https://api.x.com',
  clientId: 'client',
  account: { id: '1', label: '@ada_l' },
  scopes: ['tweet.read'],
  accessToken: 'access 1',
  refreshToken: 'refresh 1',
  obtainedAt: 1,
  expiresAt: 2,
  noteKey: 'k'.repeat(43),
};

const state = (number: number): Grant => ({
  ...first,
  accessToken: `access ${number}`,
  refreshToken: `refresh ${number}`,
});

describe('Handing grants over', () => {
  let folder: string;
  let notes: SealedNotes;
  let handOver: HandOver;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    notes = new SealedNotes(folder);
    handOver = new HandOver(notes);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('follows the chain to its end, from anywhere in it', async () => {
    for (let number = 1; number < 100; number++) {
      assert.equal(await handOver.leave(state(number), { kind: 'renewed', grant: state(number + 1) }), true);
    }
    for (const number of [1, 50, 99, 100]) assert.deepEqual(await handOver.newest(state(number)), state(100));
    await handOver.leave(state(100), { kind: 'signed-out' });
    assert.equal(await handOver.newest(state(1)), 'signed-out');
  });

  it('makes the way short, so that it lasts when the notes between are swept', async () => {
    for (let number = 1; number < 5; number++) {
      await handOver.leave(state(number), { kind: 'renewed', grant: state(number + 1) });
    }
    await handOver.shorten(state(1), state(5));
    for (const number of [2, 3, 4]) await notes.remove(sealOf(state(number)), 'next');
    assert.deepEqual(await handOver.newest(state(1)), state(5));
  });

  it('makes no way where there is none, or after the end', async () => {
    await handOver.shorten(state(1), state(5));
    assert.deepEqual(await handOver.newest(state(1)), state(1));
    await handOver.leave(state(2), { kind: 'signed-out' });
    await handOver.shorten(state(2), state(5));
    assert.equal(await handOver.newest(state(2)), 'signed-out');
  });

  it('is the same object when nothing has happened', async () => {
    assert.equal(await handOver.newest(first), first);
  });

  it('believes the first window that says what became of a state', async () => {
    const told = await Promise.all([
      handOver.leave(first, { kind: 'renewed', grant: state(2) }),
      handOver.leave(first, { kind: 'signed-out' }),
      handOver.leave(first, { kind: 'rejected' }),
    ]);
    assert.equal(told.filter(Boolean).length, 1);
  });

  for (const [what, note] of [
    ['null', null],
    ['another kind', { kind: 'stolen' }],
    ['a grant that is none', { kind: 'renewed', grant: { version: 1 } }],
    ['no grant', { kind: 'renewed' }],
    ['the grant of a newer version', { kind: 'renewed', grant: { ...toRecord(state(2)), version: 2 } }],
  ] as const) {
    it(`does not know what a note says that holds ${what}, and leaves it alone`, async () => {
      await notes.write(sealOf(first), 'next', note);
      await assert.rejects(handOver.newest(first), UnreadableRecord);
      assert.equal(await handOver.leave(first, { kind: 'signed-out' }), false);
    });
  }

  it('ends, whatever the notes say', async () => {
    await handOver.leave(state(1), { kind: 'renewed', grant: state(2) });
    await handOver.leave(state(2), { kind: 'renewed', grant: state(1) });
    assert.ok(await handOver.newest(state(1)));
    await handOver.leave(state(3), { kind: 'renewed', grant: state(3) });
    assert.deepEqual(await handOver.newest(state(3)), state(3));
  });

  it('marks what is being sent', async () => {
    assert.equal(await handOver.sent(first), undefined);
    await handOver.markSent(first, { id: 'one', isRefused: false });
    await handOver.markSent(first, { id: 'two', isRefused: true });
    assert.deepEqual(await handOver.sent(first), { id: 'two', isRefused: true });
    assert.equal(await handOver.sent(state(2)), undefined);
    await handOver.unmarkSent(first);
    assert.equal(await handOver.sent(first), undefined);
    await notes.write(sealOf(first), 'sent', {});
    assert.deepEqual(await handOver.sent(first), { id: '', isRefused: false }, 'as 0.1.0 marked it');
  });

  it('can say that a grant which was noted as rejected goes on', async () => {
    await handOver.leave(first, { kind: 'rejected' });
    await handOver.overrule(first, state(2));
    assert.deepEqual(await handOver.newest(first), state(2));
  });

  it('lets one window tell a person, or every one where no note can be left', async () => {
    const tell = (): Promise<boolean> => handOver.isFirstToTell(sealOf(first), 'unknown-client');
    assert.deepEqual((await Promise.all([tell(), tell(), tell()])).filter(Boolean), [true]);
    assert.equal(await handOver.isFirstToTell(sealOf(first), 'client-secret'), true);
    const nowhere = new HandOver(new SealedNotes(join(process.execPath, 'notes')));
    assert.equal(await nowhere.isFirstToTell(sealOf(first), 'unknown-client'), true);
  });
});
