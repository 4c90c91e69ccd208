import assert from 'node:assert/strict';
import { CLIENT_ID, SCOPE } from '../../../src/oauth/characters.ts';

describe('The characters', () => {
  for (const [what, pattern, allowed, longest] of [
    ['a scope', SCOPE, ['tweet.read', 'a_b-C:1/2'], 100],
    ['a client id', CLIENT_ID, ['bGRqeFdzX2c0ZlNIOjE6MTpj', 'a-b_C=+/1'], 200],
  ] as const) {
    it(`of ${what} are these, from the first to the last`, () => {
      for (const text of [...allowed, 'a'.repeat(longest)]) assert.match(text, pattern);
      for (const text of ['', ' a', 'a ', 'a\n', '\na', 'a b', '[a', 'a)', '$(a', 'a`', 'ä', 'a'.repeat(longest + 1)]) {
        assert.doesNotMatch(text, pattern);
      }
    });
  }
});
