/** The extension that callbacks are for, as VS Code writes it into their URI. */
const EXTENSION_ID = 'xauth.x-authentication';
const CALLBACK_PATH = '/callback';

/** What is forwarded. Nothing else that is in the address is. */
const FORWARDED = ['code', 'state', 'error', 'error_description'];

/** X takes a state of at most 500 characters, so a longer one did not come from there. */
const MAX_STATE_LENGTH = 500;
const MAX_QUERY_LENGTH = 4_000;

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Where this page may forward to.
 *
 * @typedef {object} AllowList
 * @property {readonly string[]} schemes URI schemes of desktop editors, such as `vscode`
 * @property {readonly string[]} callbacks whole addresses of VS Code's page for callbacks, without a query, such as
 *   `https://editor.example.com/stable-1a2b3c/callback`
 */

/**
 * @typedef {{ readonly kind: 'forward', readonly href: string, readonly to: string, readonly inBrowser: boolean }
 *   | { readonly kind: 'denied' | 'no-state' | 'nothing' | 'not-allowed' }} Destination
 *   `href` is the address to go to, `to` the scheme that it is allowed for, or its origin. `denied` and `no-state` are errors that X
 *   reports without a state: nobody knows which editor waits for them.
 */

/**
 * Reads the list at the head of the page. What is wrong with it must not go unnoticed: an origin alone would let every page of
 * it have codes, also those that belong to somebody else.
 *
 * @param {unknown} value
 * @returns {AllowList}
 * @throws {TypeError} with a sentence for whoever hosts the page
 */
export function readAllowList(value) {
  /** @type {Readonly<Record<string, unknown>>} */
  const { schemes, callbacks, ...others } = typeof value === 'object' && value !== null ? { ...value } : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new TypeError(`"${unknown}" is neither "schemes" nor "callbacks".`);
  return {
    schemes: textsIn(schemes, 'schemes'),
    callbacks: textsIn(callbacks, 'callbacks').map((entry) => {
      if (!isCallbackPage(entry)) {
        throw new TypeError(
          `"${entry}" is not the whole address of an editor's callback page, such as "https://editor.example.com/stable-1a2b3c/callback".`,
        );
      }
      return entry;
    }),
  };
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {readonly string[]}
 */
function textsIn(value, name) {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw new TypeError(`"${name}" is not a list of texts.`);
}

/**
 * Whether this is the address of one page: not of a whole origin, and no pattern.
 *
 * @param {string} entry
 */
function isCallbackPage(entry) {
  if (/[?#*]/.test(entry)) return false;
  const url = plainUrl(entry);
  return url !== undefined && isSafe(url) && url.pathname.endsWith(CALLBACK_PATH);
}

/**
 * Where a callback of X goes: to the editor whose callback URI is in `state`, if that is one on the list, to the letter.
 *
 * @param {string} query of this page's own address, with its question mark
 * @param {AllowList} allowed
 * @returns {Destination}
 */
export function destinationOf(query, allowed) {
  if (query.length > MAX_QUERY_LENGTH) return { kind: 'not-allowed' };
  const callback = new URLSearchParams(query);
  if (repeatsItself(callback)) return { kind: 'not-allowed' };
  const state = callback.get('state');
  const error = callback.get('error');
  if (!callback.has('code') && error === null) return { kind: 'nothing' };
  if (state === null) return { kind: withoutState(error) };

  const url = editorUrl(state);
  if (url === undefined) return { kind: 'not-allowed' };
  const to = allowedAs(url, allowed);
  if (to === undefined) return { kind: 'not-allowed' };

  const forwarded = new URLSearchParams();
  for (const name of FORWARDED) {
    const value = callback.get(name);
    if (value !== null) forwarded.set(name, value);
  }
  // Put behind the editor's own query, of which no byte changes.
  url.search += `${url.search === '' ? '?' : '&'}${forwarded.toString()}`;
  return { kind: 'forward', href: url.href, to, inBrowser: isWeb(url) };
}

/**
 * @param {string | null} error
 * @returns {'denied' | 'no-state' | 'not-allowed'}
 */
function withoutState(error) {
  if (error === null) return 'not-allowed';
  return error === 'access_denied' ? 'denied' : 'no-state';
}

/**
 * The state as a URL that has no answer of its own in it.
 *
 * @param {string} state
 */
function editorUrl(state) {
  const url = state.length > MAX_STATE_LENGTH ? undefined : plainUrl(state);
  return url !== undefined && !carriesAnswer(url.searchParams) ? url : undefined;
}

/**
 * A text as a URL, if it is written as a parser of URLs would write it. So there is nothing that another parser could
 * understand differently: no spaces, backslashes, capitals, encoded letters, detours or superfluous ports.
 *
 * @param {string} text
 */
function plainUrl(text) {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.href === text && url.username === '' && url.password === '' && !text.includes('#');
  return isPlain ? url : undefined;
}

/**
 * The entry of the list that allows this URL.
 *
 * @param {URL} url
 * @param {AllowList} allowed
 */
function allowedAs(url, allowed) {
  if (isWeb(url)) {
    const isListed = allowed.callbacks.includes(`${url.origin}${url.pathname}`);
    return isListed && isSafe(url) && isWebCallback(url, allowed) ? url.origin : undefined;
  }
  const scheme = url.protocol.slice(0, -1);
  const isCallback = url.host === EXTENSION_ID && url.pathname === CALLBACK_PATH;
  return isCallback && allowed.schemes.includes(scheme) ? scheme : undefined;
}

/** @param {URL} url */
function isWeb(url) {
  return url.protocol === 'https:' || url.protocol === 'http:';
}

/** @param {URL} url */
function isSafe({ protocol, hostname }) {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

/**
 * Whether the callback is for this extension, and its address is made for VS Code's page for callbacks. That page makes a URI of the `vscode-…`
 * parameters, and a query of `vscode-query` and all parameters that it does not know, such as `code` and `state`.
 *
 * @param {URL} url
 * @param {AllowList} allowed
 */
function isWebCallback({ searchParams }, allowed) {
  // The page decodes once more, so what is still encoded here would be something else there.
  const query = searchParams.get('vscode-query') ?? '';
  return (
    searchParams.has('vscode-reqid') &&
    allowed.schemes.includes(searchParams.get('vscode-scheme') ?? '') &&
    searchParams.get('vscode-authority') === EXTENSION_ID &&
    searchParams.get('vscode-path') === CALLBACK_PATH &&
    !searchParams.has('vscode-fragment') &&
    !query.includes('%') &&
    !carriesAnswer(new URLSearchParams(query))
  );
}

/**
 * Whether a state has an answer of its own in it, beside the one that is forwarded.
 *
 * @param {URLSearchParams} parameters
 */
function carriesAnswer(parameters) {
  return repeatsItself(parameters) || FORWARDED.some((name) => parameters.has(name));
}

/** @param {URLSearchParams} parameters */
function repeatsItself(parameters) {
  const names = [...parameters.keys()];
  return new Set(names).size < names.length;
}
