import assert from 'node:assert/strict';
import { Clients } from '../../../src/sessions/clients.ts';
import { sharedStore } from './stores.ts';

describe('The secrets of apps', () => {
  const open = () => {
    const store = sharedStore('browser');
    return { store, clients: new Clients(store.open()) };
  };

  it('keeps one for each app, in a record with a version', async () => {
    const { store, clients } = open();
    await clients.setSecret('one', 'secret of one');
    await clients.setSecret('two', 'secret of two');
    assert.deepEqual(await clients.get('one'), { clientId: 'one', clientSecret: 'secret of one' });
    assert.deepEqual(await clients.get('three'), { clientId: 'three' });
    assert.deepEqual(JSON.parse(store.stored.get('client:two') ?? ''), { version: 1, clientSecret: 'secret of two' });
  });

  it('knows that a newline is never part of one', async () => {
    const { clients } = open();
    await clients.setSecret('one', '  with a space \r\n');
    assert.deepEqual(await clients.get('one'), { clientId: 'one', clientSecret: 'with a space' });
  });

  for (const nothing of [undefined, '', ' \n']) {
    it(`forgets one, given ${JSON.stringify(nothing)}`, async () => {
      const { store, clients } = open();
      await clients.setSecret('one', 'secret');
      await clients.setSecret('one', nothing);
      assert.deepEqual(await clients.get('one'), { clientId: 'one' });
      assert.equal(store.stored.size, 0);
    });
  }

  for (const broken of ['', '{', 'null', '{"version":2,"clientSecret":"x"}', '{"version":1,"clientSecret":""}']) {
    it(`takes an app for a public one when its record is ${broken}`, async () => {
      const { store } = open();
      const secrets = store.open();
      await secrets.store('client:one', broken);
      assert.deepEqual(await new Clients(secrets).get('one'), { clientId: 'one' });
    });
  }
});
