import { authentication, extensions } from 'vscode';
import type { XApi, XAuthentication } from './x-authentication.d.ts';

/** The API that X Authentication exports. */
export async function xApi(): Promise<XApi> {
  const found = extensions.getExtension<XAuthentication>('xauth.x-authentication');
  if (found === undefined) throw new Error('X Authentication is not installed, or runs in another extension host.');
  return (await found.activate()).getApi(1);
}

/** Asks X who is signed in, with a session of `x` or of `x-oauth1`: signing and refreshing are not this extension's business. */
export async function whoAmI(provider: 'x' | 'x-oauth1' = 'x'): Promise<string> {
  const api = await xApi();
  const session = await authentication.getSession(provider, ['tweet.read', 'users.read'], { createIfNone: true });
  const response = await api.fetch(session, '/2/users/me', { signal: AbortSignal.timeout(30_000) });
  if (response.status === 429) {
    const { resetAt } = api.rateLimit(response) ?? { resetAt: Date.now() };
    throw new Error(`X wants to be asked again at ${new Date(resetAt).toLocaleTimeString()}.`);
  }
  if (!response.ok) throw new Error(`X answered ${response.status} when asked who you are.`);
  const { data }: { data: { username: string } } = JSON.parse(await response.text());
  return `@${data.username}`;
}
