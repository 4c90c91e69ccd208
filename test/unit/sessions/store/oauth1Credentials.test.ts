import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { readOAuth1Credentials, writeOAuth1Credentials } from '../../../../src/sessions/store/oauth1Credentials.ts';

const consumer = { key: 'a key', secret: 'its "secret"' };
const token = { token: '1-token', secret: 'the token’s secret' };

describe('What a session of x-oauth1 hands out', () => {
  it('is JSON with the names of RFC 5849', () => {
    assert.deepEqual(JSON.parse(writeOAuth1Credentials(consumer, token)), {
      oauth_consumer_key: consumer.key,
      oauth_consumer_secret: consumer.secret,
      oauth_token: token.token,
      oauth_token_secret: token.secret,
    });
  });

  it('is read as it was written', () => {
    assert.deepEqual(readOAuth1Credentials(writeOAuth1Credentials(consumer, token)), { consumer, token });
  });

  for (const damaged of ['', 'SECRET', '{"oauth_token":"SECRET"', '{"oauth_token":"SECRET"}', '"SECRET"', 'null']) {
    it(`is not quoted when it is damaged: ${damaged}`, () => {
      assert.throws(
        () => readOAuth1Credentials(damaged),
        (error) => error instanceof Error && !/SECRET/.test(inspect(error)),
      );
    });
  }
});
