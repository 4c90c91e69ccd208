import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Grant } from '../../../src/sessions/grant.ts';
import { Roster } from '../../../src/sessions/roster.ts';
import { HOUR, type Machine, openMachine, works } from './window.ts';

const GRANT: Grant = {
  id: 'id',
  apiBaseUrl: 'https://api.x.com',
  clientId: 'client',
  account: { id: '1', label: '@ada_l' },
  scopes: ['tweet.read'],
  accessToken: 'access',
  refreshToken: 'refresh',
  obtainedAt: 1,
  expiresAt: 2,
  noteKey: 'k'.repeat(43),
};

/** The name that an entry has. */
const HASH = '0123456789abcdef'.repeat(2);

/** What lies about in folders, and is not an entry. */
const STRAY: readonly (readonly [string, (folder: string) => Promise<unknown>])[] = [
  ['.DS_Store', (folder) => fs.writeFile(join(folder, '.DS_Store'), 'Bud1')],
  ['an .nfs file that holds an entry', (folder) => fs.writeFile(join(folder, '.nfs0000000001'), entryFor('other'))],
  ['an entry that a full disk left empty', (folder) => fs.writeFile(join(folder, HASH), '')],
  ['an entry that was cut off', (folder) => fs.writeFile(join(folder, HASH), entryFor('other').slice(0, -5))],
  ['a folder with the name of an entry', (folder) => fs.mkdir(join(folder, HASH))],
];

describe('The list of what should be stored', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), 'x-roster-'));
  });

  afterEach(() => fs.rm(folder, { recursive: true, force: true }));

  it('knows whether something else is stored', async () => {
    const roster = new Roster(folder, () => 0);
    assert.equal(await roster.hasMoreThan([]), false);
    await roster.enter('grant:1', GRANT);
    assert.equal(await roster.hasMoreThan(['grant:1']), false);
    assert.equal(await roster.hasMoreThan(['grant:2']), true);
  });

  it('replaces an entry that can’t be read', async () => {
    const roster = new Roster(folder, () => 0);
    await roster.enter('grant:1', GRANT);
    const [name] = await fs.readdir(folder);
    await fs.writeFile(join(folder, name ?? ''), '');
    await roster.enter('grant:1', GRANT);
    assert.deepEqual(await new Roster(folder, () => HOUR).claimMissing([]), ['@ada_l']);
  });

  for (const [what, stray] of STRAY) {
    it(`does not keep a window on a desktop from storing what it renews, because of ${what}`, async () => {
      await using machine = await openMachine();
      const window = machine.open();
      await window.signIn();
      await machine.settle();
      await stray(join(machine.folder, 'roster'));
      machine.now += 2 * HOUR;
      const session = await window.session();
      await machine.settle();
      assert.ok(works(machine, session));
      assert.deepEqual(storedTokens(machine), [session?.accessToken]);
    });
  }
});

function entryFor(key: string): string {
  return JSON.stringify({ key, label: '@grace', since: 0 });
}

function storedTokens(machine: Machine): readonly string[] {
  return [...machine.store.stored.values()].map((record) => JSON.parse(record).accessToken);
}
