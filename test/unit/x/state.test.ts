import assert from 'node:assert/strict';
import { NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';
import { authorizationUrl, newVerifier } from '../../../src/oauth/authorizationCode.ts';
import { oauth2Endpoints } from '../../../src/x/endpoints.ts';
import { isCarried } from '../../../src/x/state.ts';

describe('A state', () => {
  let x: FakeX;
  before(async () => {
    x = await startFakeX();
  });
  after(() => x.stop());

  async function comesBack(state: string): Promise<boolean> {
    const [redirectUri = ''] = NATIVE_APP.redirectUris;
    const endpoints = oauth2Endpoints({ api: x.apiBaseUrl, authorization: x.authorizationBaseUrl });
    const request = { redirectUri, scopes: ['tweet.read'], state, verifier: newVerifier() };
    const url = await authorizationUrl(endpoints, { clientId: NATIVE_APP.clientId }, request);
    const callback = new URL(await x.consent(url, { as: 'ada', decision: 'authorize' }));
    return callback.searchParams.get('state') === state;
  }

  for (const length of [1, 499, 500, 501, 2000]) {
    it(`of ${length} characters is known to ${length <= 500 ? 'come back' : 'get lost'}, as at X`, async () => {
      const state = `vscode://xauth.x-authentication/callback?nonce=${'n'.repeat(length)}`.slice(-length);
      assert.equal(isCarried(state), length <= 500);
      assert.equal(await comesBack(state), isCarried(state));
    });
  }
});
