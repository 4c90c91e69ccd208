import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './busyFiles.ts';

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
    if (codeOf(error) === 'ESRCH') return true;
  }
  const { start, zombie } = stateOf(other.pid);
  return zombie || (start !== '' && start !== other.start);
}

/**
 * On Linux, containers and machines that share a home folder may share a host name as well, so the boot and the
 * namespace of process ids count too. Where these can't be read, no other process is taken to be of this host.
 */
function hostOfPids(): string {
  const parts: string[] = [process.platform, hostname()];
  if (process.platform === 'linux') {
    try {
      parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), readlinkSync('/proc/self/ns/pid'));
    } catch {
      parts.push(randomUUID());
    }
  }
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

/** Reads `/proc/PID/stat` (proc_pid_stat(5)): field 3 is the state, field 22 the start time. */
function stateOf(pid: number | 'self'): { start: string; zombie: boolean } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the program's name in parentheses, which may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: fields[19] ?? '', zombie: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return { start: '', zombie: false };
  }
}
