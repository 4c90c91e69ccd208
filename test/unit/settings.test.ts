import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { notAClientId } from '../../src/x/clientId.ts';
import { readBaseUrl } from '../../src/x/endpoints.ts';
import { NATIVE_APP, WEB_APP } from '../x/app.ts';

const Settings = v.record(v.string(), v.object({ pattern: v.optional(v.string()) }));
const Manifest = v.object({ contributes: v.object({ configuration: v.object({ properties: Settings }) }) });
const manifest = v.parse(
  Manifest,
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')),
);

function accepts(setting: string, text: string): boolean {
  const pattern = manifest.contributes.configuration.properties[`xAuthentication.${setting}`]?.pattern;
  assert.ok(pattern !== undefined, `${setting} has a pattern`);
  return new RegExp(pattern).test(text);
}

function canBeRead(text: string): boolean {
  try {
    readBaseUrl(text);
    return true;
  } catch {
    return false;
  }
}

describe('What is typed into a setting', () => {
  const urls = [
    'https://api.x.com',
    'https://api.x.com/',
    'https://gateway.example.com:8443/x/api',
    'http://localhost:4000',
    'http://x.localhost:4000/i/',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    '',
    'api.x.com',
    'https://',
    'http://api.x.com',
    'http://localhost.evil.com',
    'http://evil-localhost',
    'http://127.0.0.1.evil.com',
    'http://127.0.0.1@evil.com',
    'http://localhost:80@evil.com',
    'http://192.168.0.1',
    'ftp://127.0.0.1',
    'https://user@api.x.com',
    'https://api.x.com?a=b',
    'https://api.x.com#',
  ];
  for (const setting of ['apiBaseUrl', 'authorizationBaseUrl']) {
    for (const url of urls) {
      it(`${setting}: ${JSON.stringify(url)} is ${canBeRead(url) ? 'accepted' : 'refused'}, as it is when it is used`, () => {
        assert.equal(accepts(setting, url), canBeRead(url));
      });
    }
  }

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
