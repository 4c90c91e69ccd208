import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractTexts, FAMILIES, fileOf, LANGUAGES, readBundle, textOf } from '../host/l10n.ts';
import { ROOT } from '../host/project.ts';

function allOf(pattern: RegExp, text: string): readonly string[] {
  const found = [...text.matchAll(pattern)].map(([whole, group]) => group ?? whole);
  return found.toSorted();
}

/** What must be the same in every language, whatever stands around it. */
const FIXED: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['placeholders', /\{\d+\}/g],
  ['links', /\]\(([^)]*)\)/g],
  ['code', /`[^`]*`/g],
  ['names of settings', /xAuthentication\.\w+|X_CLIENT_ID/g],
  ['lines', /\n/g],
];

describe('The words of the extension', () => {
  it('are all in the bundle: npm run l10n brings it up to date', async () => {
    assert.deepEqual(readBundle('l10n/bundle.l10n.json'), await extractTexts());
  });

  it('are literal, so that they can be found', () => {
    for (const file of globSync('src/**/*.ts', { cwd: ROOT })) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      const built = /l10n\.t\(\s*(?:(?!\s|['"{])|\{\s*(?!\s|message: ?\s*['"])|(?:'[^'\n]*'|"[^"\n]*")\s*\+).*/.exec(
        source,
      );
      assert.equal(built, null, `${file}: ${built?.[0] ?? ''}`);
      const comment = /^\s+comment\b(?!: \[).*/m.exec(source);
      assert.equal(comment, null, `${file}: ${comment?.[0] ?? ''}`);
    }
  });

  for (const family of FAMILIES) {
    const english = readBundle(fileOf(family));
    for (const language of LANGUAGES) {
      describe(`in ${fileOf(family, language)}`, () => {
        const translated = readBundle(fileOf(family, language));

        it('are complete, and nothing is left over', () => {
          assert.deepEqual(Object.keys(translated), Object.keys(english));
          const empty = Object.keys(translated).filter((key) => textOf(translated, key).trim() === '');
          assert.deepEqual(empty, []);
        });

        for (const [what, pattern] of FIXED) {
          it(`have the same ${what}`, () => {
            for (const key of Object.keys(translated)) {
              const [there, here] = [textOf(english, key), textOf(translated, key)].map((text) =>
                allOf(pattern, text).filter((found) => !found.startsWith('`X: ')),
              );
              assert.deepEqual(here, there, key);
            }
          });
        }

        it('call commands by the names that they have in this language', () => {
          const titles = readBundle(fileOf('package.nls'));
          const theirs = readBundle(fileOf('package.nls', language));
          for (const key of Object.keys(translated)) {
            for (const title of allOf(/["`]X: ([^"`]+)["`]/g, textOf(english, key))) {
              const command = Object.keys(titles).find((name) => name.startsWith('command.') && titles[name] === title);
              assert.ok(command !== undefined, `${key}: there is no command X: ${title}`);
              assert.ok(textOf(translated, key).includes(`X: ${textOf(theirs, command)}`), key);
            }
          }
        });
      });
    }
  }

  it('of package.json are all there, and all used', () => {
    const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
    const used = new Set(allOf(/"%([\w.]+)%"/g, manifest));
    assert.deepEqual([...used].toSorted(), Object.keys(readBundle('package.nls.json')).toSorted());
  });
});
