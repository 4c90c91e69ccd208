import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { missingTests, namedTests } from '../host/namedTests.ts';

/** Only some of the tests, or of their files, were asked for. */
const isFiltered = process.argv
  .slice(2)
  .some((argument) => /^(-g|--grep|-f|--fgrep)\b/.test(argument) || (argument.endsWith('.ts') && existsSync(argument)));

describe('SECURITY.md', () => {
  it('names only tests that exist', () => {
    assert.deepEqual(missingTests(namedTests()), []);
  });

  it('is found out when it names a test that does not exist', () => {
    const page = 'unit: `SECURITY.md names only tests that exist`, unit: `SECURITY.md is always right`';
    assert.deepEqual(missingTests(namedTests(page)), [{ suite: 'unit', title: 'SECURITY.md is always right' }]);
  });
});

after('the tests that SECURITY.md names have run', function () {
  if (isFiltered) return;
  const passed = new Set<string>();
  this.test?.parent?.eachTest((test) => {
    if (test.state === 'passed') passed.add(test.fullTitle());
  });
  const named = namedTests().filter(({ suite }) => suite === 'unit');
  assert.deepEqual(
    named.filter(({ title }) => !passed.has(title)),
    [],
  );
});
