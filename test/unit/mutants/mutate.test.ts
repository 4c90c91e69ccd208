import assert from 'node:assert/strict';
import { mutantsOf } from '../../mutants/mutate.ts';

/** What becomes of a line, as the lines that are tried in its place. */
function mutated(source: string): readonly string[] {
  return mutantsOf('file.ts', source).map(({ from, to, now }) => source.slice(0, from) + now + source.slice(to));
}

describe('The mutants of a file', () => {
  for (const [source, ...expected] of [
    ['if (a) b();', 'if (true) b();', 'if (false) b();'],
    ['if (a === b) c();', 'if (true) c();', 'if (false) c();'],
    ['if (a && b) c();', 'if (a) c();', 'if (b) c();', 'if (false) c();', 'if (a || b) c();'],
    ['x = a ?? b;', ';', 'x = a;', 'x = b;'],
    ['x(a < b);', ';', 'x(a <= b);', 'x(a >= b);'],
    ["x(a + 'b');", ';', "x(a + '');"],
    ['x(!a);', ';', 'x(a);'],
    ['x(`a${b}`, 7, true, /^a/);', ';', 'x(``, 7, true, /^a/);'],
    ['await a.b();', ';'],
    ['a?.b?.();', ';', 'a.b?.();', 'a?.b();'],
    ['const f = () => a > b;', 'const f = () => true;', 'const f = () => false;'],
    ['const f = () => a.filter(b);', 'const f = () => undefined;', 'const f = () => a;'],
    ['const x = { a: [b] };', 'const x = {};', 'const x = { a: [] };'],
    ['for (const a of b) { c(); d(); }', 'for (const a of b) {}'],
    ['switch (a) { case 1: b(); }', 'switch (a) { case 1:  }'],
  ] as const) {
    it(`of “${source}” are ${expected.join(' and ')}`, () => {
      const found = mutated(source);
      for (const each of expected) assert.ok(found.includes(each), `${each} is not among ${found.join(' ')}`);
    });
  }

  for (const source of [
    "import a from 'b';",
    "type A = 'b' | { c: 1 };",
    "log.info('a' + b);",
    'this.#log?.warn(`a${b}`);',
    'const a = new Error(`could not ${b}`);',
    "class A extends Error { name = 'A'; }",
    "const { 'a': b } = c;",
    'while (a) {}',
  ]) {
    it(`leave “${source}” as it is, or end it`, () => {
      for (const each of mutated(source)) assert.equal(each, source.replace('(a)', '(false)'));
    });
  }

  it('are each tried once, and known by the function that they are in', () => {
    const source = 'class A {\n  b() {\n    if (!c) d();\n  }\n}';
    const found = mutantsOf('file.ts', source).map(({ line, within, was, now }) => [line, within, was, now]);
    assert.deepEqual(found, [
      [2, 'b', '{\n    if (!c) d();\n  }', '{}'],
      [3, 'b', '!c', 'true'],
      [3, 'b', '!c', 'false'],
    ]);
  });
});
