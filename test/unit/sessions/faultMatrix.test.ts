import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded, type Fetch } from '../../../src/oauth/http.ts';
import { isProvisional } from '../../../src/sessions/grant.ts';
import type { Notice } from '../../../src/sessions/notice.ts';
import { refusalCause } from '../../../src/x/errors.ts';
import { type Effect, type Making, type Row, rows } from './harness/faultRows.ts';
import { HOUR, type Machine, MINUTE, openMachine, type Window, works } from './harness/window.ts';

const TOKEN = '/2/oauth2/token';
const ME = '/2/users/me';

const CELLS = ['refresh', 'exchange', 'whoAmI'] as const;
type Cell = (typeof CELLS)[number];

const NAMES: Readonly<Record<Cell, string>> = {
  refresh: 'the refresh',
  exchange: 'the code exchange',
  whoAmI: 'the question who it is',
};

/** Longer than any back-off. */
const LATER_MS = 16 * MINUTE;

/** `npm test` compares the committed page with what was seen; with this set it writes it. */
const WRITE = process.env['X_WRITE_DOCS'] !== undefined;
const PAGE = join(import.meta.dirname, '../../../docs/fault-matrix.md');

describe('The fault matrix', () => {
  const seen = new Map<Row, Partial<Record<Cell, Effect>>>(rows.map((row) => [row, {}]));

  for (const row of rows) {
    for (const cell of CELLS) {
      const expected = row[cell];
      if (expected === undefined) continue;
      it(`${row.what}, on ${NAMES[cell]}`, async () => {
        await using trouble = await openTrouble(row.making);
        const effect = await EXPERIMENTS[cell](trouble);
        Object.assign(seen.get(row) ?? {}, { [cell]: effect });
        assert.deepEqual(effect, expected);
      });
    }
  }

  it('is what docs/fault-matrix.md says', function () {
    const complete = rows.every((row) =>
      CELLS.every((cell) => seen.get(row)?.[cell] !== undefined || row[cell] === undefined),
    );
    if (!complete) this.skip();
    const page = pageOf(rows.map((row) => ({ what: row.what, ...seen.get(row) })));
    if (WRITE) writeFileSync(PAGE, page);
    assert.equal(readFileSync(PAGE, 'utf8'), page, 'write it anew: X_WRITE_DOCS=1 npm run test:unit');
  });
});

/** A machine on which one request is going to fail. */
interface Trouble extends AsyncDisposable {
  readonly machine: Machine;
  readonly window: Window;
  /** Lets the next request to an endpoint fail, and those after it too, until told that it is over. */
  readonly begin: (endpoint: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

async function openTrouble(making: Making): Promise<Trouble> {
  const machine = await openMachine();
  let elsewhere: { endpoint: string; url: string } | undefined;
  let timeoutMs = 10_000;
  const fetchOrFail: Fetch = (url, init) => {
    const { pathname } = new URL(url);
    const address = elsewhere?.endpoint === pathname ? elsewhere.url + pathname : url;
    return bounded((...request) => fetch(...request), timeoutMs)(address, init);
  };
  const window = machine.open({ fetch: fetchOrFail });
  let stop = async (): Promise<void> => undefined;
  return {
    machine,
    window,
    async begin(endpoint) {
      if ('address' in making) {
        const host = await making.address();
        elsewhere = { endpoint, url: host.url };
        stop = () => host.stop();
        return;
      }
      if (making.timesOut === true) timeoutMs = 250;
      const at = making.at === undefined ? {} : { at: making.at };
      machine.x.fail(endpoint, making.fault(machine.now), at);
    },
    async end() {
      machine.x.clearFaults();
      elsewhere = undefined;
      timeoutMs = 10_000;
      await stop();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await machine[Symbol.asyncDispose]();
    },
  };
}

const EXPERIMENTS: Readonly<Record<Cell, (trouble: Trouble) => Promise<Effect>>> = {
  async refresh({ machine, window, begin, end }) {
    const { accessToken } = await window.signIn();
    machine.now += 2 * HOUR;
    await begin(TOKEN);
    const first = await window.session();
    await end();
    machine.now += LATER_MS;
    const second = await window.session();
    return {
      grant: works(machine, first)
        ? 'refreshed'
        : works(machine, second)
          ? 'kept, refreshed later'
          : first === undefined
            ? 'ended'
            : 'kept, ended by X later',
      caller:
        first === undefined ? 'no session' : first.accessToken === accessToken ? 'the token it had' : 'a fresh token',
      told: machine.notices.map(inShort).join(', ') || 'nothing',
    };
  },

  async exchange({ machine, window, begin, end }) {
    const other = await window.signIn(['tweet.read'], 'grace');
    await begin(TOKEN);
    const result = await window.signIn().catch((error: unknown) => error);
    await end();
    assert.ok(
      (await window.grants.list()).some(({ id }) => id === other.id),
      'another person’s grant is not touched',
    );
    if (result instanceof Error) assert.ok(works(machine, await window.signIn()), 'the next sign-in succeeds');
    assert.deepEqual(machine.notices, []);
    return {
      grant: result instanceof Error ? 'none yet' : 'given',
      // As the error that the caller gets of it is called.
      caller: result instanceof Error ? result.name.replace(/Error$/, '') : 'a session',
      told: advice(result),
    };
  },

  async whoAmI({ machine, window, begin, end }) {
    await begin(ME);
    const grant = await window.signIn();
    await end();
    assert.ok(works(machine, await window.session()));
    machine.now += LATER_MS;
    const later = await window.session();
    const isNamed = later !== undefined && !isProvisional(later.account);
    const whenGiven = isProvisional(grant.account) ? 'never named' : 'named';
    return {
      grant: `given, ${isProvisional(grant.account) && isNamed ? 'named later' : whenGiven}`,
      caller: later?.id === grant.id ? 'a session' : 'another session',
      told: machine.notices.map(inShort).join(', ') || 'nothing',
    };
  },
};

function inShort(notice: Notice): string {
  return notice.kind === 'rejected' && notice.dropped ? 'rejected, dropped' : notice.kind;
}

/** What src/vscode/ui/messages/errors.ts makes of an error, in short. */
function advice(result: unknown): string {
  if (result instanceof UnreachableError) {
    return result.status === undefined ? 'check the connection' : 'try again in a few minutes';
  }
  if (!(result instanceof RefusedError)) return 'nothing';
  return ['unknown-client', 'client-secret'].includes(refusalCause(result)) ? 'set up the app' : 'try again';
}

function pageOf(lines: readonly ({ readonly what: string } & Partial<Record<Cell, Effect>>)[]): string {
  const cellOf = (effect: Effect | undefined): string =>
    effect === undefined ? '' : `${effect.grant} · ${effect.caller} · ${effect.told}`;
  const table = lines.map((line) => `| ${line.what} | ${CELLS.map((cell) => cellOf(line[cell])).join(' | ')} |`);
  return `${HEAD}${table.join('\n')}\n`;
}

const HEAD = `# What happens when something fails

Written by \`test/unit/sessions/faultMatrix.test.ts\`, which makes each of these faults happen to real requests and notes what it
sees; it fails when this page says something else. To write it anew: \`X_WRITE_DOCS=1 npm run test:unit\`.

Each cell says three things: what became of the **grant** · what the **caller** got · what the **person** was told.

- On the **refresh** of an access token that has expired. _Kept, refreshed later_: the fault passes, and so nothing is lost. _Kept, ended by
  X later_: X had spent the refresh token and its answer was lost on the way, so the next try is refused. Nobody can
  prevent that, but it is said as it is (_rejected, dropped_: "The connection dropped while …"). _Ended_: X says
  that the newest refresh token is dead. The notices _unknown-client_ and _client-secret_ name what is wrong with the app.
- On the **code exchange**, at the end of a sign-in. Other people's grants are not touched, and the next sign-in succeeds.
- On the **question who it is** (\`/2/users/me\`), which follows the code exchange: the sign-in counts, and the account gets its name
  later.

<!-- prettier-ignore -->
| fault | refresh | code exchange | who is it |
| --- | --- | --- | --- |
`;
