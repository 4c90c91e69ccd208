import type { App } from '../app.ts';
import type { Person } from '../person.ts';
import { SCOPES } from '../scopes.ts';

/** The descriptions of OAuth 1.0a's permissions. */
const OAUTH1_ACCESS: Readonly<Record<string, string>> = {
  read: 'See posts, people and your own account',
  write: 'See posts, people and your own account, and post and follow for you',
};

/**
 * The consent page of OAuth 2.0 and OAuth 1.0a. Browser tests can rely on these elements:
 *
 * | element | is |
 * | --- | --- |
 * | `form#consent` | the form |
 * | `#app-name` | the app's name, in the heading |
 * | `#scopes li[data-scope="tweet.read"]` | each requested scope |
 * | `input[name="person"][value="ada"]`, `#person-ada` | a radio button for each person, the first one checked |
 * | `button#authorize` ("Authorize app") | `decision=authorize` |
 * | `button#cancel` ("Cancel") | `decision=cancel` |
 */
export function consentPage(app: App, scopes: readonly string[], people: readonly Person[], ticket: string): string {
  const radios = people.map(
    ({ key, name, username }, index) =>
      `<label for="person-${escape(key)}"><input type="radio" name="person" id="person-${escape(key)}" ` +
      `value="${escape(key)}"${index === 0 ? ' checked' : ''}> ${escape(name)} <span>@${escape(username)}</span></label>`,
  );
  const items = scopes.map(
    (scope) =>
      `<li data-scope="${escape(scope)}">${escape(SCOPES[scope] ?? OAUTH1_ACCESS[scope] ?? scope)} <code>${escape(scope)}</code></li>`,
  );
  return page(
    `${app.name} wants to access your account`,
    `<h1><span id="app-name">${escape(app.name)}</span> wants to access your account</h1>
<form id="consent" method="post">
<input type="hidden" name="ticket" value="${escape(ticket)}">
<fieldset><legend>Who is signed in in this browser</legend>
${radios.join('\n')}
</fieldset>
<h2>Things this App can do</h2>
<ul id="scopes">
${items.join('\n')}
</ul>
<p><button type="submit" id="authorize" name="decision" value="authorize">Authorize app</button>
<button type="submit" id="cancel" name="decision" value="cancel">Cancel</button></p>
</form>`,
  );
}

/**
 * X's error page, which it shows instead of redirecting when the app or the request is misconfigured (docs/what-x-does.md, 4).
 * `#reason` is the fake X's own addition: X gives none.
 */
export function errorPage(reason: string): string {
  return page(
    'Something went wrong',
    `<h1 id="something-went-wrong">Something went wrong</h1>
<p>You weren't able to give access to the App. Go back and try logging in again.</p>
<p id="reason"><strong>Why (X gives no reason):</strong> ${escape(reason)}</p>`,
  );
}

/** The page with the PIN of `oauth_callback=oob`: `#pin` holds the digits. */
export function pinPage(app: App, pin: string): string {
  return page(
    'Enter the PIN',
    `<h1>Enter this PIN in ${escape(app.name)}</h1>
<p><code id="pin">${escape(pin)}</code></p>`,
  );
}

/** A page with a title and one sentence. */
export function notePage(title: string, note: string): string {
  return page(title, `<h1>${escape(title)}</h1>\n<p id="note">${escape(note)}</p>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · fake X</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 0 auto; padding: 1rem; }
header { border: 1px dashed; border-radius: .5rem; padding: .5rem 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.125rem; }
fieldset { border: 1px solid; border-radius: .5rem; }
label { display: block; padding: .5rem 0; }
button { font: inherit; padding: .5rem 1.25rem; }
#authorize { font-weight: bold; }
#pin { font-size: 2rem; letter-spacing: .25rem; }
</style>
</head>
<body>
<header role="banner">This is a <strong>fake X</strong>, for tests. Nothing here reaches x.com.</header>
<main>
${content}
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
