import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** The first byte; bound into the name, the key and the seal as well. */
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const MAX_SEALED_BYTES = 64 * 1024;

/** Where to find what is sealed with `secret`: forty hex digits that tell nothing about the secret or the key. */
export function nameOf(secret: string, purpose: string): string {
  return derive(secret, 'name', purpose, 20).toString('hex');
}

/** Throws a TypeError if JSON can't say the payload, and a RangeError if it is too long. */
export function seal(payload: unknown, secret: string, purpose: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', derive(secret, 'key', purpose, 32), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(secret, purpose));
  const sealed = [Buffer.of(VERSION), iv, cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()];
  const note = Buffer.concat([...sealed, cipher.getAuthTag()]);
  if (note.length > MAX_SEALED_BYTES) throw new RangeError(`A note has at most ${MAX_SEALED_BYTES} bytes`);
  return note;
}

/** The payload, or undefined if the bytes were not sealed with this secret for this purpose. */
export function unseal(note: Buffer, secret: string, purpose: string): unknown {
  if (note[0] !== VERSION || note.length < 1 + IV_BYTES + TAG_BYTES) return undefined;
  const iv = note.subarray(1, 1 + IV_BYTES);
  const key = derive(secret, 'key', purpose, 32);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(secret, purpose));
  decipher.setAuthTag(note.subarray(-TAG_BYTES));
  try {
    const json = Buffer.concat([decipher.update(note.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(json.toString('utf8'));
  } catch {
    // Truncated, altered, or sealed for something else.
    return undefined;
  }
}

function boundTo(secret: string, purpose: string): Buffer {
  return Buffer.from(`${VERSION} ${nameOf(secret, purpose)}`);
}

/** HKDF (RFC 5869) without a salt: the secrets, tokens and `state`, are random and long. */
function derive(secret: string, part: 'name' | 'key', purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `x-authentication note ${VERSION} ${part} ${purpose}`, bytes));
}
