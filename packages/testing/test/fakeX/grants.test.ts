import assert from 'node:assert/strict';
import { NATIVE_APP, WEB_APP } from '../../src/fakeX/app.ts';
import { basic, Client, type ClientAnswer } from '../../src/fakeX/client.ts';
import { type FakeX, startFakeX } from '../../src/fakeX/fakeX.ts';

describe('The fake X, grants', () => {
  let x: FakeX;
  let client: Client;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    x = await startFakeX({ now: () => now });
    client = new Client(x);
  });

  afterEach(async () => {
    await x.stop();
  });

  it('spends the old refresh token at once, and gives a new one', async () => {
    const first = (await client.signIn()).refreshToken;
    const second = await client.refresh(first);
    assert.equal(second.status, 200);
    assert.notEqual(second.refreshToken, first);
    assertDead(await client.refresh(first));
    assert.equal((await client.refresh(second.refreshToken)).status, 200, 'the newest is good');
  });

  it('gives tokens to only one of two concurrent refreshes', async () => {
    const token = (await client.signIn()).refreshToken;
    const answers = await Promise.all([client.refresh(token), client.refresh(token)]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 400).length, 1);
  });

  it('can kill the whole grant for a spent refresh token', async () => {
    x.switches.reuseKillsFamily = true;
    const first = (await client.signIn()).refreshToken;
    const second = await client.refresh(first);
    assertDead(await client.refresh(first));
    assertDead(await client.refresh(second.refreshToken));
    assert.equal((await client.usersMe(second.accessToken)).status, 401);
  });

  it('keeps the earlier access token alive after a refresh, or kills it', async () => {
    const first = await client.signIn();
    const second = await client.refresh(first.refreshToken);
    assert.equal((await client.usersMe(first.accessToken)).status, 200);
    x.switches.refreshKillsAccessToken = true;
    const third = await client.refresh(second.refreshToken);
    assert.equal((await client.usersMe(second.accessToken)).status, 401);
    assert.equal((await client.usersMe(third.accessToken)).status, 200);
  });

  it('refuses another app’s refresh token, an access token, and a refresh without a token', async () => {
    assertDead(await client.refresh((await client.signIn({ app: WEB_APP })).refreshToken));
    assertDead(await client.refresh((await client.signIn()).accessToken));
    const form = { grant_type: 'refresh_token', client_id: NATIVE_APP.clientId };
    const { body } = await client.post('/2/oauth2/token', form);
    assert.equal(body['error_description'], 'Missing required parameter [refresh_token].');
  });

  it('accepts a refresh token for six months, which a refresh restarts or not', async () => {
    const almost = 182 * 24 * 3_600_000 - 1;
    const first = await client.signIn();
    now += almost;
    const second = await client.refresh(first.refreshToken);
    now += almost;
    x.switches.refreshRestartsLifetime = false;
    const third = await client.refresh(second.refreshToken);
    assert.equal(third.status, 200);
    now += 1;
    assertDead(await client.refresh(third.refreshToken));
  });

  it('kills only the earlier refresh token of the same app and person at a new sign-in', async () => {
    const first = await client.signIn();
    const grace = await client.signIn({ as: 'grace' });
    const bot = await client.signIn({ app: WEB_APP });
    const second = await client.signIn();
    assertDead(await client.refresh(first.refreshToken));
    const alive = [second, grace, bot].map(({ refreshToken }) => refreshToken);
    assert.deepEqual(x.grants.refreshable.map(({ refreshToken }) => refreshToken).toSorted(), alive.toSorted());
  });

  it('kills the newest refresh token too, when it came from a refresh', async () => {
    const refreshed = await client.refresh((await client.signIn()).refreshToken);
    await client.signIn();
    assertDead(await client.refresh(refreshed.refreshToken));
  });

  it('gives a later sign-in only the scopes that it requested', async () => {
    await client.signIn({ scopes: ['tweet.read', 'users.read', 'tweet.write', 'offline.access'] });
    const second = await client.signIn({ scopes: ['users.read', 'tweet.read'] });
    assert.equal(second.body['scope'], 'tweet.read users.read');
    assert.deepEqual(x.grants.refreshable, []);
  });

  it('keeps the earlier access token alive after a new sign-in, or kills it', async () => {
    const first = await client.signIn();
    const second = await client.signIn();
    assert.equal((await client.usersMe(first.accessToken)).status, 200);
    x.switches.signInKillsAccessToken = true;
    await client.signIn();
    assert.equal((await client.usersMe(second.accessToken)).status, 401);
  });

  it('revokes either token, and can revoke its partner', async () => {
    const first = await client.signIn();
    const { status, body } = await client.revoke(first.accessToken);
    assert.deepEqual({ status, body }, { status: 200, body: { revoked: true } });
    assert.equal((await client.usersMe(first.accessToken)).status, 401);
    const second = await client.refresh(first.refreshToken);
    assert.equal(second.status, 200);
    x.switches.revokeKillsPartner = true;
    await client.revoke(second.refreshToken);
    assert.equal((await client.usersMe(second.accessToken)).status, 401);
    assertDead(await client.refresh(second.refreshToken));
  });

  it('treats an unknown token as revoked (RFC 7009 §2.2)', async () => {
    assert.deepEqual((await client.revoke('XAT-nobody')).body, { revoked: true });
  });

  it('authenticates a client that revokes as the token endpoint does', async () => {
    const token = (await client.signIn({ app: WEB_APP })).accessToken;
    const revoke = '/2/oauth2/revoke';
    assert.equal((await client.post(revoke, { token })).status, 400);
    assert.equal((await client.post(revoke, { token, client_id: WEB_APP.clientId })).status, 401);
    assert.equal((await client.revoke(token, NATIVE_APP)).status, 400, 'another app’s token');
    assert.equal((await client.post(revoke, { client_id: NATIVE_APP.clientId })).status, 400, 'no token');
    assert.equal((await client.usersMe(token)).status, 200);
    const header = basic(WEB_APP.clientId, WEB_APP.clientSecret ?? '');
    assert.equal((await client.post(revoke, { token }, header)).status, 200);
    assert.equal((await client.usersMe(token)).status, 401);
  });

  it('expires every access token at once, and refreshes them', async () => {
    const tokens = await client.signIn();
    x.grants.expireAccessTokens();
    assert.equal((await client.usersMe(tokens.accessToken)).status, 401);
    const refreshed = await client.refresh(tokens.refreshToken);
    assert.equal((await client.usersMe(refreshed.accessToken)).status, 200);
  });

  it('disconnects an app as its user would at X', async () => {
    const [ada, grace] = [await client.signIn(), await client.signIn({ as: 'grace' })];
    x.disconnect('ada', NATIVE_APP.clientId);
    assertDead(await client.refresh(ada.refreshToken));
    assert.deepEqual(
      [ada, grace].map(({ accessToken }) => x.grants.isLive(accessToken)),
      [false, true],
    );
  });

  it('can make a public app confidential, and public again', async () => {
    const tokens = await client.signIn();
    const confidential = x.changeApp(NATIVE_APP.clientId, { kind: 'confidential', clientSecret: 'new' });
    assert.equal((await client.refresh(tokens.refreshToken)).status, 401);
    const refreshed = await client.refresh(tokens.refreshToken, confidential);
    assert.equal(refreshed.status, 200);
    x.changeApp(NATIVE_APP.clientId, { kind: 'public' });
    assert.equal((await client.refresh(refreshed.refreshToken, confidential)).status, 401);
    assert.equal((await client.refresh(refreshed.refreshToken)).status, 200);
  });

  it('knows every secret that it has issued', async () => {
    const form = await client.authorize();
    const tokens = await client.post('/2/oauth2/token', form);
    const refreshed = await client.refresh(tokens.refreshToken);
    const given = [form['code'] ?? '', ...[tokens, refreshed].flatMap((each) => [each.accessToken, each.refreshToken])];
    assert.deepEqual([...x.secrets], given);
  });
});

function assertDead({ status, body }: ClientAnswer): void {
  const dead = { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' };
  assert.deepEqual({ status, body }, { status: 400, body: dead });
}
