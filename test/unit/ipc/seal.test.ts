import assert from 'node:assert/strict';
import { createDecipheriv, hkdfSync } from 'node:crypto';
import { MAX_SEALED_BYTES, nameOf, seal, unseal } from '../../../src/ipc/seal.ts';

const SECRET = 'a refresh token';
const PURPOSE = 'a test';
const PAYLOAD = { text: 'für Elise', list: [1, null, true] };

/** As the format says, by other code. */
const derived = (info: string, bytes: number): Buffer => Buffer.from(hkdfSync('sha256', SECRET, '', info, bytes));

describe('A sealed note', () => {
  it('is read again by who knows its secret and its purpose', () => {
    assert.deepEqual(unseal(seal(PAYLOAD, SECRET, PURPOSE), SECRET, PURPOSE), PAYLOAD);
    assert.equal(unseal(seal(PAYLOAD, SECRET, PURPOSE), 'another token', PURPOSE), undefined);
    assert.equal(unseal(seal(PAYLOAD, SECRET, PURPOSE), SECRET, 'another purpose'), undefined);
  });

  it('is of AES-256-GCM, so that other versions can read it: version, nonce, text and tag', () => {
    const note = seal(PAYLOAD, SECRET, PURPOSE);
    assert.equal(note[0], 1);
    const key = derived(`x-authentication note 1 key ${PURPOSE}`, 32);
    const decipher = createDecipheriv('aes-256-gcm', key, note.subarray(1, 13));
    decipher.setAAD(Buffer.from(`1 ${derived(`x-authentication note 1 name ${PURPOSE}`, 20).toString('hex')}`));
    decipher.setAuthTag(note.subarray(-16));
    const text = Buffer.concat([decipher.update(note.subarray(13, -16)), decipher.final()]).toString('utf8');
    assert.deepEqual(JSON.parse(text), PAYLOAD);
  });

  it('is found by forty digits that come from both', () => {
    const name = nameOf(SECRET, PURPOSE);
    assert.equal(name, derived(`x-authentication note 1 name ${PURPOSE}`, 20).toString('hex'));
    assert.match(name, /^[0-9a-f]{40}$/);
    assert.notEqual(nameOf(SECRET, 'another purpose'), name);
  });

  it('is another one each time', () => {
    const notes = Array.from({ length: 100 }, () => seal(PAYLOAD, SECRET, PURPOSE).toString('hex'));
    assert.equal(new Set(notes).size, 100);
  });

  it('is nothing when a bit of it is another one, or when it ends early', () => {
    const note = seal(PAYLOAD, SECRET, PURPOSE);
    for (let index = 0; index < note.length; index++) {
      const altered = Buffer.from(note);
      altered[index] = (note[index] ?? 0) ^ 1;
      assert.equal(unseal(altered, SECRET, PURPOSE), undefined, `byte ${index}`);
      assert.equal(unseal(note.subarray(0, index), SECRET, PURPOSE), undefined, `${index} bytes`);
    }
    assert.equal(unseal(Buffer.concat([note, Buffer.of(0)]), SECRET, PURPOSE), undefined);
  });

  it('is never longer than it may be', () => {
    const longest = 'x'.repeat(MAX_SEALED_BYTES - seal('', SECRET, PURPOSE).length);
    assert.equal(MAX_SEALED_BYTES, 65_536);
    assert.equal(seal(longest, SECRET, PURPOSE).length, MAX_SEALED_BYTES);
    assert.equal(unseal(seal(longest, SECRET, PURPOSE), SECRET, PURPOSE), longest);
    assert.throws(() => seal(`${longest}x`, SECRET, PURPOSE), RangeError);
  });

  it('is not made of what JSON can’t say', () => {
    assert.throws(() => seal(undefined, SECRET, PURPOSE), TypeError);
    assert.throws(() => seal({ big: 1n }, SECRET, PURPOSE), TypeError);
  });
});
