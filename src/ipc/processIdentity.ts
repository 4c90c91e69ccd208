import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoCode } from './fileErrors.ts';

/** Enough to tell, from another process of the same host, whether a process still runs. */
export interface RunningProcess {
  /** Sixteen hex digits, equal only where process ids mean the same processes. */
  readonly host: string;
  readonly pid: number;
  /** When it started, in ticks since boot, where that is known (Linux); tells a process from a later one with its id. */
  readonly start: string;
}

let known: RunningProcess | undefined;

export function thisProcess(): RunningProcess {
  known ??= { host: hostOfPids(), pid: process.pid, start: stateOf('self').start };
  return known;
}

/** True only if it is certain: a process of another host, or one that can't be asked about, has not died. */
export function hasDied(other: RunningProcess, self: RunningProcess): boolean {
  if (other.host !== self.host) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM, the other failure, is about a process that exists.
    if (errnoCode(error) === 'ESRCH') return true;
  }
  const { start, zombie } = stateOf(other.pid);
  return zombie || (start !== '' && start !== other.start);
}

/** What a machine tells about itself. */
interface Machine {
  readonly platform: NodeJS.Platform;
  readonly name: () => string;
  readonly bootId: () => string;
  readonly pidNamespace: () => string;
}

const HERE: Machine = {
  platform: process.platform,
  name: hostname,
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
  pidNamespace: () => readlinkSync('/proc/self/ns/pid'),
};

/**
 * On Linux, containers and machines that share a home folder may share a host name as well, so the boot and the
 * namespace of process ids count too. Where these can't be read, no other process is taken to be of this host.
 */
export function hostOfPids({ platform, name, bootId, pidNamespace }: Machine = HERE): string {
  const parts: string[] = [platform, name()];
  if (platform === 'linux') {
    try {
      parts.push(bootId(), pidNamespace());
    } catch {
      parts.push(randomUUID());
    }
  }
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

interface State {
  /** Empty where it is not known. */
  readonly start: string;
  readonly zombie: boolean;
}

function stateOf(pid: number | 'self'): State {
  try {
    return stateIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return { start: '', zombie: false };
  }
}

/** Reads `/proc/PID/stat` (proc_pid_stat(5)): field 3 is the state, field 22 the start time. */
export function stateIn(stat: string): State {
  // Field 2 is the program's name in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', zombie: fields[0] === 'Z' || fields[0] === 'X' };
}
