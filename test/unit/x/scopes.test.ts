import assert from 'node:assert/strict';
import { IDENTITY_SCOPES, OFFLINE_ACCESS, stakes } from '../../../src/x/scopes.ts';
import { SCOPES } from 'x-authentication-testing';

describe('What is at stake with a scope', () => {
  it('is private messages with those of direct messages, and nothing with any other that X describes', () => {
    const sensitive = Object.keys(SCOPES).filter((scope) => stakes(scope) !== undefined);
    assert.deepEqual(sensitive, ['dm.read', 'dm.write']);
    assert.deepEqual(sensitive.map(stakes), ['messages', 'messages']);
  });

  it('is money with ads, and with the developer account', () => {
    const scopes = ['ads.write', 'developer.read', 'developer.write', 'ads.read', 'ads.writes', 'dmx', 'x.dm.read'];
    assert.deepEqual(scopes.map(stakes), ['money', 'money', 'money', undefined, undefined, undefined, undefined]);
    assert.deepEqual(['x.ads.write', 'x.developer.read'].map(stakes), [undefined, undefined]);
  });

  it('is the same in another case', () => {
    assert.deepEqual(['DM.read', 'Ads.Write', 'DEVELOPER.read'].map(stakes), ['messages', 'money', 'money']);
  });
});

describe('The scopes of every sign-in', () => {
  it('are called as X calls them', () => {
    assert.deepEqual([OFFLINE_ACCESS, ...IDENTITY_SCOPES], ['offline.access', 'tweet.read', 'users.read']);
    for (const scope of [OFFLINE_ACCESS, ...IDENTITY_SCOPES]) assert.ok(scope in SCOPES, scope);
  });
});
