import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { authorizationUrl } from '../../src/oauth/authorizationCode.ts';
import { covers, InvalidScopesError, readScopes, scopesToRequest } from '../../src/sessions/scopeRequest.ts';
import { oauth2Endpoints } from '../../src/x/endpoints.ts';
import { NATIVE_APP, type FakeX, startFakeX } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from '../unit/attacks/editor.ts';
import { holds } from './fuzz.ts';
import { anyText, assertDocumented, assertFit, assertSentence } from './words.ts';

const named = fc.constantFrom(
  'tweet.read',
  'users.read',
  'offline.access',
  'dm.read',
  'developer.billing.write',
  'X_CLIENT_ID:',
  `X_CLIENT_ID:${NATIVE_APP.clientId}`,
  'X_CLIENT_ID:other',
  'x_client_id:other',
  'X_CLIENT_ID:evil&scope=dm.read',
  'X_CLIENT_ID:__proto__',
  'tweet.read users.read',
);
const scope = fc.oneof(
  { weight: 3, arbitrary: named },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.tuple(named, anyText).map((parts) => parts.join('')) },
);
const scopes = fc.oneof(
  { weight: 20, arbitrary: fc.array(scope, { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 90, maxLength: 300 }) },
);

const endpoints = oauth2Endpoints({ api: 'https://api.x.com', authorization: 'https://x.com/i' });

describe('Scopes that an extension asks for', () => {
  let x: FakeX;
  let editor: Editor;

  before(async () => {
    x = await startFakeX();
    editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['tweet.read', 'users.read']);
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await x.stop();
  });

  holds(
    'are read, or are refused with a documented error; and go to X as parameters that say nothing else',
    fc.asyncProperty(scopes, scopes, async (asked, granted) => {
      let request: ReturnType<typeof readScopes>;
      try {
        request = readScopes(asked);
      } catch (error) {
        assertDocumented(error, [InvalidScopesError], []);
        await assertSentence(error, []);
        return;
      }
      const { wanted, clientId } = request;
      assert.equal(request.asked, asked);
      const words = new Set(asked.flatMap((text) => text.split(/\s+/)));
      for (const word of wanted) {
        assert.ok(words.has(word) && word !== 'offline.access' && !word.startsWith('X_CLIENT_ID:'), word);
        assertFit(word, []);
      }
      if (clientId !== undefined) {
        assert.ok(words.has(`X_CLIENT_ID:${clientId}`));
        assert.match(clientId, /^[A-Za-z0-9_\-=+/]{1,200}$/);
      }
      assert.equal(covers(granted, wanted), new Set([...granted, ...wanted]).size === new Set(granted).size);

      const all = scopesToRequest(wanted, []);
      const sent = {
        redirectUri: 'http://127.0.0.1:41951/callback',
        scopes: all,
        state: 's',
        verifier: 'v'.repeat(43),
      };
      const url = new URL(await authorizationUrl(endpoints, { clientId: clientId ?? 'mine' }, sent));
      assert.equal(url.origin + url.pathname, 'https://x.com/i/oauth2/authorize');
      assert.deepEqual([...url.searchParams.keys()].length, 7);
      assert.deepEqual(url.searchParams.get('scope')?.split(' '), [...all]);
      assert.equal(url.searchParams.get('client_id'), clientId ?? 'mine');
      assert.doesNotMatch(url.search, /\+/);
    }),
    4,
  );

  holds(
    'bring a session that has them, none, or an error that says why; and nothing is sent for asking',
    fc.asyncProperty(scopes, async (asked) => {
      const before = x.requests.length;
      const logged = editor.log.length;
      try {
        const session = await editor.extension('good.extension').getSession('x', asked, { silent: true });
        if (session !== undefined) {
          assert.deepEqual(session.scopes, asked);
          const { wanted, clientId = NATIVE_APP.clientId } = readScopes(asked);
          assert.equal(clientId, NATIVE_APP.clientId);
          assert.ok(covers(['tweet.read', 'users.read'], wanted), asked.join());
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof Error && error.name === 'Misconfigured', String(error));
        await assertSentence(error, []);
      }
      assert.equal(x.requests.length, before);
      for (const line of editor.log.slice(logged)) assertFit(line, x.secrets);
    }),
    3,
  );
});
