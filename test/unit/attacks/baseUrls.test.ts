import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as v from 'valibot';
import { startFakeX } from 'x-authentication-testing';
import { signedIn, startEditor } from './editor.ts';

const Connecting = v.object({ connectParams: v.object({ hostname: v.string() }) });
const SCOPES = ['tweet.read'];

describe('A name below localhost, which the system may ask a DNS server for', () => {
  let hosts: string[];
  const note = (message: unknown): void => void hosts.push(v.parse(Connecting, message).connectParams.hostname);

  beforeEach(() => {
    hosts = [];
    subscribe('undici:client:beforeConnect', note);
  });
  afterEach(() => unsubscribe('undici:client:beforeConnect', note));

  it('is sent no token and no secret over plain http as the API', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'good.extension', SCOPES);
    hosts = [];

    editor.set('xAuthentication.apiBaseUrl', `http://api.localhost:${x.port}`);
    await assert.rejects(editor.api.getApi(1).fetch(session, '/2/users/me'), { name: 'Misconfigured' });
    await assert.rejects(signedIn(editor, 'other.extension', SCOPES), { name: 'Misconfigured' });
    assert.deepEqual(hosts, []);
  });

  it('gets no code over plain http as a relay', async () => {
    await using x = await startFakeX();
    const settings = { signInMethod: 'relay', relayUrl: 'http://relay.localhost:9/' };
    await using editor = await startEditor(x, settings);
    editor.browse = async () => {
      await editor.until(() => editor.progress.length > 0, 'that the sign-in waits for the browser');
      editor.progress.forEach(({ cancel }) => cancel());
    };
    const asking = editor.extension('good.extension').getSession('x', SCOPES, { createIfNone: true });
    await assert.rejects(asking, { name: 'Misconfigured' });
    assert.deepEqual(editor.opened, []);
  });

  it('can be where X asks for consent: only the browser goes there, and it asks nobody', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', SCOPES);
    assert.equal(new URL(editor.opened[0] ?? '').hostname, 'x.localhost');
    assert.deepEqual([...new Set(hosts)], ['127.0.0.1']);
  });
});
