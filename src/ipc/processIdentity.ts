import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoCode } from './fileErrors.ts';

/** Says which process this is, so that other processes of the same host can find out whether it is still running. */
export interface ProcessIdentity {
  /** Sixteen hex digits, equal only for processes that share their process ids. */
  readonly host: string;
  readonly pid: number;
  /** On Linux, when it started in ticks since boot, to tell it from a later process with the same id. Elsewhere empty. */
  readonly start: string;
}

let known: ProcessIdentity | undefined;

/** Reads the identity of this process once. */
export function thisProcess(): ProcessIdentity {
  known ??= { host: hostId(), pid: process.pid, start: readState('self').start };
  return known;
}

/** True only if it is certain that a process has ended: of one on another host, or one that can't be looked up, it never is. */
export function hasDied(other: ProcessIdentity, self: ProcessIdentity): boolean {
  if (other.host !== self.host) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // The other failure, EPERM, means that the process exists.
    if (errnoCode(error) === 'ESRCH') return true;
  }
  const { start, isZombie } = readState(other.pid);
  return isZombie || (start !== '' && start !== other.start);
}

/** Where the identity of a host is read from. */
interface HostDeps {
  readonly platform: NodeJS.Platform;
  readonly name: () => string;
  readonly bootId: () => string;
  readonly pidNamespace: () => string;
}

const THIS_HOST: HostDeps = {
  platform: process.platform,
  name: hostname,
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
  pidNamespace: () => readlinkSync('/proc/self/ns/pid'),
};

/**
 * Identifies what process ids are valid for. On Linux, containers and machines that share a home folder may share a host name as
 * well, so the boot and the PID namespace count too. Where these can't be read, no other process counts as one of this host.
 */
export function hostId({ platform, name, bootId, pidNamespace }: HostDeps = THIS_HOST): string {
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

interface ProcessState {
  /** Empty if unknown. */
  readonly start: string;
  readonly isZombie: boolean;
}

function readState(pid: number | 'self'): ProcessState {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return { start: '', isZombie: false };
  }
}

/** Reads `/proc/PID/stat` (proc_pid_stat(5)): field 3 is the state, field 22 the start time. */
export function parseStat(stat: string): ProcessState {
  // Field 2 is the program's name in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', isZombie: fields[0] === 'Z' || fields[0] === 'X' };
}
