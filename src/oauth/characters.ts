/*
 * What scopes and client ids are made of, wherever they come from: of what RFC 6749 (§3.3, appendix A.1) allows, the characters that
 * those of X have, and none that an editor would make a link or an icon of.
 */

export const SCOPE = /^[\w.:/-]{1,100}$/;

export const CLIENT_ID = /^[A-Za-z0-9_\-=+/]{1,200}$/;

/** What tokens are made of (RFC 6749, appendix A.12): what can be sent. Of anything else `fetch` makes an error that quotes it. */
export const TOKEN = /^[\x21-\x7e]+$/;
