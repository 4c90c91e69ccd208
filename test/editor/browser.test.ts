import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationTarget, workspace } from 'vscode';
import { CallbackMismatchError } from '../../src/oauth/errors.ts';
import { PortUnavailableError } from '../../src/oauth/loopback.ts';
import { CallbackHandoff } from '../../src/sessions/callbackHandoff.ts';
import { SealedNotes } from '../../src/ipc/sealedNotes.ts';
import { BrowserFlow } from '../../src/vscode/ui/signIn/browserFlow.ts';
import { UserFacingError } from '../../src/vscode/userFacingError.ts';
import {
  FlowUnavailableError,
  type AuthorizationAttempt,
  type Way,
  type WaysBack,
} from '../../src/vscode/ui/signIn/authorizationAttempt.ts';
import { freePort } from '../host/freePort.ts';
import { type FakeX, startFakeX } from 'x-authentication-testing';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Windows that share what they leave for each other, each with a browser that nobody sits at. */
describe('a visit to X', () => {
  let folder: string;
  let port: number;
  let loopback: Way;
  let x: FakeX;

  const uri: Way = { method: 'uri', redirectUri: 'vscode://xauth.x-authentication/callback' };

  before(async () => {
    x = await startFakeX();
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    port = await freePort();
    loopback = { method: 'loopback', redirectUri: `http://127.0.0.1:${port}/callback` };
    await workspace.getConfiguration('xAuthentication').update('loopbackPort', port, ConfigurationTarget.Global);
  });
  after(async () => {
    await workspace.getConfiguration('xAuthentication').update('loopbackPort', undefined, ConfigurationTarget.Global);
    await rm(folder, { recursive: true });
    await x.stop();
  });

  function open(patienceMs?: number): BrowserFlow {
    const notes = new CallbackHandoff(new SealedNotes(folder));
    return new BrowserFlow({
      page: async () => '',
      notes,
      log: silent,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
  }

  /** To a page that is there, because VS Code opens it. */
  function visitOf(state: string): AuthorizationAttempt {
    return {
      apiBaseUrl: 'https://api.x.com',
      url: x.authorizationBaseUrl,
      secret: state,
      answerIn: (parameters) => (parameters.get('state') === state ? parameters : undefined),
      read: () => {
        throw new CallbackMismatchError('Nobody pastes.');
      },
    };
  }

  const by = (...tried: readonly [Way, ...Way[]]): WaysBack => ({ tried, offered: [] });
  const begin = (browser: BrowserFlow, state: string, ways: WaysBack): Promise<URLSearchParams> =>
    browser.alone(async (signal) => (await browser.visit(ways, async () => visitOf(state), signal)).callback);
  const callbackOf = (state: string): URLSearchParams => new URLSearchParams({ state, code: 'the code' });

  /** Tries until it is so: that a window waits shows by what it answers. */
  async function handedOver(browser: BrowserFlow, state: string): Promise<void> {
    while (!(await browser.receive(callbackOf(state)))) await new Promise((resolve) => setImmediate(resolve));
  }

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await readdir(folder), []);
    await new Promise<void>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
    });
  }

  it('ends when nothing comes back for too long, and leaves neither port nor note behind', async () => {
    const browser = open(50);
    await assert.rejects(
      begin(browser, 'slow', by(loopback)),
      (error) =>
        error instanceof UserFacingError && error.name === 'TimedOut' && error.remedies.includes('see-checklist'),
    );
    await nothingIsLeft();
    assert.deepEqual(
      browser.past.map(({ method, outcome }) => [method, outcome]),
      [['loopback', 'TimedOut']],
    );
    assert.equal(await browser.receive(callbackOf('slow')), false, 'too late');
  });

  it('gives way to a new one at once, which gets the port', async () => {
    const browser = open();
    const replaced = assert.rejects(
      begin(browser, 'first', by(loopback)),
      (error) => error instanceof UserFacingError && error.name === 'Cancelled',
    );
    const second = begin(browser, 'second', by(loopback));
    await replaced;
    await handedOver(browser, 'second');
    assert.equal((await second).get('state'), 'second');
    await nothingIsLeft();
  });

  it('gets a callback that came to another window, and only that window’s', async () => {
    const [here, there] = [open(), open()];
    const visit = begin(here, 'here', by(uri));
    await handedOver(there, 'here');
    assert.equal((await visit).get('code'), 'the code');
    assert.equal(await there.receive(callbackOf('here')), false, 'once');
    assert.equal(await there.receive(callbackOf('nowhere')), false);
    await nothingIsLeft();
  });

  it('by a port that is taken fails where no other way may be tried, and waits for what is pasted where one may', async () => {
    const occupant = createServer().listen(port, '127.0.0.1');
    try {
      const browser = open();
      await assert.rejects(begin(browser, 'busy', by(loopback)), PortUnavailableError);
      const visit = begin(browser, 'busy', by(loopback, uri));
      await handedOver(browser, 'busy');
      assert.equal((await visit).get('state'), 'busy');
    } finally {
      await new Promise((resolve) => occupant.close(resolve));
    }
    await nothingIsLeft();
  });

  it('takes the next way when one is blocked, and fails when the last one is', async () => {
    const browser = open();
    const relay: Way = { method: 'relay', redirectUri: 'https://vscode.dev/redirect' };
    const prepare = async ({ method }: Way): Promise<AuthorizationAttempt> => {
      if (method === 'relay') throw new FlowUnavailableError('The address of this window is too long for X.');
      return visitOf('next');
    };
    const visit = browser.alone((signal) => browser.visit(by(relay, uri), prepare, signal));
    await handedOver(browser, 'next');
    assert.equal((await visit).callback.get('state'), 'next');
    await assert.rejects(
      browser.alone((signal) => browser.visit(by(relay), prepare, signal)),
      FlowUnavailableError,
    );
  });
});
