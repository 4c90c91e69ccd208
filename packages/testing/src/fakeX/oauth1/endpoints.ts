import { type Answer, html, json, redirectTo } from '../server/answer.ts';
import type { App } from '../app.ts';
import { issueTicket, readDecision } from '../pages/consentForm.ts';
import { oauth1Error, verifySignature } from './signedRequest.ts';
import type { RequestToken } from './tokens.ts';
import { consentPage, errorPage, notePage, pinPage } from '../pages/page.ts';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** `POST /oauth/request_token`, signed without a token. */
export function requestTokenEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const signed = verifySignature(request, x, () => undefined);
  if ('status' in signed) return signed;
  const { app, parameters } = signed;
  const { oauth_callback, x_auth_access_type }: { oauth_callback?: string; x_auth_access_type?: string } = {
    ...parameters,
    ...request.query,
  };
  if (oauth_callback === undefined) return oauth1Error(215, x);
  if (oauth_callback === 'oob' && !app.mayUsePins) return oauth1Error(417, x);
  if (oauth_callback !== 'oob' && !app.redirectUris.includes(oauth_callback)) return oauth1Error(415, x);
  const access = x_auth_access_type === 'read' ? 'read' : app.permissions;
  const { token, secret } = x.oauth1.request(app.apiKey, oauth_callback, access);
  return form({ oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' });
}

/** `GET /oauth/authorize?oauth_token=…`: the consent page. `screen_name` says which person is offered first. */
export function showOAuth1Consent(request: ReceivedRequest, x: FakeXState): Answer {
  const asked = readConsentRequest(request, x);
  if ('status' in asked) return asked;
  const { autoConsent } = x.switches;
  if (autoConsent !== undefined) return decide(asked, autoConsent.decision, autoConsent.as, x);
  const wanted = request.query['screen_name'];
  const people = x.people.toSorted((a, b) => Number(b.username === wanted) - Number(a.username === wanted));
  return html(200, consentPage(asked.app, [asked.requested.access], people, issueTicket(request, x)));
}

/** `POST /oauth/authorize`: the submitted consent form. */
export function takeOAuth1Consent(request: ReceivedRequest, x: FakeXState): Answer {
  const asked = readConsentRequest(request, x);
  if ('status' in asked) return asked;
  const decided = readDecision(request, x);
  if (decided === undefined) return html(400, errorPage('The form did not come from its page, or came twice.'));
  return decide(asked, decided.decision, decided.as, x);
}

/** `POST /oauth/access_token`: trades a request token and its verifier, signed with the token's secret, for an access token. */
export function accessTokenEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const signed = verifySignature(request, x, (token) => x.oauth1.requested(token));
  if ('status' in signed) return signed;
  const { app, token: requested, parameters } = signed;
  const verifier = parameters['oauth_verifier'] ?? request.query['oauth_verifier'];
  if (requested === undefined || verifier === undefined) return oauth1Error(215, x);
  const person = x.person(requested.person);
  if (requested.apiKey !== app.apiKey || person === undefined) return oauth1Error(32, x);
  const granted = x.oauth1.trade(requested, verifier, person.id);
  if (granted === undefined) return oauth1Error(32, x);
  const { token, secret } = granted;
  return form({ oauth_token: token, oauth_token_secret: secret, user_id: person.id, screen_name: person.username });
}

/** `POST /1.1/oauth/invalidate_token.json`, signed with the token to invalidate. */
export function invalidateTokenEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const signed = verifySignature(request, x, (token) => x.oauth1.granted(token));
  if ('status' in signed) return signed;
  const { app, token: granted } = signed;
  if (granted?.apiKey !== app.apiKey) return oauth1Error(granted === undefined ? 215 : 89, x);
  x.oauth1.invalidate(granted.token);
  return json(200, { access_token: granted.token });
}

interface ConsentRequest {
  readonly app: App;
  readonly requested: RequestToken;
}

function readConsentRequest(request: ReceivedRequest, x: FakeXState): ConsentRequest | Answer {
  const requested = x.oauth1.requested(request.query['oauth_token'] ?? '');
  const app = x.appByApiKey(requested?.apiKey);
  if (requested === undefined || app === undefined || requested.verifier !== undefined) {
    return html(400, errorPage('There is no request token for this page, or it was used before.'));
  }
  return { app, requested };
}

function decide(
  { app, requested }: ConsentRequest,
  decision: 'authorize' | 'cancel',
  as: string,
  x: FakeXState,
): Answer {
  const { callback, token } = requested;
  if (decision === 'cancel') {
    x.oauth1.deny(requested);
    if (callback === 'oob') return html(200, notePage('Cancelled', `${app.name} may not access your account.`));
    return redirectTo(callback, { denied: token });
  }
  if (x.person(as) === undefined) return html(400, errorPage(`Nobody called ${as} is signed in.`));
  const verifier = x.oauth1.approve(requested, as);
  if (callback === 'oob') return html(200, pinPage(app, verifier));
  return redirectTo(callback, { oauth_token: token, oauth_verifier: verifier });
}

/** A form-encoded answer, which X sends as `text/html`. */
function form(parameters: Readonly<Record<string, string>>): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
  return { status: 200, headers, body: new URLSearchParams(parameters).toString() };
}
