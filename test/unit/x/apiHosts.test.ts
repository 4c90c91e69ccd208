import assert from 'node:assert/strict';
import { apiUrl, checkDestination } from '../../../src/x/apiHosts.ts';

const X = 'https://api.x.com';
const GATEWAY = 'https://gateway.example.com/x-api';

function mayGo(to: string, base: string): boolean {
  try {
    checkDestination(apiUrl(to, base), base);
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'ForbiddenDestinationError', String(error));
    return false;
  }
}

describe('Credentials', () => {
  for (const [base, to] of [
    [X, '/2/users/me'],
    [X, '//example.com/'],
    [X, `${X}/2/users/me`],
    [X, 'https://upload.x.com/1.1/media/upload.json'],
    [X, 'https://ads-api.x.com/12/accounts'],
    [X, 'https://ads-api.twitter.com/12/accounts'],
    [X, 'https://upload.twitter.com/1.1/media/upload.json'],
    ['https://api.twitter.com', `${X}/2/users/me`],
    [GATEWAY, '/2/users/me'],
    [GATEWAY, GATEWAY],
    [GATEWAY, `${GATEWAY}?a=b`],
    [GATEWAY, `${GATEWAY}/2/tweets/%2E%2E/x`],
    ['http://127.0.0.1:9', 'http://127.0.0.1:9/anything'],
  ] as const) {
    it(`of ${base} may go to ${to}`, () => assert.ok(mayGo(to, base)));
  }

  for (const [base, to] of [
    [X, GATEWAY],
    [X, 'http://api.x.com/2/users/me'],
    [X, 'https://api.x.com.example.com/'],
    [X, 'https://api.x.com@example.com/'],
    [GATEWAY, `${X}/2/users/me`],
    [GATEWAY, 'https://gateway.example.com/'],
    [GATEWAY, 'https://gateway.example.com/x-api-2/me'],
    [GATEWAY, 'https://gateway.example.com/X-API/me'],
    [GATEWAY, 'https://gateway.example.com/other/..%2fx-api/me'],
    [GATEWAY, '/../other'],
    [GATEWAY, '/%2e%2E/other'],
    [GATEWAY, '/..%2fother'],
    [GATEWAY, '/..%25252fother'],
    [GATEWAY, '/2/..%5C..%5Cother'],
    [GATEWAY, '\\other.example.com'],
    ['http://127.0.0.1:9', 'http://127.0.0.1:10/'],
    ['http://127.0.0.1:9', 'http://localhost:9/'],
  ] as const) {
    it(`of ${base} may not go to ${to}`, () => {
      if (URL.canParse(to.startsWith('/') ? base + to : to)) assert.ok(!mayGo(to, base));
      else assert.throws(() => apiUrl(to, base), TypeError);
    });
  }

  it('are judged at once, however often something is encoded', () => {
    assert.ok(!mayGo(`/..%${'25'.repeat(500_000)}2fother`, GATEWAY));
    assert.ok(mayGo(`/2/${'%25'.repeat(500_000)}`, GATEWAY));
  });
});
