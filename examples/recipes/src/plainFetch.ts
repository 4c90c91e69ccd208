import { authentication, workspace } from 'vscode';

/** Asks X who is signed in. Somebody clicked, so VS Code may ask them to sign in. */
export async function whoAmI(): Promise<string> {
  const session = await authentication.getSession('x', ['tweet.read', 'users.read'], { createIfNone: true });
  // The extension host's own `fetch`, which uses VS Code's proxy and certificates.
  const response = await fetch(`${apiBaseUrl()}/2/users/me`, {
    headers: { authorization: `Bearer ${session.accessToken}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`X answered ${response.status} when asked who you are.`);
  const { data }: { data: { username: string } } = JSON.parse(await response.text());
  return `@${data.username}`;
}

/** `https://api.x.com`, unless a person moved it, as you will to test without X. */
export function apiBaseUrl(): string {
  return workspace.getConfiguration('xAuthentication').get('apiBaseUrl', 'https://api.x.com');
}
