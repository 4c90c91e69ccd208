import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line that it prints; without it the lines are only kept. */
  readonly onLine?: (line: string) => void;
}

const LINES_KEPT = 500;
const POLITE_MS = 5_000;
const running = new Set<Program>();
process.on('exit', () => running.forEach((program) => program.kill('SIGKILL')));
// By themselves, these end a process without its `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

/** A child process and all its descendants: they end together, at the latest when this process does. */
export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lines: string[] = [];

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    // A group of its own, so that a signal to the group reaches grandchildren; Windows has taskkill for that.
    this.#child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    running.add(this);
    this.#exited = Promise.race([once(this.#child, 'exit'), once(this.#child, 'error').catch(() => undefined)]);
    this.#child.on('error', (error) => this.#keep(String(error), options.onLine));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const line of lines) this.#keep(line, options.onLine);
      });
    }
  }

  get hasExited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The last lines of what it printed. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Resolves with the exit code; -1 if it was killed or could not be started. */
  async exit(): Promise<number> {
    await this.#exited;
    return this.#child.exitCode ?? -1;
  }

  /** Ends the whole group: first politely, then not. Resolves when nobody of it is left. */
  async stop(): Promise<void> {
    this.kill('SIGTERM');
    const deadline = Date.now() + POLITE_MS;
    while (this.#isAlive()) {
      if (Date.now() > deadline) this.kill('SIGKILL');
      await pause(20);
    }
    running.delete(this);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      if (!this.hasExited) spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }

  #isAlive(): boolean {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    if (process.platform === 'win32') return !this.hasExited;
    try {
      process.kill(-pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  #keep(line: string, onLine?: (line: string) => void): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    onLine?.(line);
  }
}

/** Runs a program to its end and returns what it printed. Throws, with the last lines, when it fails. */
export async function run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const program = new Program(command, args, options);
  const code = await program.exit();
  await program.stop();
  if (code !== 0) {
    const said = program.output.split('\n').slice(-30).join('\n');
    throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${said}`);
  }
  return program.output;
}
