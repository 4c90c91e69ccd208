import assert from 'node:assert/strict';
import { RefusedError } from '../../../src/oauth/errors.ts';
import { refusalCause, type RefusalCause } from '../../../src/x/refusals.ts';

describe('What a refusal of the token endpoint is about', () => {
  const cases: readonly (readonly [status: number, code: string, words: string | undefined, cause: RefusalCause])[] = [
    [400, 'invalid_client', 'Value passed for the client id was invalid.', 'unknown-client'],
    [401, 'unauthorized_client', 'Missing valid authorization header', 'client-secret'],
    [400, 'invalid_request', 'Value passed for the token was invalid.', 'token'],
    [400, 'invalid_request', 'value passed for the Token was Invalid', 'token'],
    [400, 'invalid_request', 'Value passed for the refresh token was invalid.', 'token'],
    [400, 'invalid_grant', undefined, 'token'],
    [400, 'invalid_request', 'Missing required parameter [client_id].', 'other'],
    [400, 'invalid_request', 'Missing required parameter [refresh_token].', 'other'],
    [400, 'invalid_request', 'Value passed for the authorization code was invalid.', 'other'],
    [400, 'invalid_request', 'Value passed for the code verifier did not match the code challenge.', 'other'],
    [
      400,
      'invalid_request',
      'Value passed for the redirect uri did not match the uri of the authorization code.',
      'other',
    ],
    [
      400,
      'invalid_request',
      'Value passed for the grant type was invalid. The value should be one of the supported grant types.',
      'other',
    ],
    [400, 'invalid_request', 'Value passed for the token_type_hint was invalid.', 'other'],
    [400, 'invalid_request', '', 'other'],
    [400, 'invalid_request', undefined, 'other'],
    [400, 'unsupported_grant_type', undefined, 'other'],
    [401, 'Unauthorized', 'Value passed for the token was invalid.', 'other'],
    [403, 'forbidden', undefined, 'other'],
  ];
  for (const [status, code, words, cause] of cases) {
    it(`is ${cause} for ${code}${words === undefined ? '' : ` (${words})`}`, () => {
      assert.equal(refusalCause(new RefusedError(status, code, words, [])), cause);
    });
  }

  it('does not depend on the status', () => {
    for (const status of [400, 401, 403, 404]) {
      for (const [, code, words, cause] of cases)
        assert.equal(refusalCause(new RefusedError(status, code, words, [])), cause);
    }
  });
});
