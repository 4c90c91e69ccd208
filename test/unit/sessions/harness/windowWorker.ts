// A window, as a process of its own: the tests in processes.test.ts start it, ask it for sessions and kill it.
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bounded } from '../../../../src/oauth/http.ts';
import { FolderLocks } from '../../../../src/ipc/folderLocks.ts';
import { openFileStore } from './fileStores.ts';
import { NotingRegister } from './notingRegister.ts';
import { Window } from './window.ts';

export interface Order {
  readonly id: number;
  /** How many ask for a session, or a person who signs in. */
  readonly callers?: number;
  readonly signIn?: string;
  /** For how long the event loop is blocked, once the journal says so. */
  readonly blockMs?: number;
}

export interface Report {
  readonly id: number;
  /** Every access token that callers got, once. */
  readonly tokens: readonly string[];
  readonly withoutSession: number;
  readonly rejections: readonly string[];
  readonly longestMs: number;
}

export type Message = Report | { readonly ready: true } | { readonly notice: string };

const [kind, folder, apiBaseUrl, authorizationBaseUrl, timeoutMs = '20000', pace = '1'] = process.argv.slice(2);
if (folder === undefined || apiBaseUrl === undefined || authorizationBaseUrl === undefined) {
  throw new Error('Usage: windowWorker KIND FOLDER API_BASE_URL AUTHORIZATION_BASE_URL [TIMEOUT_MS [PACE]]');
}

const journal = (event: string): void => appendFileSync(join(folder, 'journal'), `${process.pid} ${event}\n`);

const window = new Window(
  {
    folder,
    now: () => Number(readFileSync(join(folder, 'clock'), 'utf8')),
    x: { apiBaseUrl, authorizationBaseUrl },
  },
  {
    secrets: openFileStore(kind === 'desktop' ? 'desktop' : 'browser', join(folder, 'secrets')),
    locks: new FolderLocks(join(folder, 'locks'), {
      monotonicMs: () => performance.now() * Number(pace),
      heartbeatMs: 2_000 / Number(pace),
    }),
    // X is told who asks, so that a lost grant can be laid at the door of the process that died.
    fetch: bounded(
      (url, init) => fetch(url, { ...init, headers: { ...headersOf(init), 'x-window': String(process.pid) } }),
      Number(timeoutMs),
    ),
    // A file that is written so survives the writer.
    register: (parts) => new NotingRegister(parts, (spent) => journal(`noted ${digest(spent)}`)),
  },
);
window.onNotice = (notice) => tell({ notice: notice.kind });

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit());
await window.grants.list();
tell({ ready: true });

async function obey({ id, callers = 0, signIn, blockMs = 0 }: Order): Promise<void> {
  if (blockMs > 0) {
    journal('blocked');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  }
  const rejections: string[] = [];
  if (signIn !== undefined)
    await window.signIn(['tweet.read'], signIn).catch((error: unknown) => rejections.push(String(error)));
  const tokens = new Set<string>();
  let withoutSession = 0;
  let longestMs = 0;
  const call = async (): Promise<void> => {
    const askedAt = performance.now();
    try {
      const session = await window.session();
      if (session === undefined) withoutSession++;
      else tokens.add(session.accessToken);
    } catch (error) {
      rejections.push(String(error));
    }
    longestMs = Math.max(longestMs, performance.now() - askedAt);
  };
  await Promise.all(Array.from({ length: callers }, call));
  tell({ id, tokens: [...tokens], withoutSession, rejections, longestMs });
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}

function headersOf(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(init?.headers));
}

function tell(message: Message): void {
  process.send?.(message);
}
