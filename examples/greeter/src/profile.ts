import { workspace } from 'vscode';

export interface Profile {
  readonly name: string;
  readonly username: string;
}

/** Asks X whose token it is. https://docs.x.com/x-api/users/get-my-user */
export async function readProfile(accessToken: string): Promise<Profile> {
  // `fetch` is the extension host's own: it uses VS Code's proxy and certificates.
  const response = await fetch(`${apiBaseUrl()}/2/users/me`, {
    headers: { authorization: `Bearer ${accessToken}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`X answered ${response.status} when asked who you are.`);
  const { data }: { data: Profile } = JSON.parse(await response.text());
  return data;
}

/** `https://api.x.com`, unless the person moved it, as `npm start` of X Authentication does. */
function apiBaseUrl(): string {
  return workspace.getConfiguration('xAuthentication').get('apiBaseUrl', 'https://api.x.com');
}
