import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { destinationOf, readAllowList } from '../../media/relay/destination.js';
import { holds } from './fuzz.ts';
import { anyJson, anyText } from './words.ts';

const WEB = 'https://editor.example.com/oss-123/callback';
const DESKTOP = 'vscode://xauth.x-authentication/callback';
const ALLOWED = { schemes: ['vscode', 'code-oss'], callbacks: [WEB, 'http://127.0.0.1:8080/callback'] };

const piece = fc.oneof(
  fc.constantFrom(
    WEB,
    DESKTOP,
    'https://evil.example/callback',
    'javascript:',
    'vscode://evil.extension',
    '/callback',
    '?vscode-reqid=3&vscode-scheme=code-oss&vscode-authority=xauth.x-authentication&vscode-path=%2Fcallback',
    '&vscode-query=nonce%3D1',
    '?nonce=1',
    '@evil.example',
    '\\',
    '/../',
    '#',
    ':443',
    '&code=evil',
  ),
  anyText,
);
const state = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const nearlyGood = fc.constantFrom(
  'vscode://xauth.x-authentication/other?nonce=1',
  'vscode://evil.extension/callback?nonce=1',
  'cursor://xauth.x-authentication/callback?nonce=1',
  `${DESKTOP}?nonce=1`,
  `${WEB}?vscode-reqid=3&vscode-scheme=code-oss&vscode-authority=xauth.x-authentication&vscode-path=%2Fcallback`,
);
const parameter = fc.oneof(
  fc.tuple(fc.constant('state'), fc.oneof(state, nearlyGood)),
  fc.tuple(fc.constantFrom('code', 'error', 'error_description', 'windowId', '__proto__'), anyText),
);
const query = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(parameter, { maxLength: 5 }).map((all) => `?${new URLSearchParams(all).toString()}`),
  },
  { weight: 1, arbitrary: anyText },
);

describe('The relay page, whatever comes to it,', () => {
  holds(
    'forwards to an address on its list, or stays where it is',
    fc.asyncProperty(query, async (given) => {
      const destination = destinationOf(given, ALLOWED);
      if (destination.kind !== 'forward') {
        assert.ok(['denied', 'no-state', 'nothing', 'not-allowed'].includes(destination.kind));
        return;
      }
      const { protocol, host, pathname, origin, hash, username } = new URL(destination.href);
      const isDesktop = ['vscode:', 'code-oss:'].includes(protocol) && host === 'xauth.x-authentication';
      assert.ok(isDesktop ? pathname === '/callback' : ALLOWED.callbacks.includes(origin + pathname), destination.href);
      assert.equal(hash + username, '');
      const sent = new URLSearchParams(given);
      assert.ok(destination.href.startsWith(sent.get('state') ?? '-'), 'to the letter');
      assert.equal(new URL(destination.href).searchParams.get('code'), sent.get('code'));
    }),
    2,
  );

  holds(
    'reads a list of whole addresses, or refuses it in a sentence',
    fc.asyncProperty(
      fc.oneof(
        anyJson,
        fc.record({ schemes: fc.oneof(anyJson, fc.array(anyText)), callbacks: fc.oneof(anyJson, fc.array(state)) }),
      ),
      async (list) => {
        try {
          for (const entry of readAllowList(list).callbacks) {
            const { protocol, pathname, href } = new URL(entry);
            assert.ok(/^https?:$/.test(protocol) && pathname.endsWith('/callback') && href === entry, entry);
          }
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof TypeError, String(error));
        }
      },
    ),
  );
});
