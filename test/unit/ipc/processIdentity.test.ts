import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hasDied, hostId, parseStat, thisProcess } from '../../../src/ipc/processIdentity.ts';

describe('a running process', () => {
  const self = thisProcess();

  it('is known by the same host to all of its processes', async () => {
    const url = new URL('../../../src/ipc/processIdentity.ts', import.meta.url).href;
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

  it('is looked up once', () => {
    assert.equal(thisProcess(), self);
  });
});

describe('The host of process ids', () => {
  const machine = {
    platform: 'linux',
    name: () => 'a',
    bootId: () => 'boot 1',
    pidNamespace: () => 'pid:[1]',
  } as const;

  it('is the same for all who see the same, in sixteen digits that tell nothing', () => {
    assert.equal(hostId({ ...machine }), hostId(machine));
    assert.match(hostId(machine), /^[0-9a-f]{16}$/);
    assert.equal(hostId({ ...machine, platform: 'win32' }), hostId({ ...machine, platform: 'win32' }));
    assert.equal(hostId(), thisProcess().host);
  });

  it('is that of the boot and the namespace that Linux tells of', function () {
    if (process.platform !== 'linux') this.skip();
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const pidNamespace = readlinkSync('/proc/self/ns/pid');
    const told = { platform: 'linux', name: hostname, bootId: () => bootId, pidNamespace: () => pidNamespace } as const;
    assert.equal(hostId(), hostId(told));
  });

  for (const [what, other] of [
    ['under another name', { name: () => 'b' }],
    ['of another system', { platform: 'freebsd' }],
    ['after another boot', { bootId: () => 'boot 2' }],
    ['in another container', { pidNamespace: () => 'pid:[2]' }],
    ['whose name ends where the boot begins', { name: () => 'ab', bootId: () => 'oot 1' }],
  ] as const) {
    it(`is another one ${what}`, () => {
      assert.notEqual(hostId({ ...machine, ...other }), hostId(machine));
    });
  }

  it('is another one each time where it can’t be told', () => {
    const hidden = {
      ...machine,
      bootId: () => {
        throw new Error('EACCES');
      },
    };
    assert.notEqual(hostId(hidden), hostId(hidden));
    const mac = { ...hidden, platform: 'darwin' } as const;
    assert.equal(hostId(mac), hostId(mac), 'nor looked for elsewhere than on Linux');
  });
});

describe('What Linux says of a process', () => {
  const FIELDS = 'S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 123456 20 21';

  it('is read behind the name of the program, whatever that is', () => {
    for (const name of ['node', 'a) Z 1', ') (', '']) {
      assert.deepEqual(parseStat(`42 (${name}) ${FIELDS}`), { start: '123456', isZombie: false });
    }
  });

  for (const [letter, isZombie] of [
    ['Z', true],
    ['X', true],
    ['R', false],
    ['D', false],
    ['T', false],
  ] as const) {
    it(`is that it is ${isZombie ? 'dead' : 'alive'}: ${letter}`, () => {
      assert.equal(parseStat(`42 (node) ${letter}${FIELDS.slice(1)}`).isZombie, isZombie);
    });
  }

  it('is nothing when there is less of it than expected', () => {
    assert.deepEqual(parseStat('42 (node) S 1 2'), { start: '', isZombie: false });
    assert.deepEqual(parseStat(''), { start: '', isZombie: false });
  });
});
