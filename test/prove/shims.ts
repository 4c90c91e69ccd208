import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { failure, type Disk } from './disk.ts';
import { Files, type Naming } from './files.ts';
import type { Shims } from './program.ts';
import type { Process, Schedule } from './schedule.ts';
import { PlainResponse } from './x.ts';

const realRequire = createRequire(import.meta.url);

/** Keys are derived again and again from the same few secrets, in every run. */
const derived = new Map<string, ArrayBuffer>();

/** Whatever is spread out at random is so in the same way, always. */
const chanceless: object = Object.create(Math, { random: { value: () => 0.5 } });

export interface Machinery {
  readonly schedule: Schedule;
  readonly disk: Disk;
  readonly fetch: (url: string, init?: RequestInit) => Promise<PlainResponse>;
  readonly name: Naming;
  /** Whether a process of that id runs. */
  readonly isAlive: (pid: number) => boolean;
}

/** Everything that one process takes from its surroundings. */
export function shimsFor(process: Process, pid: number, { schedule, disk, fetch, name, isAlive }: Machinery): Shims {
  const files = new Files(disk, schedule, name);
  const random = randomness(process.name);
  const timers = timersOf(schedule);
  const modules: Readonly<Record<string, unknown>> = {
    'node:fs/promises': files,
    'node:fs': { ...syncFiles(disk, pid, isAlive), constants: fs.constants, promises: files },
    'node:timers/promises': { setTimeout: timers.sleep },
    'node:timers': timers,
    'node:os': { hostname: () => 'machine', tmpdir: () => '/tmp', homedir: () => '/home', EOL: '\n' },
    'node:crypto': {
      createHash: crypto.createHash,
      createHmac: crypto.createHmac,
      createCipheriv: crypto.createCipheriv,
      createDecipheriv: crypto.createDecipheriv,
      timingSafeEqual: crypto.timingSafeEqual,
      webcrypto: crypto.webcrypto,
      randomBytes: random.bytes,
      randomUUID: random.uuid,
      getRandomValues: random.fill,
      randomFillSync: random.fill,
      hkdfSync,
    },
  };
  const started = schedule.now;
  const now = (): number => schedule.now;
  return {
    require: (wanted) => modules[wanted] ?? realRequire(wanted),
    performance: { now: () => schedule.now - started, timeOrigin: started },
    setTimeout: timers.setTimeout,
    setInterval: timers.setInterval,
    clearTimeout: timers.clearTimeout,
    clearInterval: timers.clearTimeout,
    Date: class extends Date {
      constructor(...args: [] | [number]) {
        super(args.length === 0 ? now() : args[0]);
      }

      static override now(): number {
        return now();
      }
    },
    Math: chanceless,
    crypto: { subtle: crypto.webcrypto.subtle, getRandomValues: random.fill, randomUUID: random.uuid },
    Response: PlainResponse,
    fetch,
    process: {
      platform: 'linux',
      pid,
      env: {},
      version: globalThis.process.version,
      versions: globalThis.process.versions,
      emitWarning: () => undefined,
      kill: (other: number) => {
        if (!isAlive(other)) throw failure('ESRCH', 'kill');
        return true;
      },
    },
  };
}

function hkdfSync(digest: string, key: string | Uint8Array, salt: string, info: string, bytes: number): ArrayBuffer {
  const said = typeof key === 'string' ? key : Buffer.from(key).toString('hex');
  const call = [digest, said, salt, info, bytes].join('\0');
  const known = derived.get(call) ?? crypto.hkdfSync(digest, key, salt, info, bytes);
  if (derived.size > 50_000) derived.clear();
  derived.set(call, known);
  return known;
}

/** The same for a process in every run, and another for each. */
function randomness(seed: string) {
  let drawn = 0;
  const bytes = (count: number): Buffer => {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; left -= 32) {
      parts.push(crypto.createHash('sha256').update(`${seed} ${++drawn}`).digest());
    }
    return Buffer.concat(parts).subarray(0, count);
  };
  const uuid = (): string => {
    const hex = bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const fill = <T extends Uint8Array>(array: T): T => {
    array.set(bytes(array.length));
    return array;
  };
  return { bytes, uuid, fill };
}

type Timer = ReturnType<Schedule['setTimer']>;

class Timeout {
  timer: Timer | undefined;

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

function timersOf(schedule: Schedule) {
  const setTimeout = (fire: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): Timeout => {
    const timeout = new Timeout();
    timeout.timer = schedule.setTimer(ms, () => fire(...args));
    return timeout;
  };
  const setInterval = (fire: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): Timeout => {
    const interval = new Timeout();
    const again = (): void => {
      interval.timer = schedule.setTimer(ms, () => {
        again();
        fire(...args);
      });
    };
    again();
    return interval;
  };
  const clearTimeout = (timeout: Timeout | undefined): void => schedule.clearTimer(timeout?.timer);
  const sleep = <T>(
    ms: number,
    value?: T,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        schedule.clearTimer(timer);
        reject(Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }));
      };
      const timer = schedule.setTimer(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve(value);
      });
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    });
  return { setTimeout, setInterval, clearTimeout, clearInterval: clearTimeout, sleep };
}

/** What is read of the machine itself: which processes run (proc_pid_stat(5)), and since when. */
function syncFiles(disk: Disk, self: number, isAlive: (pid: number) => boolean) {
  return {
    readFileSync: (path: string): string => {
      if (path === '/proc/sys/kernel/random/boot_id') return '00000000-0000-4000-8000-000000000000\n';
      const [, wanted = ''] = /^\/proc\/(self|\d+)\/stat$/.exec(path) ?? [];
      const pid = wanted === 'self' ? self : Number(wanted);
      if (wanted === '' || !isAlive(pid)) throw failure('ENOENT', 'open', path);
      return `${pid} (node) S ${'0 '.repeat(18)}${pid} 0\n`;
    },
    readlinkSync: () => 'pid:[4026531836]',
    mkdirSync: (path: string) => disk.mkdirs(path),
    watch: () => ({ on: () => undefined, close: () => undefined }),
  };
}
