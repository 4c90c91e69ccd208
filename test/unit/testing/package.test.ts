import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { npm } from '../../host/npm.ts';
import { Program, run } from '../../host/program.ts';
import { ROOT } from '../../host/project.ts';

/** The Node that runs this, and the machine's own, which may be as old as the package allows. */
const NODES = new Set([process.execPath, machineNode() ?? process.execPath]);

describe('x-authentication-testing, packed and installed', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x-authentication-'));
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await npm(['pack', '--silent', '--workspace', 'x-authentication-testing', '--pack-destination', folder], ROOT);
    const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
    await npm(['install', '--offline', '--no-audit', '--no-fund', `./${packed}`], folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is what is published, and brings nothing else', async () => {
    const modules = join(folder, 'node_modules');
    const installed = (await readdir(modules)).filter((name) => !name.startsWith('.'));
    assert.deepEqual(installed, ['x-authentication-testing']);
    const files = await readdir(join(modules, 'x-authentication-testing'));
    assert.deepEqual(files.toSorted(), ['LICENSE', 'README.md', 'dist', 'package.json']);
    const commands = await readdir(join(modules, '.bin'));
    assert.deepEqual(
      commands.filter((name) => !/\.(cmd|ps1)$/.test(name)),
      ['fake-x'],
    );
  });

  it('runs no script when it is installed, and has the version of the extension', async () => {
    const manifest = await read(join(folder, 'node_modules', 'x-authentication-testing'));
    const scripts = Object.keys(manifest.scripts);
    assert.deepEqual(
      scripts.filter((name) => /install|^prepare$/.test(name)),
      [],
    );
    assert.equal(manifest.version, (await read(ROOT)).version);
  });

  it('can be imported and required, and its types are there', async () => {
    const tests = `
  const x: FakeX = await startFakeX();
  const { accessToken } = await new Client(x).signIn({ as: 'ada' });
  const response = await fetch(x.apiBaseUrl + '/2/users/me', { headers: { authorization: 'Bearer ' + accessToken } });
  await x.stop();
  const fake = new FakeAuthentication();
  fake.signIn();
  const id: string | undefined = (await fake.getSession('x', [], { silent: true }))?.account.id;
  // @ts-expect-error It is a string.
  const wrong: number | undefined = id;
  console.log(response.status, id === ADA.id, wrong);
`;
    const names = '{ ADA, Client, FakeAuthentication, type FakeX, startFakeX }';
    await writeFile(join(folder, 'module.mts'), `import ${names} from 'x-authentication-testing';\n${tests}`);
    const required = `import testing = require('x-authentication-testing');
import type { FakeX } from 'x-authentication-testing';
const { ADA, Client, FakeAuthentication, startFakeX } = testing;
void (async () => {${tests}})();
`;
    await writeFile(join(folder, 'script.cts'), required);
    const types = join(ROOT, 'node_modules', '@types');
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      module: 'node20',
      target: 'es2023',
      typeRoots: [types],
      types: ['node'],
      paths: { vscode: [join(types, 'vscode')] },
    };
    const files = ['module.mts', 'script.cts'];
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder]);
    for (const node of NODES) {
      for (const program of ['module.mjs', 'script.cjs']) {
        assert.match(await run(node, [join(folder, program)]), /^200 true/, `${node} ${program}`);
      }
    }
  });

  for (const [index, node] of [...NODES].entries()) {
    it(`is a server that people sign in to over plain HTTP (${index === 0 ? 'this Node' : 'the machine’s Node'})`, async () => {
      const bin = join(folder, 'node_modules', 'x-authentication-testing', 'dist', 'fake-x.js');
      const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
      const onLine = (line: string): void => {
        if (line.startsWith('Consent pages are answered')) resolve(program.output);
      };
      const program = new Program(node, [bin, '--consent', 'grace'], { onLine });
      void program.exit().then(() => reject(new Error(program.output)));
      try {
        const said = await ready;
        const url = /listens on (\S+)/.exec(said)?.[1] ?? assert.fail(said);
        const clientId = /client id +(\S+)/.exec(said)?.[1] ?? assert.fail(said);
        assert.deepEqual(await signIn(url, clientId), {
          id: '1906120919920000002',
          username: 'grace_h',
          name: 'Grace Hopper',
        });
      } finally {
        await program.stop();
      }
    });
  }
});

/** What a browser and an app do, without a line of ours. The verifier and its challenge are those of RFC 7636, appendix B. */
async function signIn(url: string, clientId: string): Promise<unknown> {
  const redirectUri = 'http://127.0.0.1:41951/callback';
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: 'state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const authorizeUrl = `${url}/i/oauth2/authorize?${query.toString()}&scope=tweet.read%20users.read`;
  const consented = await fetch(authorizeUrl, { redirect: 'manual' });
  const callback = new URL(consented.headers.get('location') ?? assert.fail(await consented.text()));
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  });
  const issued = await fetch(`${url}/2/oauth2/token`, { method: 'POST', body: form });
  const { access_token: accessToken } = JSON.parse(await issued.text());
  const me = await fetch(`${url}/2/users/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  return JSON.parse(await me.text()).data;
}

async function read(path: string): Promise<{ readonly version: string; readonly scripts: object }> {
  return JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
}

/** The first `node` on the PATH that is not one of npm's. */
function machineNode(): string | undefined {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((path) => !path.includes('node_modules'));
  return folders.map((path) => join(path, program)).find((path) => existsSync(path));
}
