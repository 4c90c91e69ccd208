import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../x/main.ts', import.meta.url));

describe('The stand-in for X, as a process', () => {
  it('says where it is and what it takes, serves, and ends when it is told to', async () => {
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
});
