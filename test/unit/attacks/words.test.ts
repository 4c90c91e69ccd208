import assert from 'node:assert/strict';
import './editor.ts';

describe('The words for scopes', () => {
  for (const scope of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    it(`show "${scope}" as a scope that is not explained, and do not hide it`, async () => {
      const { scopesInWords, scopeWords } = await import('../../../src/vscode/scopeWords.ts');
      assert.match(String(scopeWords(scope)), /not explained here yet/);
      assert.equal(scopesInWords([scope, 'tweet.read']), `See posts that you can see · ${scope}`);
    });
  }
});
