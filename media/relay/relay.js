import { destinationOf, readAllowList } from './destination.js';

/** What the page says, besides the title that it always has. */
const WORDS = {
  denied: 'X did not give access. Go back to your editor, and sign in again if that was a mistake.',
  'no-state':
    'X did not accept the sign-in, and did not say which editor it was for. Go back to your editor and try another way to sign in.',
  'wrong-list': 'This page goes nowhere, because the list of editors at its head is wrong.',
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

/** Where to go, or why nowhere. */
function whereTo() {
  // In a frame, nobody sees whose page this is part of.
  if (window.top !== window.self) return { kind: 'not-allowed' };
  try {
    return destinationOf(location.search, readAllowList(JSON.parse(element('allowed').textContent)));
  } catch (error) {
    // The list is wrong, and whoever hosts this page has to know.
    reportError(error);
    return { kind: 'wrong-list', why: error.message };
  }
}

const destination = whereTo();
document.body.dataset.state = destination.kind;
if (destination.kind === 'forward') {
  const link = element('link');
  link.setAttribute('href', destination.href);
  element('to').textContent = destination.inBrowser ? destination.to : `${destination.to}://`;
  if (destination.inBrowser) location.replace(destination.href);
  else location.assign(destination.href);
} else {
  const words = WORDS[destination.kind];
  element('text').textContent = destination.why === undefined ? words : `${words} ${destination.why}`;
}
