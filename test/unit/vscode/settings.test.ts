import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { notAClientId } from '../../../src/x/clientId.ts';
import { NATIVE_APP, WEB_APP } from 'x-authentication-testing';
import { readBaseUrl, type Traffic, UnsafeBaseUrlError } from '../../../src/x/baseUrls.ts';

const Setting = v.object({ pattern: v.optional(v.string()), scope: v.string(), ignoreSync: v.optional(v.boolean()) });
const Manifest = v.object({
  contributes: v.object({ configuration: v.object({ properties: v.record(v.string(), Setting) }) }),
  capabilities: v.object({ untrustedWorkspaces: v.object({ restrictedConfigurations: v.array(v.string()) }) }),
});
const manifest = v.parse(
  Manifest,
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8')),
);

function accepts(setting: string, text: string): boolean {
  const pattern = manifest.contributes.configuration.properties[`xAuthentication.${setting}`]?.pattern;
  assert.ok(pattern !== undefined, `${setting} has a pattern`);
  return new RegExp(pattern).test(text);
}

function canBeRead(text: string, traffic: Traffic): boolean {
  try {
    readBaseUrl(text, traffic);
    return true;
  } catch (error) {
    if (error instanceof UnsafeBaseUrlError) return false;
    throw error;
  }
}

const BASE_URLS: readonly (readonly [setting: string, traffic: Traffic])[] = [
  ['apiBaseUrl', 'secrets'],
  ['relayUrl', 'secrets'],
  ['authorizationBaseUrl', 'pages'],
];

describe('What is typed into a setting', () => {
  const urls = [
    'https://api.x.com',
    'https://api.x.com/',
    'https://gateway.example.com:8443/x/api',
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://127.5.6.7',
    'http://[::1]:4000',
    'https://x.localhost',
    'http://x.localhost:4000/i/',
    'http://a.b.localhost',
    'http://127.0.0.1.localhost',
    'http://x.localhost.',
    'http://localhost.',
    'http://x.localhost@evil.com',
    'http://x.localhost.evil.com',
    '',
    'api.x.com',
    'https://',
    'http://api.x.com',
    'http://localhost.evil.com',
    'http://evil-localhost',
    'http://127.0.0.1.evil.com',
    'http://127.0.0.1@evil.com',
    'http://localhost:80@evil.com',
    'http://[::2]',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://192.168.0.1',
    'ftp://127.0.0.1',
    'https://user@api.x.com',
    'https://api.x.com?a=b',
    'https://api.x.com#',
  ];
  for (const [setting, traffic] of BASE_URLS) {
    for (const url of urls) {
      const usable = canBeRead(url, traffic);
      it(`${setting}: ${JSON.stringify(url)} is ${usable ? 'accepted' : 'refused'}, as it is when it is used`, () => {
        assert.equal(accepts(setting, url), usable);
      });
    }
  }

  it('may be http to a name below localhost only where it says where X’s sign-in pages are', () => {
    const settings = BASE_URLS.filter(([setting]) => accepts(setting, 'http://x.localhost')).map(
      ([setting]) => setting,
    );
    assert.deepEqual(settings, ['authorizationBaseUrl']);
  });

  it('is tested here for every setting that is a base URL', () => {
    const { properties } = manifest.contributes.configuration;
    const settings = Object.keys(properties).filter((name) => properties[name]?.pattern?.includes('https:'));
    assert.deepEqual(settings.toSorted(), BASE_URLS.map(([setting]) => `xAuthentication.${setting}`).toSorted());
  });

  for (const text of [
    NATIVE_APP.clientId,
    WEB_APP.clientId,
    NATIVE_APP.apiKey,
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '1815121018520000001-abcDEF',
    '12345678',
    'two words',
  ]) {
    it(`clientId: ${JSON.stringify(text)} is judged as X: Set Up App Credentials does`, () => {
      assert.equal(accepts('clientId', text), notAClientId(text) === undefined);
    });
  }

  it('clientId: nothing is accepted, because it is what there is before an app is set up', () => {
    assert.ok(accepts('clientId', ''));
  });
});

describe('The settings', () => {
  const { properties } = manifest.contributes.configuration;
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;

  it('can be set by no workspace, and those that name a server or a port stay on the machine', () => {
    assert.deepEqual(Object.keys(properties).toSorted(), restrictedConfigurations.toSorted());
    for (const [name, { scope, ignoreSync = false }] of Object.entries(properties)) {
      assert.equal(scope, 'application', name);
      assert.equal(ignoreSync, /Url$|Port$/.test(name), name);
    }
  });
});
