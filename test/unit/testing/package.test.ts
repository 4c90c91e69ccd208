import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm } from '../../host/npm.ts';
import { run } from '../../host/program.ts';
import { ROOT } from '../../host/project.ts';

describe('What other extensions test with', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    await npm(['pack', '--silent', '--pack-destination', folder], ROOT);
    const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
    await npm(['install', '--offline', '--no-audit', '--no-fund', `./${packed}`], folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is a program that runs where it was installed', async () => {
    const help = await run(process.execPath, [
      join(folder, 'node_modules', 'x-authentication', 'dist', 'testing', 'fake X.mjs'),
      '--help',
    ]);
    assert.match(help, /fake-x \[--port PORT\]/);
    assert.deepEqual(
      (await readdir(join(folder, 'node_modules', '.bin'))).filter((name) => !/\.(cmd|ps1)$/.test(name)),
      ['fake-x'],
    );
  });

  it('can be imported, and its types are there', async () => {
    const program = `import { ADA, FakeAuthentication, startFakeX, type FakeX } from 'x-authentication/testing';
const x: FakeX = await startFakeX();
const { status } = await fetch(x.apiBaseUrl + '/2/users/me');
await x.stop();
const fake = new FakeAuthentication();
fake.signIn();
const id: string | undefined = (await fake.getSession('x', [], { silent: true }))?.account.id;
// @ts-expect-error It is a string.
const wrong: number | undefined = id;
console.log(status, id === ADA.id, wrong);
`;
    await writeFile(join(folder, 'try.ts'), program);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = join(ROOT, 'node_modules', '@types');
    const paths = { vscode: [join(types, 'vscode')] };
    const compilerOptions = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      noEmit: true,
      typeRoots: [types],
      types: ['node'],
      paths,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['try.ts'] }));
    await run(process.execPath, [tsc, '-p', folder]);
    assert.match(await run(process.execPath, [join(folder, 'try.ts')]), /^401 true/m);
  });
});
