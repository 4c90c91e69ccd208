import { type Answer, html, redirectTo } from '../server/answer.ts';
import type { App } from '../app.ts';
import { consentPage, errorPage } from '../pages/page.ts';
import type { ReceivedRequest } from '../server/received.ts';
import { SCOPES } from '../scopes.ts';
import { issueTicket, readDecision } from '../pages/consentForm.ts';
import type { FakeXState } from '../state.ts';

/** If it is longer, X redirects with `error=invalid_request` and without `state` (docs/what-x-does.md, 4). */
const MAX_STATE_LENGTH = 500;

interface AuthorizationRequest {
  readonly app: App;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly challenge: string;
}

/** `GET /i/oauth2/authorize`: the consent page, or X's error page, which never redirects. */
export function showConsent(request: ReceivedRequest, x: FakeXState): Answer {
  const asked = readAuthorizationRequest(request, x);
  if ('status' in asked) return asked;
  const { autoConsent } = x.switches;
  if (autoConsent !== undefined) return decide(asked, autoConsent.decision, autoConsent.as, x);
  return html(200, consentPage(asked.app, asked.scopes, x.people, issueTicket(request, x)));
}

/** `POST /i/oauth2/authorize`: the submitted consent form. */
export function takeConsent(request: ReceivedRequest, x: FakeXState): Answer {
  const asked = readAuthorizationRequest(request, x);
  if ('status' in asked) return asked;
  const decided = readDecision(request, x);
  if (decided === undefined) return html(400, errorPage('The form did not come from its page, or came twice.'));
  return decide(asked, decided.decision, decided.as, x);
}

function decide(asked: AuthorizationRequest, decision: 'authorize' | 'cancel', as: string, x: FakeXState): Answer {
  const { app, redirectUri, scopes, state, challenge } = asked;
  if (decision === 'cancel') {
    return redirectTo(redirectUri, { error: 'access_denied', state: x.switches.cancelOmitsState ? undefined : state });
  }
  if (x.person(as) === undefined) return html(400, errorPage(`Nobody called ${as} is signed in.`));
  const code = x.grants.issueCode({ clientId: app.clientId, person: as, scopes, redirectUri, challenge });
  return redirectTo(redirectUri, { state, code });
}

function readAuthorizationRequest(request: ReceivedRequest, x: FakeXState): AuthorizationRequest | Answer {
  const parameters = readQuery(request.rawQuery);
  if (typeof parameters === 'string') return wrong(parameters);
  const { client_id, redirect_uri, response_type, scope, state, code_challenge, code_challenge_method } = parameters;
  const app = x.app(client_id);
  if (app === undefined) return wrong(`No app has the client id ${client_id ?? '(missing)'}.`);
  if (app.websiteUrl === '') return wrong('The Website URL of the app is empty.');
  if (redirect_uri === undefined || !app.redirectUris.includes(redirect_uri)) {
    return wrong(`The app has not registered the callback ${redirect_uri ?? '(missing)'}.`);
  }
  if (response_type !== 'code') return wrong('response_type must be code.');
  const scopes = scope?.split(' ') ?? [];
  const unknown = scopes.find((name) => !Object.hasOwn(SCOPES, name));
  if (scopes.length === 0 || unknown !== undefined) return wrong(`There is no scope “${unknown ?? ''}”.`);
  if (scopes.includes('users.email') && !app.mayReadEmail) return wrong('The app may not ask for users.email.');
  if (code_challenge_method !== 'S256') return wrong('code_challenge_method must be S256.');
  if (!/^[A-Za-z0-9_-]{43}$/.test(code_challenge ?? '')) return wrong('code_challenge must be a SHA-256 in base64url.');
  if (state === undefined || state === '') return wrong('state is missing.');
  if (state.length > MAX_STATE_LENGTH) return redirectTo(redirect_uri, { error: 'invalid_request' });
  return { app, redirectUri: redirect_uri, scopes, state, challenge: code_challenge ?? '' };
}

type Parameter =
  'client_id' | 'redirect_uri' | 'response_type' | 'scope' | 'state' | 'code_challenge' | 'code_challenge_method';

/** Reads the query without decoding `+`: spaces must be `%20` (docs/what-x-does.md, 1). Returns what is wrong as a string. */
function readQuery(rawQuery: string): Readonly<Partial<Record<Parameter, string>>> | string {
  const parameters: Record<string, string> = {};
  for (const pair of rawQuery.split('&').filter((part) => part !== '')) {
    const [name = '', ...rest] = pair.split('=');
    if (Object.hasOwn(parameters, name)) return `${name} was sent twice.`;
    try {
      parameters[name] = decodeURIComponent(rest.join('='));
    } catch {
      return `${name} is not percent-encoded UTF-8.`;
    }
  }
  return parameters;
}

function wrong(reason: string): Answer {
  return html(400, errorPage(reason));
}
