import assert from 'node:assert/strict';
import * as v from 'valibot';
import { type App, clickThrough, faults, NATIVE_APP, startFakeX } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from './editor.ts';

const EVIL_APP: App = { ...NATIVE_APP, name: 'Evil', clientId: 'RXZpbEFwcE9mVGhlVGVzdDE6MTpjaQ', apiKey: 'evilKey0' };
/** Its ids begin as those of the person's own app do. */
const OTHER_APP: App = {
  ...NATIVE_APP,
  name: 'Other',
  clientId: `${NATIVE_APP.clientId.slice(0, 8)}T3RoZXJBcHA6MTpjaQ`,
  apiKey: `${NATIVE_APP.apiKey.slice(0, 6)}Other0123456789`,
};
const APPS = [NATIVE_APP, EVIL_APP, OTHER_APP];

const WITH_EVIL_APP = ['users.read', `X_CLIENT_ID:${EVIL_APP.clientId}`];
const WITH_OTHER_APP = ['users.read', `X_CLIENT_ID:${OTHER_APP.clientId}`];
const EVERYTHING = ['tweet.write', 'like.write', 'users.read'];

/** Asserts that an extension gets nothing of this unless the person says yes to that very question. */
async function isAskedFor(editor: Editor, id: string, providerId: string, scopes: readonly string[]): Promise<void> {
  const extension = editor.extension(id);
  assert.equal(await extension.getSession(providerId, scopes, { silent: true }), undefined);
  for (const account of await extension.getAccounts(providerId)) {
    const session = await extension.getSession(providerId, scopes, { silent: true, account });
    assert.equal(session, undefined, `it got the session of ${account.label}`);
  }
  const { length } = editor.asked;
  editor.allows = false;
  await assert.rejects(extension.getSession(providerId, scopes, { createIfNone: true }));
  editor.allows = true;
  assert.deepEqual(editor.asked.slice(length), [`${id} wants to sign in with ${providerId}`]);
}

/** An account's sign-in is ended by a command of ours, so that VS Code keeps what it was allowed. */
async function signOut(editor: Editor, label: string): Promise<void> {
  editor.choose = () => label;
  await editor.run('xAuthentication.signOut');
}

/** What a person answers who signs in with an API key, or adds its bearer. */
function signInWith(editor: Editor, { apiKey, apiSecret }: App, way: string): void {
  let isEntered = false;
  editor.choose = ({ items }) => {
    const another = items.find(({ label }) => label === 'Use Another API Key');
    if (another === undefined || isEntered) return way;
    isEntered = true;
    return another.label;
  };
  editor.type = (title) => (title.includes('(1/2)') ? apiKey : apiSecret);
}

describe('An extension that was allowed one account', () => {
  it('is asked about the same person at another app, with its own app or another extension’s', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', EVERYTHING);
    await signedIn(editor, 'other.extension', WITH_OTHER_APP);
    await signedIn(editor, 'evil.extension', WITH_EVIL_APP);

    await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
    await isAskedFor(editor, 'evil.extension', 'x', WITH_OTHER_APP);
    await isAskedFor(editor, 'other.extension', 'x', EVERYTHING);
    await isAskedFor(editor, 'good.extension', 'x', WITH_EVIL_APP);
  });

  it('is asked about the person’s own app, if it was the first to sign them in', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    const evil = await signedIn(editor, 'evil.extension', WITH_EVIL_APP);
    const good = await signedIn(editor, 'good.extension', EVERYTHING);

    assert.equal(evil.account.label, `@ada_l (app ${EVIL_APP.clientId.slice(0, 8)}…)`);
    assert.equal(good.account.label, '@ada_l');
    await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
  });

  it('is asked about somebody else whom X has not named either', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    x.fail('/2/users/me', faults.creditsDepleted, { times: Infinity });
    const evil = await signedIn(editor, 'evil.extension', WITH_EVIL_APP, 'ada');
    const good = await signedIn(editor, 'good.extension', EVERYTHING, 'grace');

    for (const { account } of [evil, good]) assert.match(account.label, /^X account [0-9a-f]{6}$/);
    await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
  });

  for (const when of ['before', 'after'] as const) {
    it(`is asked about the person’s own app, which it has had replaced in the settings for a moment ${when}`, async () => {
      await using x = await startFakeX({ apps: APPS });
      await using editor = await startEditor(x);
      if (when === 'after') await signedIn(editor, 'good.extension', EVERYTHING);
      editor.set('xAuthentication.clientId', EVIL_APP.clientId);
      await signedIn(editor, 'evil.extension', ['users.read']);
      editor.set('xAuthentication.clientId', NATIVE_APP.clientId);
      if (when === 'before') await signedIn(editor, 'good.extension', EVERYTHING);

      await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
    });
  }

  for (const isSignedOut of [false, true]) {
    it(`is asked about whoever takes over the username${isSignedOut ? ' of an account that was signed out' : ''}`, async () => {
      await using x = await startFakeX({ apps: APPS });
      await using editor = await startEditor(x);
      const ada = await signedIn(editor, 'evil.extension', ['tweet.write'], 'ada');
      assert.equal(ada.account.label, '@ada_l');
      if (isSignedOut) await signOut(editor, '@ada_l');
      x.changePerson('ada', { username: 'countess' });
      x.changePerson('grace', { username: 'ada_l' });

      const grace = await signedIn(editor, 'good.extension', EVERYTHING, 'grace');
      assert.equal(grace.account.label, `@ada_l (app ${NATIVE_APP.clientId.slice(0, 8)}…)`);
      await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
      const again = await signedIn(editor, 'good.extension', ['tweet.write'], 'ada');
      assert.equal(again.account.label, isSignedOut ? '@countess' : '@ada_l');
    });
  }

  it('is asked about the same person at the real X, after they have signed in to a fake one', async () => {
    await using x = await startFakeX();
    await using fake = await startFakeX();
    await using editor = await startEditor(x);
    const real = { apiBaseUrl: x.apiBaseUrl, authorizationBaseUrl: x.authorizationBaseUrl };
    const { apiBaseUrl, authorizationBaseUrl } = fake;
    fake.changeApp(NATIVE_APP.clientId, { redirectUris: x.apps[0]?.redirectUris ?? [] });
    const move = (urls: typeof real): void =>
      Object.entries(urls).forEach(([name, value]) => editor.set(`xAuthentication.${name}`, value));
    move({ apiBaseUrl, authorizationBaseUrl });
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      await fetch(location, { headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } });
    };
    const asking = editor.extension('evil.extension').getSession('x', EVERYTHING, { forceNewSession: true });
    assert.equal((await asking)?.account.label, '@ada_l');
    move(real);

    const good = await signedIn(editor, 'good.extension', EVERYTHING);
    assert.notEqual(good.account.label, '@ada_l');
    await isAskedFor(editor, 'evil.extension', 'x', EVERYTHING);
  });

  it('is asked about the same person at another app of OAuth 1.0a', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    signInWith(editor, EVIL_APP, 'Sign in with the browser');
    const evil = await editor.extension('evil.extension').getSession('x-oauth1', [], { forceNewSession: true });
    signInWith(editor, NATIVE_APP, 'Sign in with the browser');
    const good = await editor.extension('good.extension').getSession('x-oauth1', [], { forceNewSession: true });

    assert.equal(evil?.account.label, '@ada_l');
    assert.equal(good?.account.label, `@ada_l (app with API Key ${NATIVE_APP.apiKey.slice(0, 6)}…)`);
    await isAskedFor(editor, 'evil.extension', 'x-oauth1', []);
    await assert.rejects(editor.api.getApi(1).fetch(evil, '/2/users/me'), { name: 'SessionEnded' });
  });

  it('is asked about another app-only bearer, though the API keys begin alike', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    const labels: (string | undefined)[] = [];
    for (const [id, app] of [
      ['evil.extension', NATIVE_APP],
      ['good.extension', OTHER_APP],
    ] as const) {
      signInWith(editor, app, 'From the API Key and Secret');
      const session = await editor.extension(id).getSession('x-app', [], { forceNewSession: true });
      labels.push(session?.account.label);
    }
    assert.deepEqual(labels, ['App with API Key native…', 'App with API Key nativeOther0…']);
  });

  it('is asked about a bearer that gets the name of one that was there before', async () => {
    await using x = await startFakeX({ apps: APPS });
    await using editor = await startEditor(x);
    const paste = async (id: string, { apiKey, apiSecret }: App, ...names: readonly string[]) => {
      const bearer = await bearerOf(x.apiBaseUrl, apiKey, apiSecret);
      const left = [bearer, ...names];
      editor.choose = () => 'Paste a Bearer Token';
      editor.type = () => left.shift();
      return editor.extension(id).getSession('x-app', [], { forceNewSession: true });
    };
    const evil = await paste('evil.extension', NATIVE_APP, 'Production');
    assert.equal(evil?.account.label, 'Production');
    await signOut(editor, 'Production');

    const good = await paste('good.extension', OTHER_APP, 'Production', 'Test');
    assert.deepEqual(editor.corrected, ['Give it a name that no other app has had here.']);
    assert.equal(good?.account.label, 'Test');
    await isAskedFor(editor, 'evil.extension', 'x-app', []);
  });
});

describe('The Accounts menu', () => {
  for (const order of ['added first', 'removed first'] as const) {
    it(`shows what is signed in when one of a person’s apps is signed out, in a VS Code that looks at ${order}`, async () => {
      for (const gone of [0, 1, 2]) {
        await using x = await startFakeX({ apps: APPS });
        await using editor = await startEditor(x);
        const sessions = [
          await signedIn(editor, 'good.extension', EVERYTHING),
          await signedIn(editor, 'other.extension', WITH_OTHER_APP),
          await signedIn(editor, 'evil.extension', WITH_EVIL_APP),
        ];
        const labels = sessions.map(({ account }) => account.label);
        assert.deepEqual(shownBy(editor, order), labels);
        const { length } = editor.sessionEvents;
        await signOut(editor, labels[gone] ?? '');
        const isTold = (): boolean => editor.sessionEvents.slice(length).some(({ changed }) => changed?.length === 2);
        await editor.until(isTold, 'the others are told of');
        assert.deepEqual(shownBy(editor, order).toSorted(), labels.toSpliced(gone, 1).toSorted());
      }
    });
  }
});

/** The entries of the Accounts menu, as VS Code's `AccountsActivityActionViewItem` keeps them. */
function shownBy(editor: Editor, order: 'added first' | 'removed first'): readonly string[] {
  const shown: { readonly id: string; readonly label: string }[] = [];
  for (const { added = [], changed = [], removed = [] } of editor.sessionEvents) {
    const add = (): void => {
      for (const { account } of [...changed, ...added]) {
        if (!shown.some(({ label }) => label === account.label)) shown.push(account);
      }
    };
    const remove = (): void => {
      for (const { account } of removed) {
        const index = shown.findIndex(({ id }) => id === account.id);
        if (index >= 0) shown.splice(index, 1);
      }
    };
    for (const step of order === 'added first' ? [add, remove] : [remove, add]) step();
  }
  return shown.map(({ label }) => label);
}

async function bearerOf(apiBaseUrl: string, key: string, secret: string): Promise<string> {
  const answer = await fetch(`${apiBaseUrl}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return v.parse(v.object({ access_token: v.string() }), await answer.json()).access_token;
}
