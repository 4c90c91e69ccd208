import { destinationOf } from './destination.js';

/** What the page says, besides the title that it always has. */
const WORDS = {
  denied: 'X did not give access. Go back to your editor, and sign in again if that was a mistake.',
  'no-state':
    'X did not accept the sign-in, and did not say which editor it was for. Go back to your editor and try another way to sign in.',
  nothing: 'This page takes sign-ins from X back to an editor. There is nothing for it to do now.',
  'not-allowed':
    'This page does not know the editor that the sign-in is for, so it goes nowhere. If you have just signed in from your editor, copy the whole address of this page and paste it there, with “X: Finish Sign-In by Pasting the Callback URL”. Otherwise close this tab.',
};

/** @param {string} id */
const element = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`There is no #${id} on this page.`);
  return found;
};

/** @returns {import('./destination.js').AllowList} */
const allowList = () => JSON.parse(element('allowed').textContent);

// In a frame, nobody sees whose page this is part of.
const destination = window.top === window.self ? destinationOf(location.search, allowList()) : { kind: 'not-allowed' };
document.body.dataset.state = destination.kind;
if (destination.kind === 'forward') {
  const link = element('link');
  link.setAttribute('href', destination.href);
  element('to').textContent = destination.inBrowser ? destination.to : `${destination.to}://`;
  if (destination.inBrowser) location.replace(destination.href);
  else location.assign(destination.href);
} else {
  element('text').textContent = WORDS[destination.kind];
}
