import { type Answer, json } from '../server/answer.ts';
import { basicPair } from './clientAuthentication.ts';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** `POST /oauth2/token`: issues the app's bearer token for its API key and secret. */
export function appOnlyTokenEndpoint(request: ReceivedRequest, x: FakeXState): Answer {
  const pair = basicPair(request.headers.authorization ?? '');
  const app = x.appByApiKey(pair?.user);
  if (app === undefined || app.apiSecret !== pair?.password) {
    const error = { code: 99, message: 'Unable to verify your credentials', label: 'authenticity_token_error' };
    return json(403, { errors: [error] });
  }
  if (request.form?.['grant_type'] !== 'client_credentials') {
    const message = 'Missing required parameter: grant_type';
    return json(403, { errors: [{ code: 170, message, label: 'forbidden_missing_parameter' }] });
  }
  return json(200, { token_type: 'bearer', access_token: x.appBearers.bearer(app) });
}
