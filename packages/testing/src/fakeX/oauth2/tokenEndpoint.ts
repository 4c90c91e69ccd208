import { type Answer, json, oauthError } from '../server/answer.ts';
import { authenticateClient } from './clientAuthentication.ts';
import { ACCESS_TOKEN_LIFETIME_MS, type Tokens } from './grants.ts';
import { type ReceivedRequest, repeatedParameter } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** `POST /2/oauth2/token` (docs/what-x-does.md, 1 and 3). */
export function tokenEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const answer = grantTokens(request, x);
  return x.switches.errorsListToo && answer.status >= 400 ? withErrorsList(answer) : answer;
}

function grantTokens(request: ReceivedRequest, x: FakeXState): Answer {
  const repeated = repeatedParameter(request);
  if (repeated !== undefined) return invalid(`Parameter [${repeated}] was sent more than once.`);
  const form = request.form ?? {};
  const grantType = form['grant_type'];
  if (grantType === undefined) return missing('grant_type');
  if (grantType !== 'authorization_code' && grantType !== 'refresh_token') {
    return invalid(
      'Value passed for the grant type was invalid. The value should be one of the supported grant types.',
    );
  }
  const app = authenticateClient(request, x);
  if ('status' in app) return app;
  return grantType === 'refresh_token' ? refresh(form, app.clientId, x) : redeem(form, app.clientId, x);
}

/** `POST /2/oauth2/revoke` (RFC 7009). Ignores `token_type_hint`. */
export function revokeEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const app = authenticateClient(request, x);
  if ('status' in app) return app;
  const token = request.form?.['token'];
  if (token === undefined) return missing('token');
  return x.grants.revoke(token, app.clientId) ? json(200, { revoked: true }) : invalidToken();
}

function redeem(form: Readonly<Record<string, string>>, clientId: string, x: FakeXState): Answer {
  const { code, redirect_uri, code_verifier }: { code?: string; redirect_uri?: string; code_verifier?: string } = form;
  if (code === undefined) return missing('code');
  if (redirect_uri === undefined) return missing('redirect_uri');
  if (code_verifier === undefined) return missing('code_verifier');
  const redeemed = x.grants.redeem(code, clientId, redirect_uri, code_verifier);
  switch (redeemed) {
    case 'code':
      return invalid('Value passed for the authorization code was invalid.');
    case 'code verifier':
      return invalid('Value passed for the code verifier did not match the code challenge.');
    case 'redirect uri':
      return invalid('Value passed for the redirect uri did not match the uri of the authorization code.');
    default:
      return success(redeemed, x);
  }
}

function refresh(form: Readonly<Record<string, string>>, clientId: string, x: FakeXState): Answer {
  const token = form['refresh_token'];
  if (token === undefined) return missing('refresh_token');
  const refreshed = x.grants.refresh(token, clientId);
  return refreshed === undefined ? invalidToken() : success(refreshed, x);
}

function success({ grant, accessToken, refreshToken }: Tokens, x: FakeXState): Answer {
  const scopes = x.switches.scopeOrder === 'reversed' ? grant.scopes.toReversed() : grant.scopes;
  return json(200, {
    token_type: 'bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_MS / 1000,
    access_token: accessToken,
    scope: scopes.join(' '),
    refresh_token: refreshToken,
  });
}

/** Adds X's other format of errors to the usual one (docs/what-x-does.md, 3). */
function withErrorsList(answer: Answer): Answer {
  const { error_description: message, ...rest } = JSON.parse(answer.body);
  return json(answer.status, { ...rest, error_description: message, errors: [{ message }] });
}

function missing(parameter: string): Answer {
  return invalid(`Missing required parameter [${parameter}].`);
}

function invalidToken(): Answer {
  return invalid('Value passed for the token was invalid.');
}

function invalid(description: string): Answer {
  return oauthError(400, 'invalid_request', description);
}
