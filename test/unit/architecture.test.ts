import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../host/project.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
const FILES = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'));

/** Folders that the page describes as a whole. */
const WHOLE = ['src/vscode/ui/accounts/', 'src/vscode/ui/messages/', 'src/vscode/ui/signIn/flows/'];

describe('The page about the architecture', () => {
  it('has every file in its tree, and no other', () => {
    const [, tree = ''] = PAGE.split('```');
    const named = new Set([...tree.matchAll(/[\w-]+(?:\.d)?\.ts\b/g)].map(([name]) => name));
    const there = FILES.filter((file) => !WHOLE.some((folder) => file.startsWith(folder))).map((file) =>
      basename(file),
    );
    assert.deepEqual([...named].toSorted(), [...new Set(there)].toSorted());
  });

  it('names files that are there, and none twice in one list', () => {
    const lists = PAGE.split('\n## ').filter((section) => section.startsWith('One '));
    assert.equal(lists.length, 3);
    for (const list of lists) {
      const steps = [...list.matchAll(/^\d+\. `([\w/]+\.ts)`/gm)].map(([, file = '']) => file);
      assert.ok(steps.length >= 7, list);
      assert.deepEqual(steps, [...new Set(steps)]);
      for (const file of steps) assert.ok(existsSync(join(ROOT, 'src', file)), file);
    }
  });
});
