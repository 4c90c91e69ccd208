/** Of the callback URL, at the loopback port and in the editor's own address. */
export const CALLBACK_PATH = '/callback';
