import { authentication, commands, ConfigurationTarget, version, workspace } from 'vscode';
import type { Expiry, SessionsAnswer, SessionsTask } from '../tasks.ts';

const HOUR = 60 * 60_000;
const GITHUB_SCOPES = ['read'];

/** Calls before those that count, until what is compiled when it is hot has been compiled. */
const DISCARDED = 100;

export async function useSessions(task: SessionsTask): Promise<SessionsAnswer> {
  await signInAt(task.x[0]);
  return { warmMs: await warm(task), expiries: await expire(task), signInMs: await signIn(task), version };
}

/** Asks the providers in turn, so that what disturbs one disturbs the others as much. */
async function warm({ warmCalls, scopes }: SessionsTask): Promise<SessionsAnswer['warmMs']> {
  const providers = ['x', 'github', 'constant'] as const;
  const times = { x: [] as number[], github: [] as number[], constant: [] as number[] };
  for (let call = -DISCARDED; call < warmCalls; call++) {
    for (const turn of providers.keys()) {
      const provider = providers[(call + DISCARDED + turn) % providers.length] ?? 'x';
      const wanted = provider === 'github' ? GITHUB_SCOPES : scopes;
      const startedAt = performance.now();
      const session = await authentication.getSession(provider, wanted, { silent: true });
      const ms = performance.now() - startedAt;
      if (session === undefined) throw new Error(`There is no session of ${provider}.`);
      if (call >= 0) times[provider].push(ms);
    }
  }
  return times;
}

/** Two hours pass, and everybody asks at once. */
async function expire({ expiries, callers, scopes }: SessionsTask): Promise<SessionsAnswer['expiries']> {
  const requests = subsets(scopes).slice(0, callers);
  if (requests.length < callers) throw new Error('VS Code answers equal requests together: each has to be another.');
  const { now } = Date;
  const results: Expiry[] = [];
  const seen = new Set<string | undefined>([undefined]);
  try {
    for (let expiry = 1; expiry <= expiries; expiry++) {
      Date.now = () => now() + expiry * 2 * HOUR;
      const startedAt = now();
      const sessions = await Promise.all(
        requests.map((wanted) => authentication.getSession('x', wanted, { silent: true })),
      );
      const endedAt = now();
      const token = sessions.find((session) => !seen.has(session?.accessToken))?.accessToken;
      const served = sessions.filter((session) => session !== undefined && session.accessToken === token).length;
      results.push({ startedAt, endedAt, served });
      seen.add(token);
    }
  } finally {
    Date.now = now;
  }
  return results;
}

/** Every choice of these that is not empty. */
function subsets<T>(all: readonly T[]): readonly (readonly T[])[] {
  const choices = Array.from({ length: 2 ** all.length - 1 }, (_, index) => index + 1);
  return choices.map((bits) => all.filter((_, place) => (bits & (1 << place)) !== 0));
}

/** Signs in again and again, at one fake X after the other. */
async function signIn({ signIns, x }: SessionsTask): Promise<SessionsAnswer['signInMs']> {
  const times = x.map(() => [] as number[]);
  for (let round = 0; round < signIns; round++) {
    for (const [index, fakeX] of x.entries()) times[index]?.push(await signInAt(fakeX));
  }
  return times;
}

/** How long it takes from the command to being signed in, by a person who has agreed before and a browser that is open. */
async function signInAt(x: SessionsTask['x'][number] | undefined): Promise<number> {
  const settings = workspace.getConfiguration('xAuthentication');
  await settings.update('apiBaseUrl', x?.apiBaseUrl, ConfigurationTarget.Global);
  await settings.update('authorizationBaseUrl', x?.authorizationBaseUrl, ConfigurationTarget.Global);
  const startedAt = performance.now();
  await commands.executeCommand('xAuthentication.signIn');
  return performance.now() - startedAt;
}
