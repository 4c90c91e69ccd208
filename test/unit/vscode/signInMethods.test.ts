import assert from 'node:assert/strict';
import {
  callbackUrls,
  redirectUriOf,
  SIGN_IN_METHOD_SETTINGS,
  SIGN_IN_METHODS,
  signInMethods,
  type Environment,
  type SignInMethod,
  type SignInMethodSetting,
} from '../../../src/vscode/signInMethods.ts';

describe('Sign-in methods', () => {
  const environments: readonly (readonly [where: string, environment: Environment])[] = [
    ['on a desktop', { loopbackUri: 'http://127.0.0.1:41951/callback' }],
    ['on code-server', { loopbackUri: 'https://code.example.com/proxy/41951/callback' }],
    ['with a forwarded port', { loopbackUri: 'https://name-41951.app.github.dev/callback' }],
  ];
  const rows: readonly (readonly [setting: SignInMethodSetting, methods: readonly SignInMethod[]])[] = [
    ['auto', ['loopback', 'paste']],
    ['loopback', ['loopback']],
    ['paste', ['paste']],
  ];

  for (const [where, environment] of environments) {
    for (const [setting, methods] of rows) {
      it(`are ${methods.join(', then ') || 'none'} for ${setting} ${where}`, () => {
        assert.deepEqual(signInMethods(setting, environment), methods);
      });
    }

    it(`go through the callback URL that the editor made ${where}`, () => {
      const { loopbackUri } = environment;
      assert.equal(redirectUriOf('loopback', environment), loopbackUri);
      assert.equal(redirectUriOf('paste', environment), loopbackUri);
    });

    it(`name every callback URL once ${where}`, () => {
      const uris = signInMethods('auto', environment).map((method) => redirectUriOf(method, environment));
      assert.deepEqual(callbackUrls(environment), [...new Set(uris)]);
      assert.deepEqual(callbackUrls(environment), [environment.loopbackUri]);
    });
  }

  it('are each a value of the setting, beside auto', () => {
    assert.deepEqual(SIGN_IN_METHOD_SETTINGS, ['auto', ...SIGN_IN_METHODS]);
    assert.deepEqual(
      rows.map(([setting]) => setting).toSorted((a, b) => a.localeCompare(b)),
      [...SIGN_IN_METHOD_SETTINGS].toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
