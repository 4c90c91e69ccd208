import assert from 'node:assert/strict';
import { clickThrough } from '../../x/consent.ts';
import { startStandIn } from '../../x/standIn.ts';
import { startEditor } from './editor.ts';

/** As a browser sends when a person follows a link or a redirect. */
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' };

describe('Somebody who looks at the browser after a sign-in', () => {
  it('finds neither the code nor the state in its address', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    let address = '';
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      assert.match(location, /[?&]code=.+/);
      const page = await fetch(location, { headers: NAVIGATION });
      assert.equal(page.status, 200);
      address = page.url;
    };
    await editor.run('xAuthentication.signIn');
    await editor.until(() => address !== '', 'the page after the callback');
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/callback\/[\w-]+$/);
  });

  it('has not held it up by that: it ends before the browser has fetched the page, and the page comes all the same', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    let page = '';
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      const answer = await fetch(location, { headers: NAVIGATION, redirect: 'manual' });
      page = new URL(answer.headers.get('location') ?? '', location).href;
    };
    await editor.run('xAuthentication.signIn');
    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ['Signed in to X as @ada_l.'],
    );
    assert.match(await (await fetch(page, { headers: NAVIGATION })).text(), /X has answered/);
    editor.browse = (url) => editor.consent(url, 'grace');
    await editor.run('xAuthentication.signIn');
    assert.equal(editor.messages.at(-1)?.text, 'Signed in to X as @grace_h.', 'the port is free for the next one');
  });
});
