import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('The fake X, as a program', () => {
  const children = new Set<ChildProcess>();
  afterEach(() => children.forEach((child) => child.kill()));

  it('prints its address, apps and callbacks, serves requests, and ends at SIGTERM', async () => {
    const callbacks = ['http://127.0.0.1:8000/proxy/41951/callback', 'code-oss://xauth.x-authentication/callback'];
    const child = spawn(process.execPath, [MAIN, '--port', '0', ...callbacks.flatMap((url) => ['--callback', url])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    let said = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      said += String(chunk);
      if (said.includes('People:')) break;
    }
    const address = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1] ?? assert.fail(said);
    assert.match(said, /"xAuthentication\.authorizationBaseUrl": "http:\/\/x\.localhost:\d+\/i"/);
    assert.match(said, /client id {6}TmF0aXZlQXBwT2ZUaGVUZXN0OjE6Y2k/);
    assert.ok(said.includes(callbacks.map((url) => `  ${url}\n`).join('')));
    assert.equal((await fetch(`${address}/2/users/me`)).status, 401);
    child.kill('SIGTERM');
    await exit;
  });

  it('runs the commands that are typed', async () => {
    const child = spawn(process.execPath, [MAIN, '--consent', 'grace'], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.add(child);
    const exit = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const hears = async (said: RegExp): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) assert.fail(`It never said ${said}.`);
        if (said.test(value)) return value;
      }
    };
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(await hears(/listens on/))?.[0];
    await hears(/answered automatically, as grace/);
    const status = async (): Promise<number> => (await fetch(`${address}/2/users/me`)).status;

    child.stdin.write('fail /2/users/me badGateway 2\n');
    await hears(/will fail 2 times: badGateway/);
    assert.deepEqual([await status(), await status(), await status()], [502, 502, 401]);
    child.stdin.write('offline\n');
    await hears(/refused/);
    await assert.rejects(status());
    child.stdin.write('online\nexpire\nconsent ask\nfail /2/users/me gremlins\n');
    await hears(/are accepted/);
    await hears(/have expired/);
    await hears(/are shown/);
    await hears(/one of: reset silence/);
    assert.equal(await status(), 401);
    child.kill('SIGTERM');
    await exit;
  });
});
