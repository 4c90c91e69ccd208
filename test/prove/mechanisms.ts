import type { Patch } from './program.ts';

/** Something that the argument in docs/refresh.md rests on, and how to do without it. */
export interface Mechanism {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Scenarios that may need it; the search tries these first. */
  readonly scenarios: readonly string[];
}

export const mechanisms: readonly Mechanism[] = [
  {
    name: 'the lock around a refresh',
    patches: [
      {
        file: 'ipc/locks.ts',
        find: '  let hasBegun = false;\n',
        replace: '  if (name.length === 36) return action({ held: async () => true });\n  let hasBegun = false;\n',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'to look again inside that lock, and when it is marked',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: 'const entry = await this.#grants.entry(known.id);\n    if (done !== undefined || entry === undefined) return',
        replace: 'const entry = { grant: known, sent: undefined };\n    if (known === undefined) return',
      },
      {
        file: 'sessions/refresh.ts',
        find: "if (!isLive(marked) || !sameState(marked.grant, grant)) return isLive(marked) ? 'refreshed' : 'ended';",
        replace: '',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'to ask for that lock again before sending',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: "if (!(await lease.held())) return 'unreachable';",
        replace: '',
      },
    ],
    scenarios: ['two windows refresh', 'one window refreshes'],
  },
  {
    name: 'the mark that a request is sent',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: 'const marked = await this.#mark(grant, { id, isRefused: false }, true);',
        replace: 'const marked = await this.#grants.entry(grant.id);',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'not to believe at once what X refuses',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: 'if (isAlone && !(await this.#grants.mayBeReplaced(grant))) return',
        replace: 'if (!(await this.#grants.mayBeReplaced(grant))) return',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'to wait for the name of a later sign-in',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: 'if (isAlone && !(await this.#grants.mayBeReplaced(grant))) return',
        replace: 'if (isAlone) return',
      },
      {
        file: 'sessions/refresh.ts',
        find: 'if (isOver && (isLongOver || !(await this.#grants.mayBeReplaced(doubt.grant)))) {',
        replace: 'if (isOver) {',
      },
    ],
    scenarios: ['refresh, sign-in elsewhere', 'refresh, sign-in in the same window', 'late name, sign-in'],
  },
  {
    name: 'to keep what X gave for what another window has ended',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: "if (ended === 'signed-out' || ended === 'moved') return undefined;",
        replace: 'if (ended !== undefined) return undefined;',
      },
    ],
    scenarios: ['two windows refresh'],
  },
  {
    name: 'to compare an answer with the sign-in that it is for',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: 'if (grant.signInId !== before.signInId || grant.generation > before.generation) return undefined;',
        replace: '',
      },
    ],
    scenarios: ['refresh, sign-in elsewhere', 'refresh, wider consent'],
  },
  {
    name: 'to let a sign-out stand',
    patches: [
      {
        file: 'sessions/refresh.ts',
        find: "if (ended === 'signed-out' || ended === 'moved') return undefined;",
        replace: '',
      },
    ],
    scenarios: ['refresh, sign-out'],
  },
  {
    name: 'to sign out of what was meant, and of nothing newer',
    patches: [
      {
        file: 'sessions/store/grants.ts',
        find: 'if (!isLive(current) || current.grant.signInId !== meant.signInId) return undefined;',
        replace: 'if (!isLive(current)) return undefined;',
      },
    ],
    scenarios: ['sign-out, sign-in'],
  },
  {
    name: 'the register (SecretStorage alone)',
    patches: [
      {
        file: 'sessions/store/grants.ts',
        find: '(this.#register ??= await this.#deps.register(storeKey))',
        replace: 'await this.#deps.register(storeKey)',
      },
    ],
    scenarios: ['two windows refresh', 'both signed in, both refresh'],
  },
  {
    name: 'the lock around a change of the register',
    patches: [
      {
        file: 'sessions/store/register.ts',
        find: 'for (let tries = 0; tries < MOST_TRIES; tries++) {',
        replace: 'for (let tries = 0; tries < 0; tries++) {',
      },
    ],
    scenarios: ['refresh, sign-out', 'sign-out, sign-in', 'refresh, sign-in elsewhere'],
  },
  {
    name: 'to ask for that lock again when it is written',
    patches: [
      {
        file: 'sessions/store/register.ts',
        find: '    if (!(await lease.held())) return false;\n    if (next.ended === undefined) return true;',
        replace: '    return true;',
      },
    ],
    scenarios: ['refresh, sign-out', 'sign-out, sign-in', 'refresh, sign-in elsewhere', 'two windows refresh'],
  },
  {
    name: 'the key that is written once, and by nobody who has not seen it',
    patches: [
      {
        file: 'sessions/store/storeKey.ts',
        find: 'if (await this.#isElsewhere())',
        replace: 'if (false)',
      },
    ],
    scenarios: ['sign-in that was not seen, refresh', 'both signed in, both refresh', 'two sign-ins at once'],
  },
  {
    name: 'the lock around a sign-in to an app',
    patches: [
      {
        file: 'sessions/signIns.ts',
        find: 'await this.#exclusively(signInTo(app), () => this.#exchange(id, app, request, callback));',
        replace: 'await this.#exchange(id, app, request, callback);',
      },
    ],
    scenarios: ['two sign-ins at once', 'two sign-ins, X slow to name'],
  },
  {
    name: 'to keep what X gives before X says whose it is',
    patches: [
      {
        file: 'sessions/signIns.ts',
        find: 'await this.#grants.keep(unnamed(given), { isPending: true });',
        replace: '',
      },
    ],
    scenarios: ['one window signs in', 'two sign-ins at once'],
  },
  {
    name: 'to take over the sign-in of a window that died',
    patches: [
      {
        file: 'sessions/sessions.ts',
        find: '    await this.#signIns.takeOver();\n',
        replace: '',
      },
    ],
    scenarios: ['one window signs in', 'two sign-ins at once'],
  },
  {
    name: 'the number of a sign-in',
    patches: [
      {
        file: 'sessions/signIns.ts',
        find: 'signInNumber: await this.#grants.nextSignInNumber(app),',
        replace: 'signInNumber: 1,',
      },
    ],
    scenarios: ['two sign-ins, X slow to name', 'late name, sign-in', 'refresh, sign-in elsewhere'],
  },
  {
    name: 'to finish naming where a window died',
    patches: [
      {
        file: 'sessions/store/grants.ts',
        find: '      await this.#finishNaming();\n',
        replace: '',
      },
    ],
    scenarios: ['sign-out, sign-in', 'late name, sign-in'],
  },
  {
    name: 'the copy in SecretStorage',
    patches: [
      {
        file: 'sessions/store/grants.ts',
        find: '      if (entry.ended === undefined) await records.write(entry.grant);\n',
        replace: '      if (entry.ended === undefined) return;\n',
      },
    ],
    scenarios: ['the files are gone, refresh'],
  },
];
