import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { NATIVE_APP, type FakeX, startFakeX, WEB_APP } from 'x-authentication-testing';
import { type Editor, signedIn, startEditor } from '../unit/attacks/editor.ts';
import { holds } from './fuzz.ts';
import { anyJson, anyText, assertFit, assertSentence, assertTellsNone } from './words.ts';

/** What happens to something that is stored. */
type Damage =
  | { readonly kind: 'gone' }
  | { readonly kind: 'other'; readonly text: string }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'inserted'; readonly at: number; readonly text: string }
  | { readonly kind: 'member'; readonly which: number; readonly json: unknown }
  | { readonly kind: 'without'; readonly which: number }
  | { readonly kind: 'version'; readonly json: unknown };

const at = fc.nat({ max: 600 });
const which = fc.nat({ max: 30 });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('gone' as const) }),
  fc.record({
    kind: fc.constant('other' as const),
    text: fc.oneof(
      anyText,
      anyJson.map((json) => JSON.stringify(json)),
    ),
  }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('inserted' as const), at, text: anyText }),
  fc.record({ kind: fc.constant('member' as const), which, json: anyJson }),
  fc.record({ kind: fc.constant('without' as const), which }),
  fc.record({ kind: fc.constant('version' as const), json: fc.oneof(fc.integer({ min: -1, max: 99 }), anyJson) }),
);

/** What a text that is stored becomes; undefined if it is not there any more. No format is known here but JSON. */
function damaged(stored: string, how: Damage): string | undefined {
  switch (how.kind) {
    case 'gone':
      return undefined;
    case 'other':
      return how.text;
    case 'cut':
      return stored.slice(0, how.at);
    case 'inserted':
      return stored.slice(0, how.at) + how.text + stored.slice(how.at);
    case 'member':
      return edited(stored, how.which, () => how.json);
    case 'without':
      return edited(stored, how.which, () => undefined);
    case 'version':
      return stored.replace(/"version":\d+/, `"version":${JSON.stringify(how.json)}`);
  }
}

/** Changes one of all the members that there are, however deep. */
function edited(stored: string, chosen: number, change: () => unknown): string {
  let count = 0;
  JSON.parse(stored, () => void count++);
  let index = 0;
  return JSON.stringify(
    JSON.parse(stored, (_, value: unknown) => (index++ === chosen % count ? change() : value)) ?? null,
  );
}

const PROVIDERS = ['x', 'x-oauth1', 'x-app'] as const;
const HOURS_MS = 3 * 60 * 60_000;

describe('What is stored, however damaged,', () => {
  let x: FakeX;
  let editor: Editor;
  let root: string;
  let whole: ReadonlyMap<string, string>;
  let cases = 0;
  /** How many accounts each provider has while nothing is damaged. */
  const accounts = new Map<string, readonly string[]>();
  const realFetch = globalThis.fetch;

  before(async () => {
    x = await startFakeX();
    root = await mkdtemp(join(tmpdir(), 'x-fuzz-'));
    editor = await startEditor(x);
    editor.choose = ({ items }) => items[0]?.label;
    editor.type = (title) =>
      title.includes('Client ID')
        ? WEB_APP.clientId
        : title.includes('Client Secret')
          ? WEB_APP.clientSecret
          : title.endsWith('Secret')
            ? NATIVE_APP.apiSecret
            : NATIVE_APP.apiKey;
    const scopes = ['tweet.read', 'users.read'];
    await signedIn(editor, 'good.extension', scopes, 'ada');
    await signedIn(editor, 'good.extension', scopes, 'grace');
    for (const provider of ['x-oauth1', 'x-app'])
      await editor.extension('good.extension').getSession(provider, [], { createIfNone: true });
    await editor.run('xAuthentication.setUpApp');
    await signedIn(editor, 'good.extension', scopes, 'ada');
    editor.choose = () => undefined;
    editor.type = () => undefined;
    whole = new Map(editor.secrets);
    for (const provider of PROVIDERS) {
      const found = await editor.extension('good.extension').getAccounts(provider);
      accounts.set(
        provider,
        found.map(({ id }) => id),
      );
    }
  });

  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await x.stop();
    await rm(root, { recursive: true, force: true });
  });

  /** Opens a window that finds these secrets and nothing else, hours later and without a network. */
  async function open(secrets: Map<string, string>): Promise<readonly string[]> {
    const sent: string[] = [];
    globalThis.fetch = async (input) => {
      sent.push(input instanceof Request ? input.url : String(input));
      throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED', syscall: 'connect' });
    };
    editor.secrets = secrets;
    editor.folder = join(root, String(cases++));
    editor.messages.length = 0;
    editor.log.length = 0;
    await editor.reload();
    return sent;
  }

  const damages = fc.array(fc.tuple(fc.nat({ max: 20 }), damage), { minLength: 1, maxLength: 3 });

  holds(
    'is kept, keeps nothing else from being found, and is sent nowhere else',
    fc.asyncProperty(damages, fc.boolean(), async (all, isLater) => {
      const secrets = new Map(whole);
      const keys = [...whole.keys()];
      for (const [index, how] of all) {
        const key = keys[index % keys.length] ?? '';
        const next = damaged(whole.get(key) ?? '', how);
        if (next === undefined) secrets.delete(key);
        else secrets.set(key, next);
      }
      const stored = new Map(secrets);
      const { now } = Date;
      if (isLater) Date.now = () => now.call(Date) + HOURS_MS;
      try {
        const sent = await open(secrets);
        await use();
        for (const url of sent) assert.ok(url.startsWith(`${x.apiBaseUrl}/`), url);
        for (const [key, value] of stored) {
          // A token that has ended, and whose refresh token is not there, is of no use.
          if (secrets.get(key) === value || (isLater && lacksToken(key, value))) continue;
          const quoted = JSON.stringify(value).slice(1, -1);
          assert.ok(
            [...secrets.values()].some((other) => other === value || other.includes(quoted)),
            `${key} is not kept`,
          );
        }
        for (const [key, value] of whole) {
          if (stored.get(key) !== value) continue;
          assert.equal(secrets.get(key), value, `${key} is as it was`);
        }
      } finally {
        Date.now = now;
      }
    }),
    0.4,
  );

  /** Whether one of its tokens is not there any more, or not under its name. */
  function lacksToken(key: string, value: string): boolean {
    const original = whole.get(key) ?? '';
    return [...x.secrets].some((issued) => {
      const start = original.indexOf(issued);
      const member = original.slice(original.lastIndexOf(',', start), start + issued.length);
      return start >= 0 && !value.includes(member);
    });
  }

  /** Does with a window what extensions and people do, and looks at all that is said. */
  async function use(): Promise<void> {
    const extension = editor.extension('good.extension');
    for (const provider of PROVIDERS) {
      try {
        for (const { id, label } of await extension.getAccounts(provider)) {
          assert.ok(id !== '');
          assertFit(label, []);
        }
        const scopes = provider === 'x' ? ['tweet.read', 'users.read'] : [];
        const session = await extension.getSession(provider, scopes, { silent: true });
        const url = `${x.apiBaseUrl}/2/users/me`;
        if (session !== undefined) await editor.api.getApi(1).authorization(session, { url });
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        await assertSentence(error, [...x.secrets]);
      }
    }
    await editor.run('xAuthentication.refresh');
    await editor.run('xAuthentication.accounts');
    for (const line of editor.log) assertFit(line, x.secrets);
    for (const { text } of editor.messages) assertTellsNone(text, x.secrets);
  }

  holds(
    'leaves every account that is not damaged',
    fc.asyncProperty(fc.nat({ max: 20 }), damage, async (index, how) => {
      // While a newer version has the key of the register, this one does nothing.
      const keys = [...whole.keys()].filter((stored) => !(stored === 'store-key' && how.kind === 'version'));
      const key = keys[index % keys.length] ?? '';
      const secrets = new Map(whole);
      secrets.set(key, damaged(whole.get(key) ?? '', how) ?? '');
      await open(secrets);
      for (const [provider, ids] of accounts) {
        const found = new Set((await editor.extension('good.extension').getAccounts(provider)).map(({ id }) => id));
        for (const id of ids.filter((one) => !key.endsWith(` ${one}`))) assert.ok(found.has(id), `${provider} ${id}`);
      }
    }),
    0.4,
  );
});
