import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { NO_TOKEN, type OAuth2Grant, UnreadableRecordError } from '../../../../src/sessions/grant.ts';
import {
  ended,
  type Ending,
  type Entry,
  fromEntryRecord,
  isLive,
  isNews,
  toEntryRecord,
} from '../../../../src/sessions/store/entry.ts';
import { SOME_GRANT } from '../harness/someGrant.ts';

const GRANT: OAuth2Grant = { ...SOME_GRANT, signInId: 'second sign-in', signInNumber: 2, generation: 5 };

const KNOWN: Entry = { grant: GRANT };

const entryOf = (changes: Partial<OAuth2Grant>, rest: Omit<Entry, 'grant'> = {}): Entry => ({
  grant: { ...GRANT, ...changes },
  ...rest,
});

describe('An entry', () => {
  const another = { signInId: 'another sign-in' };
  const rows: readonly [what: string, news: Entry, known: Entry | undefined, isNewer: boolean, isOlder: boolean][] = [
    ['anything, where nothing is known', KNOWN, undefined, true, false],
    ['the same', KNOWN, KNOWN, false, false],
    ['the next state', entryOf({ generation: 6 }), KNOWN, true, false],
    ['the next state, by a clock that was set back', entryOf({ generation: 6, obtainedAt: 1 }), KNOWN, true, false],
    ['a later sign-in', entryOf({ ...another, signInNumber: 3, generation: 1 }), KNOWN, true, false],
    [
      'a later sign-in, by a clock that was set back (row 14)',
      entryOf({ ...another, signInNumber: 3, generation: 1, obtainedAt: 1 }),
      KNOWN,
      true,
      false,
    ],
    [
      'a sign-in that another machine made later',
      entryOf({ ...another, obtainedAt: 1_001, generation: 1 }),
      KNOWN,
      true,
      false,
    ],
    ['a sign-in that another machine made at once', entryOf(another), KNOWN, false, false],
    ['that somebody has signed out', entryOf({}, { ended: 'signed-out' }), KNOWN, true, false],
    [
      'that it was signed out in an older state',
      entryOf({ generation: 1 }, { ended: 'signed-out' }),
      KNOWN,
      true,
      false,
    ],
    ['that it goes on under a name', entryOf({}, { ended: 'moved' }), KNOWN, true, false],
    ['that X has ended it', entryOf({}, { ended: 'rejected' }), KNOWN, true, false],
    ['that X has ended an older state', entryOf({ generation: 4 }, { ended: 'rejected' }), KNOWN, false, true],
    [
      'what X gave for what it seemed to have ended',
      entryOf({ generation: 6 }),
      entryOf({}, { ended: 'rejected' }),
      true,
      false,
    ],
    [
      'that it was signed out, after X had ended it',
      entryOf({}, { ended: 'signed-out' }),
      entryOf({}, { ended: 'rejected' }),
      true,
      false,
    ],
    [
      'a sign-in after a sign-out',
      entryOf({ ...another, signInNumber: 3, generation: 1 }),
      entryOf({}, { ended: 'signed-out' }),
      true,
      false,
    ],
    ['only that a request was sent', entryOf({}, { sent: { id: 'request', isRefused: false } }), KNOWN, false, false],
  ];
  for (const [what, news, known, isNewer, isOlder] of rows) {
    it(`${isNewer ? 'is' : 'is not'} news when it says ${what}`, () => {
      assert.equal(isNews(news, known), isNewer);
      if (known !== undefined) assert.equal(isNews(known, news), isOlder);
    });
  }

  describe('of all that one register can have', () => {
    const endings = fc.option(fc.constantFrom<Ending>('signed-out', 'rejected', 'moved'), { nil: undefined });
    /** One register numbers sign-ins, so each has a number of its own. */
    const entry = fc
      .record({
        number: fc.integer({ min: 1, max: 3 }),
        generation: fc.integer({ min: 1, max: 4 }),
        how: endings,
        obtainedAt: fc.nat(5),
      })
      .map(({ number, generation, how, obtainedAt }) =>
        entryOf({ signInId: `sign-in ${number}`, signInNumber: number, generation, obtainedAt }, { ended: how }),
      );
    /** Where another machine has made some of them. */
    const anywhere = fc.tuple(entry, fc.nat(2)).map(([{ grant, ...rest }, machine]) => ({
      ...rest,
      grant: { ...grant, signInId: `${grant.signInId} on ${machine}` },
    }));

    it('is news of another one, or the other of it, and never both', () => {
      fc.assert(fc.property(anywhere, anywhere, (a, b) => !(isNews(a, b) && isNews(b, a))));
      fc.assert(fc.property(anywhere, (a) => !isNews(a, a)));
    });

    it('is news of whatever is older than what it is news of', () => {
      fc.assert(
        fc.property(entry, entry, entry, (a, b, c) => {
          if (isNews(a, b) && isNews(b, c)) assert.ok(isNews(a, c));
        }),
        { numRuns: 2_000 },
      );
    });

    it('leads every window to the same, in whatever order they hear of them', () => {
      const end = (entries: readonly Entry[]): Entry | undefined =>
        entries.reduce<Entry | undefined>((known, news) => (isNews(news, known) ? news : known), undefined);
      const several = fc.array(entry, { minLength: 1, maxLength: 6 });
      const withOrder = several.chain((entries) =>
        fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
      );
      fc.assert(
        fc.property(withOrder, ([entries, shuffled]) => {
          const [one, other] = [end(entries), end(shuffled)];
          assert.ok(one !== undefined && other !== undefined);
          // Both may be last words about one sign-in, of which nobody has tokens any more.
          assert.ok(!isNews(one, other) && !isNews(other, one));
          assert.equal(one.grant.signInId, other.grant.signInId);
          assert.equal(isLive(one), isLive(other));
        }),
        { numRuns: 2_000 },
      );
    });
  });

  it('is written and read again, whatever it says', () => {
    for (const entry of [
      KNOWN,
      entryOf({ refreshToken: undefined }, { ended: 'signed-out' }),
      entryOf({}, { isPending: true }),
      entryOf({}, { sent: { id: 'request', isRefused: true }, told: ['client-secret'] }),
    ]) {
      assert.deepEqual(fromEntryRecord('oauth2', JSON.parse(JSON.stringify(toEntryRecord(entry)))), entry);
    }
  });

  it('that has ended has no tokens, and is known to be the same', () => {
    const over = ended(
      entryOf({}, { sent: { id: 'request', isRefused: false }, told: ['client-secret'] }),
      'signed-out',
    );
    assert.deepEqual(over, {
      grant: { ...GRANT, accessToken: NO_TOKEN, refreshToken: undefined },
      ended: 'signed-out',
    });
    assert.deepEqual(fromEntryRecord('oauth2', JSON.parse(JSON.stringify(toEntryRecord(over)))), over);
  });

  it('is live unless it has ended, is under way, or is not there', () => {
    assert.equal(isLive(KNOWN), true);
    assert.equal(isLive(entryOf({}, { ended: 'rejected' })), false);
    assert.equal(isLive(entryOf({}, { isPending: true })), false);
    assert.equal(isLive(undefined), false);
  });

  it('that says what this version does not know was written by a newer one', () => {
    const isNewer = (error: unknown): boolean => error instanceof UnreadableRecordError && error.newer;
    for (const change of [{ version: 2 }, { ended: 'lent' }, { sent: 'yes' }, { told: 'all' }, { isPending: 1 }]) {
      assert.throws(() => fromEntryRecord('oauth2', { ...toEntryRecord(KNOWN), ...change }), isNewer);
    }
    assert.throws(() => fromEntryRecord('oauth2', { ...toEntryRecord(KNOWN), grant: { version: 2 } }), isNewer);
  });
});
