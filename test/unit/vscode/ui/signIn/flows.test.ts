import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Environment, FlowChoice, ListenDeps } from '../../../../../src/vscode/ui/signIn/flows/flow.ts';
import { callbackUrls, flowsToOffer, flowsToTry, judgeFlows } from '../../../../../src/vscode/ui/signIn/flows/flows.ts';
import {
  SIGN_IN_METHOD_SETTINGS,
  SIGN_IN_METHODS,
  type SignInMethod,
} from '../../../../../src/vscode/signInMethodSetting.ts';

import { PortUnavailableError } from '../../../../../src/oauth/loopback.ts';
import { loopback } from '../../../../../src/vscode/ui/signIn/flows/loopback.ts';
import { paste } from '../../../../../src/vscode/ui/signIn/flows/paste.ts';
import { PIN } from '../../../../../src/vscode/ui/signIn/flows/pin.ts';
import { relay } from '../../../../../src/vscode/ui/signIn/flows/relay.ts';
import { uri } from '../../../../../src/vscode/ui/signIn/flows/uri.ts';
import { freePort } from '../../../../host/freePort.ts';

const VSCODE_DEV = 'https://vscode.dev/redirect';
const OWN_RELAY = 'https://relay.example.com/x/';

/** A desktop, where `asExternalUri` does nothing but name the window. */
function desktop(uriScheme: string, relayUrl = VSCODE_DEV): Environment {
  const appUri = `${uriScheme}://xauth.x-authentication/callback`;
  return {
    loopbackPort: 41951,
    loopbackUri: 'http://127.0.0.1:41951/callback',
    appUri,
    externalAppUri: `${appUri}?windowId=1`,
    isDesktop: true,
    relayUrl,
  };
}

/** An editor at `address` in a browser, which reaches the port of the extension's machine by `loopbackUri`. */
function inBrowser(address: string, loopbackUri: string, uriScheme = 'vscode', relayUrl = VSCODE_DEV): Environment {
  return {
    ...desktop(uriScheme, relayUrl),
    loopbackUri,
    externalAppUri: `${address}/callback?vscode-reqid=1&vscode-scheme=${uriScheme}&vscode-authority=xauth.x-authentication&vscode-path=/callback`,
    isDesktop: false,
  };
}

const LOCAL = 'http://127.0.0.1:41951/callback';

interface Row {
  readonly where: string;
  readonly environment: Environment;
  readonly tried: readonly SignInMethod[];
  readonly offered: readonly SignInMethod[];
  /** What is registered with X for the method that is tried first. */
  readonly redirectUri: string;
  readonly why: readonly [SignInMethod, RegExp];
}

const ROWS: readonly Row[] = [
  {
    where: 'VS Code on a desktop',
    environment: desktop('vscode'),
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['relay', /forwards to this editor/],
  },
  {
    where: 'VS Code Insiders on a desktop',
    environment: desktop('vscode-insiders'),
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['uri', /hands vscode-insiders: addresses/],
  },
  {
    where: 'a desktop with a folder over SSH, in WSL or in a container: the extension runs on the desktop all the same',
    environment: desktop('vscode'),
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['loopback', /reaches the port/],
  },
  {
    where:
      'a desktop, where the extension is on the remote machine only and its port is forwarded under its own number',
    environment: { ...desktop('vscode'), loopbackUri: 'http://localhost:41951/callback' },
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    // X does not take `localhost`.
    redirectUri: LOCAL,
    why: ['loopback', /reaches the port/],
  },
  {
    where: 'the same, where the port is forwarded under another number',
    environment: { ...desktop('vscode'), loopbackUri: 'http://127.0.0.1:41952/callback' },
    tried: ['relay', 'uri', 'paste'],
    offered: ['relay', 'uri', 'paste'],
    redirectUri: VSCODE_DEV,
    why: ['loopback', /another number, 41952, which X would refuse/],
  },
  {
    where: 'the same in a fork, where only the address of the editor is left',
    environment: { ...desktop('cursor'), loopbackUri: 'http://127.0.0.1:41952/callback' },
    tried: ['uri', 'paste'],
    offered: ['uri', 'paste'],
    redirectUri: 'cursor://xauth.x-authentication/callback',
    why: ['relay', /Microsoft's editors only/],
  },
  {
    where: 'VSCodium on a desktop',
    environment: desktop('vscodium'),
    tried: ['loopback', 'uri', 'paste'],
    offered: ['loopback', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['relay', /Microsoft's editors only/],
  },
  {
    where: 'a fork with a relay of its own',
    environment: desktop('cursor', OWN_RELAY),
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['relay', /of your own/],
  },
  {
    where: 'Codespaces in a browser, where every codespace has another address for the port',
    environment: inBrowser('https://name.github.dev', 'https://name-41951.app.github.dev/callback'),
    tried: ['relay', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: VSCODE_DEV,
    why: ['loopback', /another one on every machine/],
  },
  {
    where: 'Codespaces from a desktop',
    environment: desktop('vscode'),
    tried: ['loopback', 'relay', 'uri', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['loopback', /reaches the port/],
  },
  {
    where: 'a tunnel at vscode.dev',
    environment: inBrowser('https://vscode.dev', 'https://name-41951.euw.devtunnels.ms/callback'),
    tried: ['relay', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: VSCODE_DEV,
    why: ['relay', /forwards to this editor/],
  },
  {
    where: 'code-server, which has one address for the port that stays',
    environment: inBrowser('https://code.example.com', 'https://code.example.com/proxy/41951/callback', 'code-oss'),
    tried: ['loopback', 'paste'],
    offered: ['loopback', 'uri', 'paste'],
    redirectUri: 'https://code.example.com/proxy/41951/callback',
    why: ['uri', /no operating system hands code-oss: addresses/],
  },
  {
    where: 'code-server on this machine, with a relay of its own',
    environment: inBrowser(
      'http://127.0.0.1:8951',
      'http://127.0.0.1:8951/proxy/41951/callback',
      'code-oss',
      OWN_RELAY,
    ),
    tried: ['loopback', 'relay', 'paste'],
    offered: ['loopback', 'relay', 'uri', 'paste'],
    redirectUri: 'http://127.0.0.1:8951/proxy/41951/callback',
    why: ['loopback', /forwards an address of its own/],
  },
  {
    where: '`code serve-web` and the like on this machine, which forward no ports',
    environment: inBrowser('http://127.0.0.1:8000', LOCAL),
    tried: ['loopback', 'paste'],
    offered: ['loopback', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['loopback', /reaches the port/],
  },
  {
    where: 'the same under a name below localhost, which the browser takes for its own machine',
    environment: inBrowser('http://code.localhost:8000', LOCAL),
    tried: ['loopback', 'paste'],
    offered: ['loopback', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['loopback', /reaches the port/],
  },
  {
    where: '`code serve-web` and the like on another machine',
    environment: inBrowser('https://code.example.com', LOCAL),
    tried: ['paste'],
    offered: ['loopback', 'uri', 'paste'],
    redirectUri: LOCAL,
    why: ['loopback', /another machine than the editor/],
  },
];

function methodsOf(choices: readonly FlowChoice[]): readonly string[] {
  return choices.map(({ flow }) => flow.method);
}

describe('Flows', () => {
  for (const { where, environment, tried, offered, redirectUri, why } of ROWS) {
    describe(where, () => {
      it(`tries ${tried.join(', then ')}`, () => {
        assert.deepEqual(methodsOf(flowsToTry('auto', environment)), tried);
      });

      it(`offers ${offered.join(', ')}`, () => {
        assert.deepEqual(methodsOf(flowsToOffer(environment)), offered);
      });

      it(`comes back to ${redirectUri}`, () => {
        assert.equal(flowsToTry('auto', environment)[0]?.redirectUri, redirectUri);
        assert.equal(callbackUrls('auto', environment)[0], redirectUri);
      });

      it(`says why it is so of ${why[0]}`, () => {
        const [method, reason] = why;
        assert.match(judgeFlows(environment).find(({ flow }) => flow.method === method)?.why ?? '', reason);
      });

      it('pastes what would be registered for the flow that is tried', () => {
        const [first] = tried;
        const pasted = flowsToTry('paste', environment)[0];
        // The address bar never shows an address of the editor's own.
        if (first !== 'uri') assert.equal(pasted?.redirectUri, redirectUri);
        else assert.equal(pasted?.redirectUri, environment.loopbackUri);
      });

      it('tries what the setting says and nothing else, if it can work', () => {
        for (const method of SIGN_IN_METHODS) {
          assert.deepEqual(
            methodsOf(flowsToTry(method, environment)),
            offered.filter((one) => one === method),
          );
        }
      });
    });
  }

  it('name each callback URL once, that of the setting first', () => {
    assert.deepEqual(callbackUrls('auto', desktop('vscode')), [
      LOCAL,
      VSCODE_DEV,
      'vscode://xauth.x-authentication/callback',
    ]);
    assert.deepEqual(callbackUrls('relay', desktop('cursor', OWN_RELAY))[0], OWN_RELAY);
    assert.equal(
      callbackUrls('uri', inBrowser('http://127.0.0.1:8951', LOCAL))[0],
      'vscode://xauth.x-authentication/callback',
    );
  });

  it("are not fooled by a host that looks like Microsoft's", () => {
    for (const host of ['vscode.dev.example.com', 'notvscode.dev', 'github.dev.evil.test']) {
      const [, judged] = judgeFlows(inBrowser(`https://${host}`, LOCAL));
      assert.equal(judged?.fit, 'none', host);
    }
  });

  it('are each a value of the setting, beside auto', () => {
    assert.deepEqual(SIGN_IN_METHOD_SETTINGS, ['auto', ...SIGN_IN_METHODS]);
  });
});

describe('A flow', () => {
  const listenDeps = (more: Partial<ListenDeps> = {}): ListenDeps => ({
    redirectUri: LOCAL,
    port: 41951,
    isAnswer: () => true,
    takeError: () => false,
    handOver: async () => false,
    page: async () => '',
    mayPaste: true,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...more,
  });

  it('by the relay puts the address of the window into the state, unless X would not carry that', async () => {
    assert.equal(
      await relay.toState?.('nonce', async (nonce) => `vscode://x/callback?nonce=${nonce}`),
      'vscode://x/callback?nonce=nonce',
    );
    assert.equal(await relay.toState?.('nonce', async () => `vscode://${'x'.repeat(500)}`), undefined);
    for (const { toState } of [loopback, uri, paste, PIN.flow]) assert.equal(toState, undefined);
  });

  it('asks the person at once only where nothing comes by itself', async () => {
    for (const flow of [relay, uri]) assert.deepEqual(await flow.listen(listenDeps()), {});
    for (const flow of [paste, PIN.flow]) assert.deepEqual(await flow.listen(listenDeps()), { isAsked: true });
  });

  it('comes by the editor’s own address where the editor is sent there', () => {
    assert.deepEqual(
      [loopback, relay, uri, paste, PIN.flow].filter(({ comesByUri }) => comesByUri),
      [relay, uri],
    );
  });

  it('by the loopback asks for the callback where another program has the port, if it may', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const port = portOf(occupant);
    try {
      assert.deepEqual(await loopback.listen(listenDeps({ port })), { busyPort: port, isAsked: true });
      await assert.rejects(loopback.listen(listenDeps({ port, mayPaste: false })), PortUnavailableError);
    } finally {
      occupant.close();
    }
  });

  it('by the loopback waits for the callback, and has the port once the attempt before has let go of it', async () => {
    const port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const first = loopback.listen(listenDeps({ port, redirectUri }));
    const second = loopback.listen(listenDeps({ port, redirectUri }));
    const { callback, close } = await first;
    await fetch(`${redirectUri}?code=the-code&state=the-state`, { redirect: 'manual' });
    assert.equal((await callback)?.get('code'), 'the-code');
    await close?.();
    assert.equal((await second).busyPort, undefined);
    await (await second).close?.();
  });
});

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
