import { CLIENT_ID } from '../oauth/characters.ts';

/**
 * Says why a text can't be an OAuth 2.0 Client ID of X, or undefined when it may be one. X's are base64 of `…:1:ci`; only
 * what is plainly something else is refused, because X does not document the form.
 */
export type NotAClientId = 'empty' | 'characters' | 'bearer-token' | 'app-id' | 'api-key' | 'user-token';

export function notAClientId(text: string): NotAClientId | undefined {
  if (text === '') return 'empty';
  if (text.startsWith('AAAAAAAA')) return 'bearer-token';
  if (/^\d+-[A-Za-z0-9]+$/.test(text)) return 'user-token';
  if (!CLIENT_ID.test(text)) return 'characters';
  if (/^\d+$/.test(text)) return 'app-id';
  // API keys have 25 characters, which no base64 has.
  if (/^[A-Za-z0-9]{25}$/.test(text)) return 'api-key';
  return undefined;
}
