import assert from 'node:assert/strict';
import { ApiResponseError } from 'twitter-api-v2';
import { twitterApiClient } from '../../examples/recipes/src/twitterApiV2.ts';
import { xdkClient } from '../../examples/recipes/src/xdk.ts';
import type { XProviderId } from '../../src/api/x-authentication.d.ts';
import { ADA } from 'x-authentication-testing';
import { AppOnlyWindow, OAuth1Window } from './sessions/harness/staticWindow.ts';
import { type Machine, openMachine } from './sessions/harness/window.ts';

/** How a request says who sends it. */
const SCHEMES = { x: /^Bearer XAT-/, 'x-oauth1': /^OAuth / };

/**
 * Clients that others wrote, given nothing but a session, call the fake X, which checks signatures itself. How they
 * are given it is what the example shows to authors of extensions.
 */
describe('Clients that others wrote', () => {
  let machine: Machine;
  /** The `accessToken` of a session of each provider. */
  let given: Record<XProviderId, string>;

  before(async () => {
    machine = await openMachine();
    // What others wrote goes by the true clock.
    machine.now = Date.now();
    const [x, oauth1, app] = [machine.open(), new OAuth1Window(machine), new AppOnlyWindow(machine)];
    await x.signIn(['tweet.read', 'users.read', 'tweet.write']);
    await oauth1.signIn();
    await app.add();
    given = {
      x: (await x.session())?.accessToken ?? '',
      'x-oauth1': (await oauth1.sessions.matching([]))[0]?.accessToken ?? '',
      'x-app': (await app.sessions.matching([]))[0]?.accessToken ?? '',
    };
  });
  after(async () => {
    await machine[Symbol.asyncDispose]();
  });

  const xdk = (provider: XProviderId, token = given[provider]) => xdkClient(provider, token, machine.x.apiBaseUrl);
  const twitterApi = (provider: XProviderId, token = given[provider]) =>
    twitterApiClient(provider, token, machine.x.apiBaseUrl);

  describe('@xdevplatform/xdk', () => {
    for (const provider of ['x', 'x-oauth1'] as const) {
      it(`knows whose session of ${provider} it is`, async () => {
        // A query, which OAuth 1.0a has to sign.
        const { data } = await xdk(provider).users.getMe({ userFields: ['profile_image_url'] });
        assert.deepEqual(data, {
          id: ADA.id,
          name: ADA.name,
          username: ADA.username,
          profileImageUrl: ADA.profileImageUrl,
        });
      });

      it(`posts with a session of ${provider}`, async () => {
        const text = `Ωhm’s law & 100% (of it), by XDK with ${provider}!`;
        const { data } = await xdk(provider).posts.create({ text });
        assert.equal(data?.text, text);
        assert.match(machine.x.requests.at(-1)?.headers.authorization ?? '', SCHEMES[provider]);
      });
    }

    it('looks somebody up with a session of x-app, and can’t be anybody', async () => {
      const { data } = await xdk('x-app').users.getByUsername(ADA.username);
      assert.equal(data?.id, ADA.id);
      await assert.rejects(xdk('x-app').users.getMe());
      assert.deepEqual(machine.x.requests.at(-1)?.path, `/2/users/by/username/${ADA.username}`, 'it does not even ask');
    });
  });

  describe('twitter-api-v2', () => {
    for (const provider of ['x', 'x-oauth1'] as const) {
      it(`knows whose session of ${provider} it is`, async () => {
        const { data } = await twitterApi(provider).v2.me({ 'user.fields': ['profile_image_url'] });
        assert.deepEqual(data, {
          id: ADA.id,
          name: ADA.name,
          username: ADA.username,
          profile_image_url: ADA.profileImageUrl,
        });
      });

      it(`posts with a session of ${provider}`, async () => {
        const text = `Ωhm’s law & 100% (of it), by twitter-api-v2 with ${provider}!`;
        const { data } = await twitterApi(provider).v2.tweet(text);
        assert.equal(data.text, text);
        assert.match(machine.x.requests.at(-1)?.headers.authorization ?? '', SCHEMES[provider]);
        assert.equal((await twitterApi('x-app').v2.singleTweet(data.id)).data.text, text);
      });
    }

    it('looks somebody up with a session of x-app, and can’t be anybody', async () => {
      const { data } = await twitterApi('x-app').v2.userByUsername(ADA.username);
      assert.equal(data.id, ADA.id);
      await assert.rejects(
        twitterApi('x-app').v2.me(),
        (error) => error instanceof ApiResponseError && error.code === 403,
      );
    });
  });

  it('are refused when a secret of the session is another', async () => {
    const { length } = machine.x.requests;
    const tampered = given['x-oauth1'].replace('XO1AS-', 'XO1AS_');
    await assert.rejects(xdk('x-oauth1', tampered).users.getMe());
    await assert.rejects(twitterApi('x-oauth1', tampered).v2.me());
    await assert.rejects(twitterApi('x-app', decodeURIComponent(given['x-app'])).v2.userByUsername(ADA.username));
    assert.deepEqual(
      machine.x.requests.slice(length).map(({ outcome }) => outcome.status),
      [401, 401, 401],
    );
  });
});
