/**
 * Whether an answer says in OAuth's words that a token is dead: another reading of RFC 6749 (§5.2) and of docs/what-x-does.md than the
 * one that is tested.
 */
export function isDead({ status, text }: { readonly status: number; readonly text: string }): boolean {
  if (status < 400 || status >= 500 || status === 429) return false;
  const json = jsonIn(text);
  if (typeof json !== 'object' || json === null || !('error' in json)) return false;
  const error = plain(json.error);
  const said = plain('error_description' in json ? json.error_description : '');
  return error === 'invalid_grant' || (error === 'invalid_request' && /\btoken was invalid\b/i.test(said));
}

/** Without the characters that nobody sees. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[\p{C}\p{Z}]+/gu, ' ').trim() : '';
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
