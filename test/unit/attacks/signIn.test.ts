import assert from 'node:assert/strict';
import type { FlowPlan } from '../../../src/vscode/ui/signIn/flowPlan.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { CallbackHandoff } from '../../../src/sessions/callbackHandoff.ts';
import { SealedNotes } from '../../../src/ipc/sealedNotes.ts';
import { clickThrough, NATIVE_APP, startFakeX } from 'x-authentication-testing';
import { UriHandler } from '../../../src/vscode/uriHandler.ts';
import { type Editor, getOnce, navigate, type Shown, signedIn, startEditor, type Visited } from './editor.ts';

const DENIED = 'error=access_denied';
const APP_URI = 'vscode://xauth.x-authentication/callback';

/** Begins a sign-in with a person who has not decided yet. Resolves when the browser is open. */
async function begin(editor: Editor): Promise<{ readonly url: string; readonly ended: Promise<unknown> }> {
  const before = editor.opened.length;
  editor.browse = async () => undefined;
  const ended = editor.run('xAuthentication.signIn');
  await editor.until(() => editor.opened.length > before && editor.progress.length > before, 'the browser opens');
  return { url: editor.opened.at(-1) ?? '', ended };
}

/** Goes to the callback at the loopback port, as a page elsewhere can have a browser do. */
async function callBack(editor: Editor, query: string): Promise<Visited> {
  const port = Number(editor.setting('xAuthentication.loopbackPort'));
  return navigate(`http://127.0.0.1:${port}/callback?${query}`);
}

function texts(editor: Editor): readonly string[] {
  return editor.messages.map(({ text }) => text);
}

function warnings(editor: Editor): readonly Shown[] {
  return editor.messages.filter(({ severity }) => severity === 'warning');
}

function stateIn(url: string): string | null {
  return new URL(url).searchParams.get('state');
}

describe('Somebody who looks at the browser after a sign-in', () => {
  it('finds neither the code nor the state in its address', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    let address = '';
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      assert.match(location, /[?&]code=.+/);
      const page = await navigate(location);
      assert.equal(page.status, 200);
      address = page.url;
    };
    await editor.run('xAuthentication.signIn');
    await editor.until(() => address !== '', 'the page after the callback');
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/callback\/[\w-]+$/);
  });

  it('has not held it up by that: it ends before the browser has fetched the page, and the page comes all the same', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    let page = '';
    editor.browse = async (url) => {
      const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
      page = (await getOnce(location)).location ?? '';
    };
    await editor.run('xAuthentication.signIn');
    assert.deepEqual(texts(editor), ['Signed in to X as @ada_l.']);
    editor.browse = (url) => editor.consent(url, 'grace');
    const next = editor.run('xAuthentication.signIn');
    const begun = (): number => editor.log.filter((line) => line.includes('Sign-in: by loopback')).length;
    await editor.until(() => begun() === 2, 'the next sign-in begins');
    for (let turns = 0; turns < 100; turns++) await turn();
    assert.equal(editor.opened.length, 1, 'the next one waits for the port');
    assert.match((await navigate(page)).body, /X has answered/);
    await next;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @grace_h.');
  });
});

/** A link of the notification that waits, as VS Code runs it when a person clicks on it. */
function linkTo(editor: Editor, command: string): () => Promise<unknown> {
  const [, query = ''] = new RegExp(`\\(command:xAuthentication\\.${command}\\?([^)\\s]+)\\)`).exec(said(editor)) ?? [];
  const given: unknown = JSON.parse(decodeURIComponent(query));
  assert.ok(Array.isArray(given));
  return () => editor.run(`xAuthentication.${command}`, ...given);
}

function said(editor: Editor): string {
  return editor.progress.at(-1)?.messages.at(-1) ?? '';
}

describe('An extension that runs commands while a sign-in waits', () => {
  const BEFORE = 'what was copied before';
  let boxes: string[];

  async function waiting(editor: Editor): Promise<Awaited<ReturnType<typeof begin>>> {
    boxes = [];
    editor.type = (title) => void boxes.push(title);
    editor.clipboard = BEFORE;
    return begin(editor);
  }

  it('gets nothing of it, and can not end it', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await waiting(editor);
    const guesses = [[], [undefined], [null], [''], ['x'], [{}], [[]], [true], [stateIn(url)], [url]];
    for (const guess of guesses) {
      for (const command of ['copySignInLink', 'signInHelp']) await editor.run(`xAuthentication.${command}`, ...guess);
      if (guess[0] !== undefined) await editor.run('xAuthentication.pasteCallback', ...guess);
    }
    assert.equal(editor.clipboard, BEFORE);
    assert.deepEqual([editor.picked, editor.statusBar, boxes, texts(editor)], [[], [], [], []]);

    // A new sign-in takes the place of the one that waits, where the person sees it.
    for (const command of [...editor.commands.keys()].filter((name) => name !== 'xAuthentication.signIn')) {
      await editor.run(command);
      assert.ok(!editor.clipboard.includes(stateIn(url) ?? ''), command);
      assert.equal(editor.progress.find(({ title }) => title.startsWith('Sign in'))?.isOver, false, command);
    }
    await editor.consent(url);
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');
  });

  it('has no use for a link of an earlier one', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const first = await waiting(editor);
    const earlier = ['copySignInLink', 'signInHelp', 'pasteCallback'].map((command) => linkTo(editor, command));
    const second = await waiting(editor);
    await first.ended;
    for (const follow of earlier) await follow();
    assert.equal(editor.clipboard, BEFORE);
    assert.deepEqual([editor.picked, boxes], [[], []]);
    await editor.consent(second.url);
    await second.ended;
    for (const follow of earlier) await follow();
    assert.deepEqual([editor.picked, boxes], [[], []]);
  });

  it('leaves the person what the notification has, and the palette', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await waiting(editor);
    await linkTo(editor, 'copySignInLink')();
    assert.equal(editor.clipboard, url);
    await linkTo(editor, 'pasteCallback')();
    await editor.run('xAuthentication.pasteCallback');
    assert.deepEqual(boxes, ['Finish signing in to X', 'Finish signing in to X']);
    editor.clipboard = BEFORE;
    const help = linkTo(editor, 'signInHelp');
    for (const row of ['Copy the Link', 'Paste the Callback URL', 'Cancel the Sign-In']) {
      editor.choose = () => row;
      await help();
    }
    assert.equal(editor.clipboard, url);
    assert.equal(boxes.length, 3);
    await ended;
    assert.equal(editor.progress.at(-1)?.isOver, true);
  });
});

describe('Somebody who answers in the person’s place', () => {
  /** Signs in for an extension, where the attacker has read the link and is faster. */
  async function answered(
    editor: Editor,
    providerId: string,
    as: string,
  ): Promise<[vscode.AuthenticationSession, Shown]> {
    editor.browse = (url) => editor.consent(url, as);
    const session = await editor.extension('good.extension').getSession(providerId, [], { forceNewSession: true });
    assert.ok(session);
    const text = `Signed in to X as ${session.account.label}.`;
    await editor.until(() => texts(editor).includes(text), 'the person is told');
    const [shown, ...more] = editor.messages.filter((message) => message.text === text);
    assert.ok(shown);
    assert.deepEqual(more, [], 'once');
    assert.deepEqual([shown.severity, shown.modal, shown.buttons], ['information', false, ['Sign Out']]);
    return [session, shown];
  }

  async function labels(editor: Editor, providerId: string): Promise<readonly string[]> {
    return (await editor.extension('good.extension').getAccounts(providerId)).map(({ label }) => label);
  }

  it('is seen by name when an extension asked, and what they gave can be undone, and nothing else', async () => {
    const another = { ...NATIVE_APP, clientId: 'YW5vdGhlckFwcA' };
    await using x = await startFakeX({ apps: [NATIVE_APP, another] });
    await using editor = await startEditor(x);
    const ada = [
      await signedIn(editor, 'other.extension', ['users.read'], 'ada'),
      await signedIn(editor, 'other.extension', ['users.read', `X_CLIENT_ID:${another.clientId}`], 'ada'),
    ];
    const [stolen, shown] = await answered(editor, 'x', 'grace');
    assert.equal(shown.text, 'Signed in to X as @grace_h.');
    assert.equal((await labels(editor, 'x')).length, 3);

    shown.choose('Sign Out');
    await editor.until(() => texts(editor).includes('@grace_h is signed out of X.'), 'how it went is told');
    assert.equal((await labels(editor, 'x')).length, 2);
    assert.equal(x.grants.isLive(stolen.accessToken), false);
    for (const { accessToken } of ada) assert.ok(x.grants.isLive(accessToken));
  });

  it('is seen also with the other providers', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.choose = ({ items }) => items[0]?.label;
    editor.type = (title) => (title.endsWith('Secret') ? NATIVE_APP.apiSecret : NATIVE_APP.apiKey);
    const [, oauth1] = await answered(editor, 'x-oauth1', 'grace');
    const [, appOnly] = await answered(editor, 'x-app', 'grace');
    assert.deepEqual(await labels(editor, 'x-oauth1'), ['@grace_h']);
    oauth1.choose('Sign Out');
    await editor.until(() => texts(editor).includes('@grace_h is signed out of X.'), 'how it went is told');
    assert.deepEqual(await labels(editor, 'x-oauth1'), []);
    assert.equal((await labels(editor, 'x-app')).length, 1);
    appOnly.choose('Sign Out');
    await editor.until(() => /is removed here/.test(texts(editor).at(-1) ?? ''), 'how it went is told');
    assert.deepEqual(await labels(editor, 'x-app'), []);
  });

  it('is seen also when a command began it', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.browse = (url) => editor.consent(url, 'grace');
    await editor.run('xAuthentication.signIn');
    const [shown] = editor.messages;
    assert.deepEqual([shown?.text, shown?.buttons], ['Signed in to X as @grace_h.', ['Sign Out']]);
    shown?.choose('Sign Out');
    await editor.until(() => editor.messages.length === 2, 'how it went is told');
    assert.deepEqual(await labels(editor, 'x'), []);
  });

  it('is seen also when they gave less than was asked for, which fails', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    editor.browse = (url) => editor.consent(url.replace('like.read%20', ''), 'grace');
    const asked = editor.extension('good.extension').getSession('x', ['like.read'], { createIfNone: true });
    await assert.rejects(async () => asked, { name: 'Denied' });
    assert.deepEqual(await labels(editor, 'x'), ['@grace_h']);
    const shown = editor.messages.find(({ text }) => text === 'Signed in to X as @grace_h.');
    assert.deepEqual(shown?.buttons, ['Sign Out']);
    shown?.choose('Sign Out');
    await editor.until(() => texts(editor).includes('@grace_h is signed out of X.'), 'how it went is told');
    assert.deepEqual(await labels(editor, 'x'), []);
  });
});

describe('Somebody who reports an error that X did not send', () => {
  /** By a way back that leads through the editor's own address. */
  async function byTheEditorsAddress(signInMethod: 'uri' | 'relay'): Promise<void> {
    await using x = await startFakeX();
    await using editor = await startEditor(x, { signInMethod });
    const { url, ended } = await begin(editor);
    await editor.open(`${APP_URI}?${DENIED}&nonce=guessed`);
    assert.doesNotMatch(editor.everythingSaid, /X reports/, 'it names another sign-in');
    const before = editor.messages.length;
    for (let more = 0; more < 5; more++) await editor.open(`${APP_URI}?${DENIED}`);
    assert.equal(editor.messages.length, before + 1);
    assert.match(texts(editor).at(-1) ?? '', /^X reports that access was not given\./);

    const { location = '' } = await clickThrough(url, { as: 'ada', decision: 'authorize' });
    const { search, searchParams } = new URL(location);
    const nonce = new URL(searchParams.get('state') ?? '', 'file:').searchParams.get('nonce');
    await editor.open(`${APP_URI}${search}${nonce === null ? '' : `&nonce=${nonce}`}`);
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');
  }

  it('does not end a sign-in that waits by the loopback: the person is told, once, and the true answer wins', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await begin(editor);
    const page = await callBack(editor, DENIED);
    assert.match(page.body, /You are not signed in/);
    for (let more = 0; more < 20; more++) await callBack(editor, DENIED);
    await callBack(editor, 'error=server_error');
    assert.deepEqual(
      editor.messages.map(({ severity, modal, buttons }) => ({ severity, modal, buttons })),
      [{ severity: 'warning', modal: false, buttons: ['Cancel', 'Sign In Again'] }],
    );
    assert.match(texts(editor)[0] ?? '', /^X reports that access was not given\./);
    assert.equal(editor.progress.at(-1)?.isOver, false);

    await editor.consent(url);
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');
    assert.equal(editor.messages.length, 2);
  });

  it('is heard by the code of RFC 6749 only, and not at all in words of their own', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await begin(editor);
    assert.equal((await callBack(editor, 'error=Call+0900')).status, 404);
    assert.equal((await callBack(editor, 'error=access_denied&state=')).status, 410);
    assert.deepEqual(texts(editor), []);
    await callBack(editor, 'error=temporarily_unavailable&error_description=Call+0900');
    assert.match(texts(editor)[0] ?? '', /^X reports that the sign-in failed \(temporarily_unavailable\)\./);
    assert.doesNotMatch(editor.everythingSaid, /0900/);
    await editor.consent(url);
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');
  });

  it('is told apart from X, whose errors with the state end the sign-in at once', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await begin(editor);
    await callBack(editor, DENIED);
    await editor.consent(url, 'ada', 'cancel');
    await ended;
    assert.equal(texts(editor).at(-1), 'Access to X was not given: sign in again if that was a mistake.');
    assert.equal(editor.messages.length, 2);
  });

  it('is not heard by the editor’s own address while the sign-in waits for the loopback', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { url, ended } = await begin(editor);
    await editor.open(`${APP_URI}?${DENIED}`);
    assert.equal(editor.progress.at(-1)?.isOver, false);
    assert.doesNotMatch(editor.everythingSaid, /X reports/);
    await editor.consent(url);
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');
  });

  it('does not end a sign-in that waits by uri: the person is told, once, and the true answer wins', () =>
    byTheEditorsAddress('uri'));

  it('does not end a sign-in that waits by relay: the person is told, once, and the true answer wins', () =>
    byTheEditorsAddress('relay'));

  it('lets the person cancel, or sign in again, with a state and a verifier of its own', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const first = await begin(editor);
    await callBack(editor, DENIED);
    warnings(editor)[0]?.choose('Sign In Again');
    await editor.until(() => editor.opened.length === 2, 'the browser opens once more');
    const url = editor.opened[1] ?? '';
    assert.notEqual(stateIn(url), stateIn(first.url));
    assert.equal((await callBack(editor, `code=c&state=${stateIn(first.url)}`)).status, 410, 'the first is over');
    await callBack(editor, DENIED);
    assert.equal(warnings(editor).length, 2, 'which is told anew');
    await editor.consent(url);
    await first.ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @ada_l.');

    const another = await begin(editor);
    await callBack(editor, DENIED);
    const told = editor.messages.length;
    warnings(editor)[2]?.choose('Cancel');
    await another.ended;
    assert.equal(editor.messages.length, told, 'a person who cancelled knows');
    assert.equal(editor.progress.at(-1)?.isOver, true);
  });

  it('ends it at last, if no answer with the state comes, and not later for reporting more', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    const { BrowserFlow } = await import('../../../src/vscode/ui/signIn/browserFlow.ts');
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const handoff = new CallbackHandoff(new SealedNotes(join(editor.folder, 'notes')));
    const browser = new BrowserFlow({ page: async () => '', handoff, log, doubtMs: 100 });
    const attempt = {
      apiBaseUrl: 'https://api.x.com',
      url: x.authorizationBaseUrl,
      correlationId: 'the state',
      matchCallback: () => undefined,
      unprovenError: () => 'access_denied',
      parsePasted: (pasted: string) => new URLSearchParams(pasted),
    };
    editor.browse = async () => undefined;
    const { uri } = await import('../../../src/vscode/ui/signIn/flows/uri.ts');
    const choice = { flow: uri, redirectUri: APP_URI };
    const plan: FlowPlan = { tried: [choice], offered: [] };
    const over = new AbortController();
    const came = browser
      .runExclusive((signal) => browser.authorize(attempt, choice, plan, signal))
      .finally(() => over.abort());
    await editor.until(() => editor.opened.length === 1, 'the browser opens');
    const began = performance.now();
    while (!over.signal.aborted) {
      assert.ok(performance.now() - began < 5_000, 'it ends, though errors go on coming');
      await browser.receive(new URLSearchParams(DENIED));
      await turn();
    }
    const outcome = await came;
    assert.ok(outcome.kind === 'callback' && outcome.callback.toString() === DENIED, 'as it is denied today');
    assert.equal(warnings(editor).length, 1);
  });
});

describe('A sign-in on a disk that takes no notes for other windows', () => {
  it('ends as it does elsewhere, whether its callback comes back by itself or is pasted', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    await writeFile(join(editor.folder, 'notes'), 'in the way of the folder');
    await editor.run('xAuthentication.signIn');
    assert.deepEqual(texts(editor), ['Signed in to X as @ada_l.']);
    const { url, ended } = await begin(editor);
    const { location = '' } = await clickThrough(url, { as: 'grace', decision: 'authorize' });
    editor.type = () => location;
    await editor.run('xAuthentication.pasteCallback');
    await ended;
    assert.equal(texts(editor).at(-1), 'Signed in to X as @grace_h.');
    assert.ok(
      editor.log.some((line) => /Sign-in: Error: (EEXIST|ENOTDIR)/.test(line)),
      'and it is logged',
    );
  });
});

describe('Somebody who opens addresses of the editor again and again', () => {
  it('makes one warning of it, and a line in the log for each', async () => {
    await using x = await startFakeX();
    await using editor = await startEditor(x);
    for (let index = 0; index < 5; index++) await editor.open(`${APP_URI}?code=c${index}&state=s${index}`);
    assert.deepEqual(texts(editor), ['No sign-in to X is waiting for what the browser brought back: sign in again.']);
    const lines = editor.log.filter((line) => line.includes('A callback came that no sign-in waits for.'));
    assert.equal(lines.length, 5);
  });

  it('makes at most one a minute, by a clock that may be set back', async () => {
    let now = Date.UTC(2026, 6, 1);
    let warned = 0;
    const ui = async () => ({
      browser: { receive: async () => false },
      messages: { strayCallback: () => void warned++ },
    });
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const handler = new UriHandler(ui, log, () => now);
    const uri = { path: '/callback', query: 'code=c&state=s' };
    const steps: readonly (readonly [passedMs: number, warnings: number])[] = [
      [0, 1],
      [59_999, 1],
      [1, 2],
      [30_000, 2],
      [-3_600_000, 3],
      [59_999, 3],
      [60_000, 4],
    ];
    for (const [passedMs, times] of steps) {
      now += passedMs;
      await handler.handleUri(uri);
      assert.equal(warned, times);
    }
  });
});
