import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XApiErrorName, XSignInErrorName } from '../../src/api/x-authentication.d.ts';
import { ROOT } from '../host/project.ts';

const GUIDE = readFileSync(join(ROOT, 'docs', 'for-extension-authors.md'), 'utf8');

/** Every name, so that the compiler sees to it that none is missing. */
const SIGN_IN_ERRORS: Readonly<Record<XSignInErrorName, true>> = {
  Cancelled: true,
  Denied: true,
  TimedOut: true,
  Misconfigured: true,
  Unreachable: true,
  Refused: true,
  Unexpected: true,
};
const API_ERRORS: Readonly<Record<XApiErrorName, true>> = {
  ForeignSession: true,
  SessionEnded: true,
  ForbiddenDestination: true,
  UnsupportedVersion: true,
  Unreachable: true,
  Misconfigured: true,
  Unexpected: true,
};

describe('The guide for extension authors', () => {
  it('quotes code that is compiled and tested, word for word', () => {
    const quotes = [...GUIDE.matchAll(/(?:<!-- (\S+) -->\n\n)?```ts\n(.*?)\n```/gs)];
    assert.ok(quotes.length >= 6);
    for (const [whole, file, code = ''] of quotes) {
      assert.ok(file, `Nobody runs this: ${whole}`);
      assert.ok(readFileSync(join(ROOT, file), 'utf8').includes(code), `${file} has changed.`);
    }
    const quoted = new Set(quotes.map(([, file]) => file));
    const recipes = globSync('examples/recipes/src/*.ts', { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'));
    const others = recipes.filter((file) => !quoted.has(file)).map((file) => file.split('/').at(-1));
    assert.deepEqual(new Set(others), new Set(['extension.ts', 'x-authentication.d.ts']));
  });

  for (const [title, names] of [
    ['When it fails', SIGN_IN_ERRORS],
    ['The exported API', API_ERRORS],
  ] as const) {
    it(`names every error under “${title}”`, () => {
      const [, section = ''] = GUIDE.split(`## ${title}\n`);
      const rows = section.split('\n## ', 1)[0]?.matchAll(/^\| `(\w+)` /gm) ?? [];
      const documented = [...rows].map(([, name]) => name).filter((name) => name !== 'name');
      assert.deepEqual(new Set(documented), new Set(Object.keys(names)));
    });
  }

  it('has a link to nothing that is not there', () => {
    for (const [, target = ''] of GUIDE.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)) {
      readFileSync(join(ROOT, 'docs', target, target.endsWith('recipes') ? 'package.json' : ''));
    }
  });

  it('has types to copy, which the example has copied', () => {
    const copy = readFileSync(join(ROOT, 'examples', 'recipes', 'src', 'x-authentication.d.ts'), 'utf8');
    assert.equal(copy, readFileSync(join(ROOT, 'src', 'api', 'x-authentication.d.ts'), 'utf8'));
  });
});
