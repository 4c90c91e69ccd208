import assert from 'node:assert/strict';
import { ClientSecrets } from '../../../../src/sessions/store/clientSecrets.ts';
import { X_API } from '../../../../src/x/endpoints.ts';
import { sharedStore } from '../harness/stores.ts';

const [ONE, TWO] = [
  { apiBaseUrl: X_API, clientId: 'one' },
  { apiBaseUrl: X_API, clientId: 'two' },
];

describe('The secrets of apps', () => {
  const open = () => {
    const store = sharedStore('browser');
    return { store, clients: new ClientSecrets(store.open()) };
  };

  it('keeps one for each app, in a record with a version', async () => {
    const { store, clients } = open();
    await clients.setSecret(ONE, 'secret of one');
    await clients.setSecret(TWO, 'secret of two');
    assert.deepEqual(await clients.get(ONE), { clientId: 'one', clientSecret: 'secret of one' });
    assert.deepEqual(await clients.get({ ...ONE, clientId: 'three' }), { clientId: 'three' });
    assert.deepEqual(await clients.get({ ...ONE, apiBaseUrl: 'https://other.example' }), { clientId: 'one' });
    assert.deepEqual(JSON.parse(store.stored.get('client:https://api.x.com two') ?? ''), {
      version: 1,
      clientSecret: 'secret of two',
    });
  });

  it('knows that a newline is never part of one', async () => {
    const { clients } = open();
    await clients.setSecret(ONE, '  with a space \r\n');
    assert.deepEqual(await clients.get(ONE), { clientId: 'one', clientSecret: 'with a space' });
  });

  for (const nothing of [undefined, '', ' \n']) {
    it(`forgets one, given ${JSON.stringify(nothing)}`, async () => {
      const { store, clients } = open();
      await clients.setSecret(ONE, 'secret');
      await clients.setSecret(ONE, nothing);
      assert.deepEqual(await clients.get(ONE), { clientId: 'one' });
      assert.equal(store.stored.size, 0);
    });
  }

  for (const broken of ['', '{', 'null', '{"version":2,"clientSecret":"x"}', '{"version":1,"clientSecret":""}']) {
    it(`takes an app for a public one when its record is ${broken}`, async () => {
      const { store } = open();
      const secrets = store.open();
      await secrets.store('client:https://api.x.com one', broken);
      assert.deepEqual(await new ClientSecrets(secrets).get(ONE), { clientId: 'one' });
    });
  }
});
