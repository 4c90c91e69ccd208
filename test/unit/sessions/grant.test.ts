import assert from 'node:assert/strict';
import {
  fromRecord,
  isDue,
  isExpired,
  isProvisional,
  provisionalAccount,
  sameState,
  toRecord,
  UnreadableRecordError,
  type OAuth2Grant,
} from '../../../src/sessions/grant.ts';
import { SOME_GRANT } from './harness/someGrant.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 6, 1);

const grant: OAuth2Grant = { ...SOME_GRANT, obtainedAt: START, expiresAt: START + 2 * HOUR };

describe('A grant', () => {
  const rows: readonly [when: string, ms: number, due: boolean, expired: boolean][] = [
    ['at once', 0, false, false],
    ['with ten minutes left', 110 * MINUTE, false, false],
    ['with a little less', 110 * MINUTE + 1, true, false],
    ['at its end', 120 * MINUTE, true, true],
    ['much later', 1000 * HOUR, true, true],
    ['when the clock went back a little', -1, true, false],
    ['when the clock went back by hours', -30 * HOUR, true, false],
  ];
  for (const [when, ms, due, expired] of rows) {
    it(`is ${due ? '' : 'not '}due ${when}`, () => {
      assert.equal(isDue(grant, START + ms), due);
      assert.equal(isExpired(grant, START + ms), expired);
    });
  }

  it('that X gave for ten minutes is due when half of them are over', () => {
    const short = { ...grant, expiresAt: START + 10 * MINUTE };
    assert.equal(isDue(short, START + 5 * MINUTE), false);
    assert.equal(isDue(short, START + 5 * MINUTE + 1), true);
  });

  it('survives being stored, with and without a refresh token', () => {
    for (const one of [grant, { ...grant, refreshToken: undefined }]) {
      assert.deepEqual(fromRecord('oauth2', JSON.parse(JSON.stringify(toRecord(one)))), one);
    }
  });

  it('keeps the picture of its person, and does without one that is not the address of a picture', () => {
    const read = (imageUrl: unknown): unknown =>
      fromRecord('oauth2', { ...toRecord(grant), account: { ...grant.account, imageUrl } }).account.imageUrl;
    assert.equal(read('https://pbs.example.com/ada.png'), 'https://pbs.example.com/ada.png');
    for (const other of ['http://pbs.example.com/ada.png', 'command:x', '', 1, null])
      assert.equal(read(other), undefined);
  });

  it('is read by a reader that says only what is wrong, not what it read', () => {
    const unreadable = (value: unknown, newer: boolean): void => {
      assert.throws(
        () => fromRecord('oauth2', value),
        (error) =>
          error instanceof UnreadableRecordError && error.newer === newer && !/access|refresh/.test(error.message),
      );
    };
    for (const value of [undefined, null, 'text', 7, [], {}]) unreadable(value, false);
    for (const member of Object.keys(grant).filter((name) => name !== 'refreshToken')) {
      unreadable({ ...toRecord(grant), [member]: undefined }, false);
      unreadable({ ...toRecord(grant), [member]: '' }, false);
    }
    unreadable({ ...toRecord(grant), expiresAt: Number.NaN }, false);
    unreadable({ ...toRecord(grant), generation: 1.5 }, false);
    unreadable({ ...toRecord(grant), id: 'a\r\nb' }, false);
    unreadable({ ...toRecord(grant), account: { id: '1', label: '\r\n' } }, false);
    unreadable({ ...toRecord(grant), version: 2 }, true);
    unreadable({ version: 99 }, true);
    unreadable({ ...toRecord(grant), version: 0 }, false);
  });

  it('ignores members of a record that it does not know', () => {
    assert.deepEqual(fromRecord('oauth2', { ...toRecord(grant), colour: 'blue' }), grant);
  });

  it('is in another state when X or a person has changed something, and not when a reader knows less of it', () => {
    const others = [
      { ...grant, accessToken: 'another' },
      { ...grant, refreshToken: 'another' },
      { ...grant, refreshToken: undefined },
      { ...grant, account: { id: '2', label: '@ada_l' } },
      { ...grant, signInId: 'another sign-in' },
      { ...grant, generation: 2 },
    ];
    for (const [index, other] of others.entries()) {
      assert.equal(sameState(grant, other), false, `row ${index}`);
      assert.equal(sameState(other, grant), false, `row ${index}`);
    }
    assert.equal(sameState(grant, { ...grant, scopes: [], obtainedAt: 0, expiresAt: 0 }), true);
  });

  it('is known to have no name yet', () => {
    assert.equal(isProvisional(provisionalAccount('id', 'X account')), true);
    assert.equal(isProvisional(grant.account), false);
  });
});
