/** What the bench has VS Code's extension host do, and what comes back: each in a file of the folder {@link FOLDER} names. */
export interface Tasks {
  /** Activates extensions, one after another, in a host where they are not active yet. */
  activation: { asks: { readonly extensions: readonly string[] }; answers: readonly Activation[] };
  listing: { asks: { readonly rounds: number }; answers: Listing };
  sessions: { asks: SessionsTask; answers: SessionsAnswer };
}

export type TaskName = keyof Tasks;

/** The environment variable that names the folder. */
export const FOLDER = 'BENCH_FOLDER';
export const TASK_FILE = 'task.json';
export const ANSWER_FILE = 'answer.json';

/** The extension that asks, and the providers that it asks. */
export const ASKER = 'bench.asker';
export const CONSTANT = 'bench.constant';
export const X = 'xauth.x-authentication';
export const GITHUB = 'vscode.github-authentication';
export const CONSTANT_ACCOUNT = 'constant';

export interface Activation {
  readonly extension: string;
  /** From the start of loading its code to its end, and the call of `activate()` until what it returns resolves. */
  readonly loadMs: number;
  readonly activateMs: number;
  /** What the heap of the extension host grew by, garbage collected, and the memory of its process. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export interface Listing {
  readonly accounts: number;
  /** The first listing after a start, with the activation, and those after it. */
  readonly firstMs: number;
  readonly laterMs: readonly number[];
}

export interface SessionsTask {
  readonly warmCalls: number;
  readonly scopes: readonly string[];
  readonly callers: number;
  readonly expiries: number;
  readonly signIns: number;
  /** Fake X servers: the first answers at once, the second later. */
  readonly x: readonly { readonly apiBaseUrl: string; readonly authorizationBaseUrl: string }[];
}

export interface SessionsAnswer {
  /** How long each call took, by provider. */
  readonly warmMs: Record<'x' | 'github' | 'constant', readonly number[]>;
  readonly expiries: readonly Expiry[];
  /** How long each sign-in took, by fake X. */
  readonly signInMs: readonly (readonly number[])[];
  /** Of VS Code. */
  readonly version: string;
}

/** Everybody asked at once, and the last of them had an answer: in epoch milliseconds, by the true clock. */
export interface Expiry {
  readonly startedAt: number;
  readonly endedAt: number;
  /** How many got the one new token. */
  readonly served: number;
}
