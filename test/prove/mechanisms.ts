import type { Patch } from './program.ts';

/** Something that the argument in docs/renewal.md rests on, and how to do without it. */
export interface Mechanism {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Scenarios that may need it; the search tries these first. */
  readonly scenarios: readonly string[];
}

export const mechanisms: readonly Mechanism[] = [
  {
    name: 'the lock around a renewal',
    patches: [
      {
        file: 'sessions/renewal.ts',
        find: 'return await this.#locks.withLock<T>(name, waiting, (lease) => {',
        replace:
          'if (name.length === 36) return await action(NO_LOCK);\n      return await this.#locks.withLock<T>(name, waiting, (lease) => {',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'to look again inside the lock',
    patches: [
      {
        file: 'sessions/renewal.ts',
        find: 'const grant = await this.#grants.find(known.id);\n    if (done !== undefined || grant === undefined)',
        replace: 'const grant: Grant | undefined = known;\n    if (grant === undefined)',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'the note before the store',
    patches: [
      {
        file: 'sessions/grants.ts',
        find: "if (!(await this.#leave(old, { kind: 'renewed', grant: next })) && !(await this.#isStuck(old))) return false;\n    await this.#keep(old, next);",
        replace: 'await this.#keep(old, next);',
      },
    ],
    scenarios: ['two windows refresh', 'one window refreshes'],
  },
  {
    name: 'the mark that a request was sent',
    patches: [
      {
        file: 'sessions/renewal.ts',
        find: 'const isMarked = await this.#markSent(grant, { id, isRefused: false });',
        replace: 'const isMarked = true;',
      },
    ],
    scenarios: ['two windows refresh'],
  },
];
