import assert from 'node:assert/strict';
import { authenticate, basic, credentialsIn, secretsIn, type Client } from '../../../src/oauth/clientAuthentication.ts';
import vectors from '../vectors.json' with { type: 'json' };

async function sent(client: Client): Promise<{ readonly body: string; readonly authorization: string | null }> {
  const body = new URLSearchParams({ grant_type: 'refresh_token' });
  const headers = new Headers();
  await authenticate(client)({ issuer: 'https://x.com' }, { client_id: client.clientId }, body, headers);
  return { body: body.toString(), authorization: headers.get('authorization') };
}

describe('Client authentication', () => {
  for (const { source, user, password, header } of vectors.basic) {
    it(`writes Basic as in ${source}`, async () => {
      assert.equal(basic(user, password), header);
      assert.equal((await sent({ clientId: user, clientSecret: password })).authorization, header);
    });
  }

  it('writes Basic in UTF-8, as in RFC 7617 §2.1', () => {
    assert.equal(basic('test', '123£'), 'Basic dGVzdDoxMjPCow==');
  });

  it('names a public client in the body and sends no Authorization header', async () => {
    assert.deepEqual(await sent({ clientId: 'abc' }), {
      body: 'grant_type=refresh_token&client_id=abc',
      authorization: null,
    });
    assert.equal((await sent({ clientId: 'abc', clientSecret: undefined })).authorization, null);
  });

  for (const clientSecret of ['plain', 'a-b_c.d~e', 'open sesame', '100%41+/=', 'a:b:c', 'geheimnisträger', '密码']) {
    it(`sends the secret ${JSON.stringify(clientSecret)} raw`, async () => {
      const { body, authorization } = await sent({ clientId: 'a-b_c', clientSecret });
      assert.equal(body, 'grant_type=refresh_token&client_id=a-b_c');
      const pair = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString('utf8');
      assert.equal(pair, `a-b_c:${clientSecret}`);
    });
  }

  it('has the secret in it in two forms, as it is and in the header, and the public kind has none', () => {
    const pair = Buffer.from('abc:geheimnisträger').toString('base64');
    assert.deepEqual(secretsIn({ clientId: 'abc', clientSecret: 'geheimnisträger' }), ['geheimnisträger', pair]);
    assert.deepEqual(secretsIn({ clientId: 'abc' }), []);
  });
});

describe('The credentials in a header', () => {
  it('are what follows the scheme', () => {
    assert.deepEqual(credentialsIn('Bearer abc'), ['abc']);
    assert.deepEqual(credentialsIn('Basic YTpi='), ['YTpi=']);
  });

  it('are each value of OAuth 1.0a as well, decoded', () => {
    const values = 'oauth_token="a%2Fb", oauth_signature="c%3D", realm=""';
    assert.deepEqual(credentialsIn(`OAuth ${values}`), [values, 'a/b', 'c=', '']);
  });
});
