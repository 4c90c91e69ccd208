import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { mutantsOf } from '../../mutants/mutate.ts';
import { withSwitches } from '../../mutants/switches.ts';

/** Uses all that can be switched, and notes what it does in `log`. */
const SOURCE = `
  const log = [];
  const note = (what) => { log.push(what); return what; };
  class Counter {
    #count = 1;
    add(by = 2) { this.#count += by; note(this.#count); return this.#count; }
    get isLarge() { return this.#count > 3 && !(this.#count >= 9); }
  }
  function act(value, other) {
    const counter = new Counter();
    const list = [value, 'two', \`three \${other}\`].filter((each) => each !== other);
    for (const each of list) { note(each); if (each === 'two') { note('found'); break; } else { note(typeof each); note('on'); } }
    try { counter.add(value?.size ?? 3); counter.add(); if (value === 'bad') throw new Error('bad value'); }
    catch (error) { note(error instanceof Error ? error.message.slice(0, 2) : 'odd'); note('caught'); }
    finally { note('finally'); note(value?.call?.(1)); }
    switch (other) { case 1: note('one'); break; case 'x': note('x'); default: note('default'); }
    let left = 2;
    while (left > 0) { left--; note(-left); }
    return { ...(other && { other }), large: counter.isLarge, list };
  }
  const results = [['bad', 1], [{ size: 7, call: (by) => by + 1 }, 'x'], [undefined, undefined], ['two', 'two']].map(
    ([value, other]) => { try { return act(value, other); } catch (error) { return 'threw ' + error.name; } },
  );
  JSON.stringify([results, log]);
`;

function outcomeOf(source: string, mutant?: string): unknown {
  try {
    return runInNewContext(source, { process: { env: { MUTANT: mutant } } }, { timeout: 200 });
  } catch (error) {
    return String(error);
  }
}

describe('A file with switches', () => {
  const mutants = mutantsOf('file.js', SOURCE);
  const switched = withSwitches(
    SOURCE,
    mutants.map(({ host, from, to, now }, id) => {
      return { id, host, text: SOURCE.slice(host.from, from) + now + SOURCE.slice(to, host.to) };
    }),
  );

  it('does what it did as long as none is on', () => {
    assert.ok(mutants.length > 100, `${mutants.length} mutants`);
    assert.equal(outcomeOf(switched), outcomeOf(SOURCE));
    assert.match(String(outcomeOf(SOURCE)), /finally/);
  });

  it('does what its mutant does as long as one is on', () => {
    let others = 0;
    for (const [id, { from, to, was, now }] of mutants.entries()) {
      const expected = outcomeOf(SOURCE.slice(0, from) + now + SOURCE.slice(to));
      assert.equal(outcomeOf(switched, String(id)), expected, `${was} → ${now}`);
      if (expected !== outcomeOf(SOURCE)) others++;
    }
    assert.ok(others > mutants.length / 2, `${others} of ${mutants.length} do something else`);
  });
});
