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
import type { AuthorizationAttempt } from '../../src/vscode/ui/signIn/authorizationAttempt.ts';
import type { FlowPlan } from '../../src/vscode/ui/signIn/flowPlan.ts';
import type { FlowChoice } from '../../src/vscode/ui/signIn/flows/flow.ts';
import { loopback as loopbackFlow } from '../../src/vscode/ui/signIn/flows/loopback.ts';
import { uri as uriFlow } from '../../src/vscode/ui/signIn/flows/uri.ts';
import { freePort } from '../host/freePort.ts';
import { type FakeX, startFakeX } from 'x-authentication-testing';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Windows that share what they leave for each other, each with a browser that nobody sits at. */
describe('an attempt to sign in to X', () => {
  let folder: string;
  let port: number;
  let loopback: FlowChoice;
  let x: FakeX;

  const uri: FlowChoice = { flow: uriFlow, redirectUri: 'vscode://xauth.x-authentication/callback' };

  before(async () => {
    x = await startFakeX();
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    port = await freePort();
    loopback = { flow: loopbackFlow, redirectUri: `http://127.0.0.1:${port}/callback` };
    await workspace.getConfiguration('xAuthentication').update('loopbackPort', port, ConfigurationTarget.Global);
  });
  after(async () => {
    await workspace.getConfiguration('xAuthentication').update('loopbackPort', undefined, ConfigurationTarget.Global);
    await rm(folder, { recursive: true });
    await x.stop();
  });

  function open(timeoutMs?: number): BrowserFlow {
    const handoff = new CallbackHandoff(new SealedNotes(folder));
    return new BrowserFlow({
      page: async () => '',
      handoff,
      log: silent,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** To a page that is there, because VS Code opens it. */
  function attemptOf(state: string): AuthorizationAttempt {
    return {
      apiBaseUrl: 'https://api.x.com',
      url: x.authorizationBaseUrl,
      correlationId: state,
      matchCallback: (parameters) => (parameters.get('state') === state ? parameters : undefined),
      parsePasted: () => {
        throw new CallbackMismatchError('Nobody pastes.');
      },
    };
  }

  const by = (...tried: readonly [FlowChoice, ...FlowChoice[]]): FlowPlan => ({ tried, offered: [] });
  const begin = (browser: BrowserFlow, state: string, plan: FlowPlan): Promise<URLSearchParams> =>
    browser.runExclusive(async (signal) => {
      const outcome = await browser.authorize(attemptOf(state), plan.tried[0], plan, signal);
      assert.equal(outcome.kind, 'callback');
      return outcome.callback;
    });
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
    const attempt = begin(here, 'here', by(uri));
    await handedOver(there, 'here');
    assert.equal((await attempt).get('code'), 'the code');
    assert.equal(await there.receive(callbackOf('here')), false, 'once');
    assert.equal(await there.receive(callbackOf('nowhere')), false);
    await nothingIsLeft();
  });

  it('by a port that is taken fails where no other flow may be tried, and waits for what is pasted where one may', async () => {
    const occupant = createServer().listen(port, '127.0.0.1');
    try {
      const browser = open();
      await assert.rejects(begin(browser, 'busy', by(loopback)), PortUnavailableError);
      const attempt = begin(browser, 'busy', by(loopback, uri));
      await handedOver(browser, 'busy');
      assert.equal((await attempt).get('state'), 'busy');
    } finally {
      await new Promise((resolve) => occupant.close(resolve));
    }
    await nothingIsLeft();
  });
});
