import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { type FakeX, startFakeX } from 'x-authentication-testing';
import { SOURCE_CONDITION } from '../../../host/project.ts';
import type { SharedStore } from './stores.ts';
import type { Message, Order, Report } from './windowWorker.ts';

/** Windows as processes over one store and one folder, with a fake X. */
export class WindowProcesses {
  readonly x: FakeX;
  readonly folder: string;
  readonly windows: WindowProcess[] = [];
  readonly notices: string[] = [];
  kills = 0;
  readonly #kind: SharedStore['kind'];
  readonly #program: string;
  readonly #killed = new Set<number>();

  constructor(kind: SharedStore['kind'], x: FakeX, folder: string) {
    this.#kind = kind;
    this.x = x;
    this.folder = folder;
    this.#program = join(folder, 'windowWorker.mjs');
    writeFileSync(join(folder, 'journal'), '');
    // In one file, a process starts three times as fast.
    buildSync({
      entryPoints: [join(import.meta.dirname, 'windowWorker.ts')],
      outfile: this.#program,
      bundle: true,
      platform: 'node',
      conditions: [SOURCE_CONDITION],
      format: 'esm',
      logLevel: 'error',
    });
  }

  /** Every process reads the time from this file; it only moves when a test says so. */
  set now(now: number) {
    writeFileSync(join(this.folder, 'clock.tmp'), String(now));
    renameSync(join(this.folder, 'clock.tmp'), join(this.folder, 'clock'));
  }

  get now(): number {
    return Number(readFileSync(join(this.folder, 'clock'), 'utf8'));
  }

  get refreshes(): number {
    return this.x.requestsTo('/2/oauth2/token').filter(({ form }) => form?.['grant_type'] === 'refresh_token').length;
  }

  /** The process that sent the last request for a refresh. */
  get lastToRefresh(): number | undefined {
    const request = this.x
      .requestsTo('/2/oauth2/token')
      .findLast(({ form }) => form?.['grant_type'] === 'refresh_token');
    return request === undefined ? undefined : Number(request.headers['x-window']);
  }

  /** Resolves when X gets the next request. */
  async nextRefresh(): Promise<void> {
    await this.x.arrival('/2/oauth2/token', this.x.requestsTo('/2/oauth2/token').length + 1);
  }

  /** `pace`: how much faster than real time locks are lost. */
  async open({ timeoutMs = 20_000, pace = 1 } = {}): Promise<WindowProcess> {
    const { x, folder } = this;
    const server = [x.apiBaseUrl, x.authorizationBaseUrl, String(timeoutMs), String(pace)];
    const child = fork(this.#program, [this.#kind, folder, ...server], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const window = new WindowProcess(child, (notice) => this.notices.push(notice));
    this.windows.push(window);
    await window.ready;
    return window;
  }

  /** As `kill -9`; whatever it was doing is not finished. */
  async kill(window: WindowProcess): Promise<void> {
    const index = this.windows.indexOf(window);
    if (index < 0) return;
    this.kills++;
    this.#killed.add(window.pid);
    this.windows.splice(index, 1);
    await window.kill();
  }

  /** Resolves when a process says so in the journal. */
  async journalSays(window: WindowProcess, event: string): Promise<void> {
    while (!this.#journal.includes(`${window.pid} ${event}\n`)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  get #journal(): string {
    return readFileSync(join(this.folder, 'journal'), 'utf8');
  }

  /**
   * Whether a lost grant was lost by a process that died between X's answer and its note: the last request that X
   * acted on came from a process that was killed and had not written what came of it.
   */
  get mayHaveLostTheGrant(): boolean {
    const spent = this.x
      .requestsTo('/2/oauth2/token')
      .findLast(
        ({ form, outcome }) => form?.['grant_type'] === 'refresh_token' && outcome.acted && outcome.status !== 400,
      );
    if (spent === undefined) return false;
    const pid = Number(spent.headers['x-window']);
    const token = createHash('sha256')
      .update(spent.form?.['refresh_token'] ?? '')
      .digest('hex')
      .slice(0, 16);
    const noted = this.#journal.includes(`${pid} noted ${token}\n`);
    return this.#killed.has(pid) && !noted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.windows.map((window) => window.kill()));
    await this.x.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function openWindowProcesses(kind: SharedStore['kind'], windows: number): Promise<WindowProcesses> {
  let processes: WindowProcesses | undefined;
  const x = await startFakeX({ now: () => processes?.now ?? 0 });
  x.switches.reuseKillsFamily = true;
  processes = new WindowProcesses(kind, x, mkdtempSync(join(tmpdir(), 'x-authentication-')));
  processes.now = Date.UTC(2026, 6, 1);
  const first = await processes.open();
  assert.deepEqual((await first.ask({ signIn: 'ada' }))?.rejections, []);
  // Until the desktop's store has it.
  await first.ask({ callers: 1 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await Promise.all(Array.from({ length: windows - 1 }, () => processes.open()));
  return processes;
}

export class WindowProcess {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #asked = new Map<number, (report: Report | undefined) => void>();
  #orders = 0;

  constructor(child: ChildProcess, onNotice: (notice: string) => void) {
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#gone = new Promise((gone) => {
      child.once('exit', (code) => {
        for (const answer of this.#asked.values()) answer(undefined);
        reject(new Error(`A window ended with ${code} before it had begun.`));
        gone();
      });
    });
    promise.catch(() => undefined);
    child.on('error', () => undefined);
    child.on('message', (message: Message) => {
      if ('ready' in message) resolve();
      else if ('notice' in message) onNotice(message.notice);
      else this.#asked.get(message.id)?.(message);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it reports; undefined when it dies before. */
  async ask(order: Omit<Order, 'id'>): Promise<Report | undefined> {
    const id = ++this.#orders;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
    const report = new Promise<Report | undefined>((resolve) => this.#asked.set(id, resolve));
    this.#child.send({ id, ...order });
    return report;
  }

  /** Has the process stand still, as it does while a laptop sleeps; the others go on. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
