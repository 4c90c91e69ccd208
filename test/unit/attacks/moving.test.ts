import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { type App, clickThrough, NATIVE_APP, startFakeX, WEB_APP } from 'x-authentication-testing';
import { type Editor, getOnce, later, type Shown, signedIn, startEditor } from './editor.ts';

const ALLOW = 'Allow for All of Them';
const NOBODY = { id: '1', label: '@nobody' };
const API = 'xAuthentication.apiBaseUrl';
const OTHER_SERVER = 'https://other.example';
const OTHER_APP: App = { ...NATIVE_APP, name: 'Other', clientId: 'T3RoZXJBcHBPZlRoZVRlc3RzOjE6Y2k' };
const WITH_NATIVE = `X_CLIENT_ID:${NATIVE_APP.clientId}`;

/** The questions that were asked, in dialogs that a person has to answer before they go on. */
function questions(editor: Editor): readonly Shown[] {
  return editor.messages.filter(({ modal }) => modal);
}

/** Says no to every question there is, until this is over, so that a test that asserts one never hangs. */
async function sayingNo<T>(editor: Editor, asking: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const answering = async (): Promise<void> => {
    while (!over.signal.aborted) {
      questions(editor).forEach(({ choose }) => choose());
      await turn();
    }
  };
  const answered = answering();
  try {
    return await asking.catch(() => undefined);
  } finally {
    over.abort();
    await answered;
  }
}

async function nextQuestion(editor: Editor): Promise<Shown> {
  const before = questions(editor).length;
  await editor.until(() => questions(editor).length > before, 'a question');
  const [asked] = questions(editor).slice(before);
  assert.ok(asked);
  return asked;
}

describe('The question for direct messages, whatever moves meanwhile,', () => {
  it('is asked although the base URL is moved while the person is in the browser', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    editor.browse = async (url) => {
      editor.set(API, OTHER_SERVER);
      await editor.consent(url);
    };
    const asking = editor
      .extension('evil.extension')
      .getSession('x', ['dm.write'], { createIfNone: true, account: NOBODY });
    await sayingNo(editor, asking);
    editor.set(API, x.apiBaseUrl);
    const got = await editor.extension('good.extension').getSession('x', ['dm.write'], { silent: true });
    assert.deepEqual([questions(editor).length, got?.scopes], [1, undefined]);
  });

  it('is asked although the label names the app, and the setting another one', async () => {
    await using x = await startFakeX({ apps: [NATIVE_APP, OTHER_APP] });
    await using editor = await startEditor(x);
    // Its own move: any extension can change the setting for the moment in which the label is made.
    editor.browse = async (url) => {
      editor.set('xAuthentication.clientId', OTHER_APP.clientId);
      await editor.consent(url);
    };
    const good = await editor.extension('good.extension').getSession('x', ['like.read'], { forceNewSession: true });
    assert.equal(good?.account.label, `@ada_l (app ${NATIVE_APP.clientId.slice(0, 8)}…)`);
    editor.browse = (url) => editor.consent(url);
    await sayingNo(
      editor,
      editor.extension('evil.extension').getSession('x', ['dm.write', WITH_NATIVE], { createIfNone: true }),
    );
    editor.set('xAuthentication.clientId', NATIVE_APP.clientId);
    const got = await editor.extension('good.extension').getSession('x', ['dm.write'], { silent: true });
    assert.deepEqual([questions(editor).length, got?.scopes], [1, undefined]);
  });
});

describe('A good sign-in is not lost by', () => {
  it('a base URL that is half typed when the browser comes back', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['like.read'], 'ada');
    editor.browse = async (url) => {
      editor.set(API, 'https:/');
      await editor.consent(url);
    };
    const asking = editor.extension('good.extension').getSession('x', ['like.read'], { forceNewSession: true });
    const result = await asking.catch((error: unknown) => error);
    editor.set(API, x.apiBaseUrl);
    const after = await editor.extension('good.extension').getSession('x', ['like.read'], { silent: true });
    const live = x.grants.refreshable.map(({ refreshToken }) =>
      [...editor.secrets.values()].some((v) => v.includes(refreshToken)),
    );
    assert.ok(!(result instanceof Error), String(result));
    assert.deepEqual([after?.id, live], [good.id, [true]]);
  });

  for (const answer of ['no', 'yes'] as const) {
    it(`a question that is answered with ${answer} after the person has signed in anew`, async () => {
      await using x = await startFakeX();
      await using editor = await startEditor(x);
      await signedIn(editor, 'good.extension', ['like.read']);
      const evil = editor
        .extension('evil.extension')
        .getSession('x', ['dm.write'], { createIfNone: true, account: NOBODY })
        .catch(() => undefined);
      const asked = await nextQuestion(editor);
      await editor.run('xAuthentication.signIn');
      const newest = x.grants.refreshable.at(-1)?.refreshToken ?? '';
      const isKept = (): boolean => [...editor.secrets.values()].some((secret) => secret.includes(newest));
      assert.ok(isKept());
      asked.choose(answer === 'yes' ? ALLOW : undefined);
      await evil;
      assert.ok(x.grants.isLive(newest), 'it is live at X');
      assert.ok(isKept(), 'the newer sign-in is gone');
    });
  }

  it('scopes, when the base URL is moved while the person reads the question', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    const evil = editor.extension('evil.extension').getSession('x', ['dm.write'], { createIfNone: true });
    const asked = await nextQuestion(editor);
    editor.set(API, OTHER_SERVER);
    asked.choose(ALLOW);
    await evil.catch(() => undefined);
    editor.set(API, x.apiBaseUrl);
    const good = await editor.extension('good.extension').getSession('x', ['like.read'], { silent: true });
    assert.ok(good, 'like.read is lost');
  });

  it('a label, when the file that says whose it is can’t be read or was cut short', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    for (const name of await readdir(join(editor.folder, 'labels'), { recursive: true })) {
      if (/[0-9a-f]{64}$/.test(name)) await truncate(join(editor.folder, 'labels', name), 0);
    }
    const again = await signedIn(editor, 'good.extension', ['like.read', 'tweet.write']);
    assert.equal(again.account.label, '@ada_l');
  });
});

describe('The secret of an app', () => {
  it('is kept for the server of the grant that it was typed for', async () => {
    await using x = await startFakeX({ apps: [WEB_APP] });
    await using editor = await startEditor(x, { clientId: WEB_APP.clientId });
    editor.type = () => WEB_APP.clientSecret;
    await signedIn(editor, 'good.extension', ['like.read']);
    // Its secret at X was replaced; the person is told when it is refreshed.
    x.changeApp(WEB_APP.clientId, { clientSecret: 'the-new-secret' });
    await later(10 * 60_000, async () => editor.run('xAuthentication.refresh'));
    const told = editor.messages.find(({ buttons }) => buttons.includes('Enter the Client Secret'));
    assert.ok(told, editor.everythingSaid);
    editor.set(API, OTHER_SERVER);
    editor.type = () => 'the-new-secret';
    told.choose('Enter the Client Secret');
    await editor.until(() => [...editor.secrets.values()].some((value) => value.includes('the-new-secret')), 'kept');
    const keys = [...editor.secrets].filter(([, value]) => value.includes('the-new-secret')).map(([key]) => key);
    assert.deepEqual(keys, [`client:${x.apiBaseUrl} ${WEB_APP.clientId}`]);
  });
});

describe('Labels, and the list of what is stored,', () => {
  it('are nobody else’s in another profile, which has the same permissions', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'evil.extension', ['tweet.write'], 'ada');
    editor.choose = () => '@ada_l';
    await editor.run('xAuthentication.signOut');
    x.changePerson('ada', { username: 'countess' });
    x.changePerson('grace', { username: 'ada_l' });
    await editor.inProfile('Work');
    await signedIn(editor, 'good.extension', ['tweet.write'], 'grace');
    const evil = await editor.extension('evil.extension').getSession('x', ['tweet.write'], { silent: true });
    assert.equal(evil?.account.id, undefined, 'it has the session of somebody else');
  });

  it('of accounts that were signed out in one profile are not told as lost in another', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['tweet.write'], 'ada');
    await editor.inProfile('Work');
    assert.equal((await editor.extension('good.extension').getAccounts('x')).length, 1);
    await editor.inProfile('Default');
    editor.choose = () => '@ada_l';
    await editor.run('xAuthentication.signOut');
    const { length } = editor.messages;
    await later(60_000, async () => {
      await editor.inProfile('Work');
      await editor.extension('good.extension').getAccounts('x');
      // Loads what tells of it.
      await editor.run('xAuthentication.showLog');
    });
    assert.deepEqual(
      editor.messages
        .slice(length)
        .filter(({ severity }) => severity === 'warning')
        .map(({ text }) => text),
      [],
    );
  });
});

describe('The exported API', () => {
  it('is closed two hours after the last session to who may not use the account any more', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const old = await signedIn(editor, 'evil.extension', ['tweet.read']);
    editor.distrust('evil.extension', 'x', '@ada_l');
    const evil = editor.extension('evil.extension');
    const minutes = 60_000;
    const got = await later(109 * minutes, () => evil.getSession('x', ['tweet.read'], { silent: true }));
    assert.equal(got, undefined, 'VS Code gives it nothing');
    await later(115 * minutes, async () => editor.run('xAuthentication.refresh'));
    const answer = later(220 * minutes, () => editor.api.getApi(1).fetch(old, '/2/users/me'));
    await assert.rejects(answer, { name: 'ForeignSession' });
  });

  it('does not go up from the base URL as servlets read a path', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'evil.extension', ['tweet.read']);
    const { checkDestination } = await import('../../../src/x/apiHosts.ts');
    for (const path of [
      '/x-gateway/..;/other-app',
      '/x-gateway/..;a=b/other-app',
      '/x-gateway/%252e%252e/other-app',
      '/x-gateway/.%2e%3b/other-app',
    ]) {
      assert.throws(() => checkDestination(new URL(`https://gw.example${path}`), 'https://gw.example/x-gateway'), path);
    }
    assert.ok(session);
  });
});

describe('The loopback', () => {
  it('of the sign-in before is waited for, also when another one by another way was between them', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    // The browser never fetches the page after the callback, so the server stays for some seconds.
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      await getOnce(location);
    };
    await editor.run('xAuthentication.signIn');
    editor.set('xAuthentication.signInMethod', 'paste');
    const { length } = editor.progress;
    editor.browse = async () => {
      await editor.until(() => editor.progress.length > length, 'it waits');
      editor.progress.at(-1)?.cancel();
    };
    await editor.run('xAuthentication.signIn');
    editor.set('xAuthentication.signInMethod', 'loopback');
    editor.browse = (url) => editor.consent(url);
    const third = await editor
      .extension('good.extension')
      .getSession('x', ['like.read'], { forceNewSession: true })
      .catch((error: unknown) => error);
    assert.ok(!(third instanceof Error), String(third));
  });
});

describe('OAuth 1.0a, when the base URL moves,', () => {
  it('loses no tokens while the base URL is half typed', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.choose = () => 'Sign in with the browser';
    editor.type = (title) => (title.includes('(1/2)') ? NATIVE_APP.apiKey : NATIVE_APP.apiSecret);
    await editor.run('xAuthentication.signInOAuth1');
    editor.browse = async (url) => {
      editor.set(API, 'https:/');
      await editor.consent(url, 'grace');
    };
    const asking = editor.extension('good.extension').getSession('x-oauth1', [], { forceNewSession: true });
    const result = await asking.catch((error: unknown) => error);
    editor.set(API, x.apiBaseUrl);
    assert.ok(!(result instanceof Error), String(result));
  });
});

describe('Another server', () => {
  it('gets a code only if the person could read where it goes', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const stolen: string[] = [];
    const proxy = createServer((request, response) => {
      void (async () => {
        const body = await readText(request);
        if (body.includes('code_verifier')) stolen.push(body);
        const { authorization = '', 'content-type': type = '' } = request.headers;
        const answer = await fetch(`${x.apiBaseUrl}${request.url}`, {
          method: request.method ?? 'GET',
          ...(body !== '' && { body }),
          headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
        });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      })();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    assert.ok(typeof address === 'object' && address !== null);
    const host = `127.0.0.1:${address.port}`;
    try {
      editor.set(API, `http://${host}`);
      await sayingNo(editor, signedIn(editor, 'good.extension', ['like.read']));
      const isTold = editor.everythingSaid.includes(host);
      assert.ok(stolen.length === 0 || isTold, `it got ${stolen[0]?.replace(/=[^&]*/g, '=…')}`);
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it('is no obstacle to undoing a sign-in', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    const signed = (): Shown | undefined => editor.messages.find(({ text }) => text.startsWith('Signed in to X as'));
    await editor.until(() => signed() !== undefined, 'the message');
    editor.set(API, OTHER_SERVER);
    signed()?.choose('Sign Out');
    await editor.until(() => x.grants.refreshable.length === 0, 'it is revoked');
  });

  it('is not asked against its Retry-After because settings change', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const headers = { 'retry-after': '900', 'content-type': 'application/json' };
    x.fail('/2/users/me', { kind: 'answer', answer: { status: 429, headers, body: '{}' } }, { times: Infinity });
    await signedIn(editor, 'good.extension', ['like.read']);
    const before = x.requestsTo('/2/users/me').length;
    for (let seconds = 10; seconds < 890; seconds += 10.5) {
      await later(seconds * 1000, async () => {
        editor.set('xAuthentication.loopbackPort', editor.setting('xAuthentication.loopbackPort'));
        await editor.extension('evil.extension').getSession('x', ['like.read'], { silent: true });
      });
    }
    assert.ok(x.requestsTo('/2/users/me').length - before < 10, String(x.requestsTo('/2/users/me').length - before));
  });

  it('can be signed out of when it is set no more', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await signedIn(editor, 'good.extension', ['like.read']);
    editor.set(API, OTHER_SERVER);
    editor.choose = ({ items }) => items.find(({ label }) => label.includes('@ada_l'))?.label;
    await editor.run('xAuthentication.signOut');
    assert.equal(x.grants.refreshable.length, 0, 'the tokens live on, here and at X');
  });
});

describe('What an attacker tries in vain', () => {
  it('nothing goes to a server that is set while a refresh, a sign-in, a sign-out or a question is under way', async () => {
    await using x = await startFakeX();
    await using fake = await startFakeX();
    await using editor = await startEditor(x);
    const port = String(editor.setting('xAuthentication.loopbackPort'));
    fake.changeApp(NATIVE_APP.clientId, { redirectUris: [`http://127.0.0.1:${port}/callback`] });
    const session = await signedIn(editor, 'good.extension', ['like.read']);
    // A refresh.
    await later(115 * 60_000, async () => {
      const asking = editor.extension('good.extension').getSession('x', ['like.read'], { silent: true });
      editor.set(API, fake.apiBaseUrl);
      await asking;
      editor.set(API, x.apiBaseUrl);
    });
    // OAuth 1.0a, moved while the person is in the browser.
    editor.choose = () => 'Sign in with the browser';
    editor.type = (title) => (title.includes('(1/2)') ? NATIVE_APP.apiKey : NATIVE_APP.apiSecret);
    editor.browse = async (url) => {
      editor.set(API, fake.apiBaseUrl);
      await editor.consent(url);
    };
    await editor.run('xAuthentication.signInOAuth1');
    editor.set(API, x.apiBaseUrl);
    // An app's bearer, moved while the key is typed.
    editor.secrets.delete(`consumer:${x.apiBaseUrl}`);
    editor.choose = () => 'From the API Key and Secret';
    editor.type = (title) => {
      editor.set(API, fake.apiBaseUrl);
      return title.includes('(1/2)') ? NATIVE_APP.apiKey : NATIVE_APP.apiSecret;
    };
    await editor.run('xAuthentication.signInApp');
    // Calls of the exported API, begun before and after.
    await assert.rejects(editor.api.getApi(1).fetch(session, '/2/users/me'), { name: 'SessionEnded' });
    editor.set(API, x.apiBaseUrl);
    const call = editor.api.getApi(1).fetch(session, '/2/users/me');
    editor.set(API, fake.apiBaseUrl);
    await call.catch(() => undefined);
    editor.set(API, x.apiBaseUrl);
    const leaving = editor.signOut('x', '@ada_l');
    editor.set(API, fake.apiBaseUrl);
    await leaving;
    assert.deepEqual(
      fake.requests.map(({ path }) => path),
      [],
    );
    assert.equal(x.grants.refreshable.length, 0);
    const kinds = [...editor.secrets.keys()].map((key) => key.replace(/:.*/, '')).toSorted();
    assert.deepEqual(kinds, ['app-only', 'consumer', 'oauth1', 'store-key']);
  });

  it('another spelling of the base URL is the same server', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const session = await signedIn(editor, 'good.extension', ['like.read']);
    const { length } = editor.sessionEvents;
    for (const spelling of [
      `${x.apiBaseUrl}/`,
      `${x.apiBaseUrl}//`,
      x.apiBaseUrl.toUpperCase(),
      ` ${x.apiBaseUrl} `,
      x.apiBaseUrl.replace('127.0.0.1', '127.1'),
      `${x.apiBaseUrl}/a/..`,
    ]) {
      editor.set(API, spelling);
      const same = await editor.extension('good.extension').getSession('x', ['like.read'], { silent: true });
      assert.equal(same?.id, session.id, spelling);
      assert.equal((await editor.api.getApi(1).fetch(session, '/2/users/me')).status, 200, spelling);
    }
    assert.equal(editor.sessionEvents.length, length);
  });

  it('odd scopes, accounts and sessions', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['like.read']);
    const evil = editor.extension('evil.extension');
    for (const scopes of [
      [],
      [''],
      ['\u0000'],
      ['like.read '.repeat(200)],
      ['X_CLIENT_ID:'],
      ['X_CLIENT_ID:a', 'X_CLIENT_ID:b'],
      ['__proto__'],
      ['constructor'],
      [`X_CLIENT_ID:${NATIVE_APP.clientId}`],
      ['offline.access'],
      ['like.read', 'like.read'],
    ]) {
      for (const account of [undefined, good.account, { id: '', label: '' }, { id: '__proto__', label: '@ada_l' }]) {
        const session = await evil
          .getSession('x', scopes, { silent: true, ...(account && { account }) })
          .catch(() => undefined);
        assert.equal(session, undefined, JSON.stringify([scopes, account]));
      }
    }
    const api = editor.api.getApi(1);
    for (const claim of [
      { id: good.id, accessToken: '' },
      { id: good.id },
      {},
      { id: good.id, accessToken: `${good.accessToken} ` },
      { id: [good.id], accessToken: 'x' },
      new Proxy(good, { get: (_, name) => (name === 'id' ? good.id : 'x') }),
    ])
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      await assert.rejects(api.fetch(claim as typeof good, '/2/users/me'), { name: 'ForeignSession' });
    assert.ok(
      ![good.accessToken, ...x.grants.refreshable.map(({ refreshToken }) => refreshToken)].some((secret) =>
        editor.everythingSaid.includes(secret),
      ),
    );
  });
});
