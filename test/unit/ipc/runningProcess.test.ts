import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hasDied, thisProcess } from '../../../src/ipc/runningProcess.ts';

describe('a running process', () => {
  const self = thisProcess();

  it('is known by the same host to all of its processes', async () => {
    const url = new URL('../../../src/ipc/runningProcess.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(url)}).then((m) => console.log(JSON.stringify(m.thisProcess())))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const text: string = (await child.stdout.setEncoding('utf8').toArray()).join('');
    const { host, pid } = JSON.parse(text);
    assert.equal(host, self.host);
    assert.equal(pid, child.pid);
  });

  it('has not died while it runs', () => {
    assert.equal(hasDied(self, self), false);
  });

  it('has died when another process has its id', function () {
    if (process.platform !== 'linux') this.skip();
    assert.equal(hasDied({ ...self, start: '1' }, self), true);
  });

  it('has died when it has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    assert.equal(hasDied({ ...self, pid: child.pid ?? 0 }, self), true);
  });

  it('has died when it is a zombie, which nobody waits for', async function () {
    if (process.platform !== 'linux') this.skip();
    // Its parent turns into a program that never asks after its children, and only then it ends.
    const script = 'cat <&3 & echo $!; exec sleep 60';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    try {
      assert.ok(parent.stdout);
      const [line]: string[] = await once(parent.stdout.setEncoding('utf8'), 'data');
      const pid = Number(line);
      const stat = () => readFile(`/proc/${pid}/stat`, 'utf8');
      while (!(await readFile(`/proc/${parent.pid}/comm`, 'utf8')).startsWith('sleep')) await new Promise(setImmediate);
      parent.stdio[3]?.destroy();
      while (!/\) Z /.test(await stat())) await new Promise(setImmediate);
      const start = (await stat()).split(' ')[21] ?? '';
      assert.equal(hasDied({ ...self, pid, start }, self), true);
    } finally {
      parent.kill();
    }
  });

  it('may live on for all we know when it is of another host, or has no id that a process can have', () => {
    assert.equal(hasDied({ ...self, host: '0123456789abcdef', pid: 2 ** 22 + 1 }, self), false);
    assert.equal(hasDied({ ...self, pid: 9_999_999_999 }, self), false);
  });
});
