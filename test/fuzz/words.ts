import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as fc from 'fast-check';

/** Control and format characters, and what breaks a line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Longer is no sentence. */
const LONGEST = 1_000;

/** Names of {@link toUserFacingError}'s errors: those of x-authentication.d.ts. */
const FAILURES: ReadonlySet<string> = new Set([
  'ForeignSession',
  'SessionEnded',
  'ForbiddenDestination',
  'UnsupportedVersion',
  'Unreachable',
  'Misconfigured',
  'Unexpected',
  'Cancelled',
  'Denied',
  'TimedOut',
  'Refused',
]);

/** One of these characters. */
export const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...characters.split(''));

/** Something that nobody may see: long enough to be one, and of any characters that are printed. */
export const secret = fc.string({
  unit: oneOf('abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789-_+/=%.~'),
  minLength: 24,
  maxLength: 60,
});

/** A secret that does not look like one: no run of it is as long as a token. */
export const phrase = fc
  .array(fc.string({ unit: oneOf('abcdefXYZ019'), minLength: 2, maxLength: 8 }), { minLength: 4, maxLength: 6 })
  .map((parts) => parts.join('!'));

/** Any text, most of it a nuisance. */
export const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\r\n',
    '\u2028\u202e',
    '\ud800',
    '%',
    '%zz',
    '](command:evil)',
    '$(icon)',
    '__proto__',
    'constructor',
  ),
  fc
    .tuple(
      fc.constantFrom(' ', '/', '%25', 'a', '<error ', '((', '\u200b', '"', '%', '\n', 'ab '),
      fc.nat({ max: 5_000 }),
    )
    .map(([unit, times]) => unit.repeat(times)),
);

export const anyJson = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 2, arbitrary: anyText },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      null,
      true,
      -1,
      0,
      0.5,
      1e308,
      Number.MAX_SAFE_INTEGER,
      [],
      [[]],
      {},
      { length: 1 },
      '7200',
      '-1',
      '1e999',
      'Infinity',
    ),
  },
);

/** A text as it is, and as it is when whoever reads it decodes it. */
function readings(text: string): readonly string[] {
  const all = [text];
  for (let times = 0; times < 4; times++) all.push((all.at(-1) ?? '').replace(/(?:%[0-9a-f]{2})+/gi, decoded));
  const base64 = [...text.matchAll(/[\w+/-]{16,}/g)].map(([run]) => Buffer.from(run, 'base64').toString());
  return [...all, ...base64].map((reading) => reading.toLowerCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function assertTellsNone(text: string, secrets: Iterable<string>): void {
  const all = readings(text);
  for (const told of secrets) {
    assert.ok(!all.some((reading) => reading.includes(told.toLowerCase())), `${text} tells ${told}`);
  }
}

/** Whether something is fit to be shown, or to be a line of the log. */
export function assertFit(text: string, secrets: Iterable<string>): void {
  const quoted = JSON.stringify(text);
  assert.doesNotMatch(text, UNSEEN, quoted);
  assert.doesNotMatch(text, /\]\(/, quoted);
  assert.ok(text.trim() !== '' && text.length <= LONGEST, quoted);
  assertTellsNone(text, secrets);
}

type ErrorClass = abstract new (...given: never[]) => Error;

/** Whether something that was thrown is of a class that is documented, and tells nothing to whoever reads or logs it. */
export function assertDocumented(error: unknown, classes: readonly ErrorClass[], secrets: readonly string[]): void {
  assert.ok(error instanceof Error, inspect(error));
  assert.ok(
    classes.some((documented) => error instanceof documented),
    inspect(error),
  );
  // What it becomes for people is cut (see below); here it may name a host as long as the caller likes.
  assertFit(error.message.slice(0, LONGEST), secrets);
  assertTellsNone(inspect(error), secrets);
}

/** Whether what another extension gets for it, and a person sees, is a sentence that tells nothing. */
export async function assertSentence(error: unknown, secrets: readonly string[]): Promise<void> {
  // First of all, since it says where `vscode` is found.
  await import('../unit/attacks/editor.ts');
  const { toUserFacingError } = await import('../../src/vscode/ui/messages/errors.ts');
  const { name, message } = toUserFacingError(error);
  assert.ok(FAILURES.has(name), name);
  assertFit(message, secrets);
  assert.match(message, /^\p{Lu}.*[.)]$/u);
}
