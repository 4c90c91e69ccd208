import { errorWithoutState } from './authorizationCode.ts';
import { CallbackMismatchError } from './errors.ts';

/** White space, quotes and brackets that are copied along. */
const WRAPPING = /^[\s\u200b\u2060"'`“”‘’«»<(]+|[\s\u200b\u2060"'`“”‘’«»>)]+$/g;

/** Longer than any callback of X's; it is read at every key that is pressed. */
const MAX_LENGTH = 4_000;

/**
 * Reads what a person pasted to finish a sign-in: the whole callback URL, its query, or the code alone. A code alone has no
 * state to compare; it is taken because the person brought it themselves, and only this sign-in's verifier can use it
 * (RFC 7636 §1). So is an error that X reports without a state.
 *
 * @throws {CallbackMismatchError} when there is neither a code nor an error in it
 */
export function readPastedCallback(pasted: string, state: string): URLSearchParams {
  const text = pasted.length > MAX_LENGTH ? '' : pasted.replace(WRAPPING, '');
  const [beforeFragment = ''] = text.split('#', 1);
  // Long lines break when they are copied from a terminal or a mail; nothing in a URL is white space.
  const query = beforeFragment.slice(beforeFragment.indexOf('?') + 1).replace(/\s+/g, '');
  if (/(^|&)(code|error)=/.test(query)) {
    const callback = new URLSearchParams(query);
    const error = errorWithoutState(callback);
    return error === undefined ? callback : new URLSearchParams({ error, state });
  }
  if (/^[A-Za-z0-9_\-.~]{20,}=*$/.test(text)) return new URLSearchParams({ code: text, state });
  throw new CallbackMismatchError('There is no code in what was pasted.');
}
