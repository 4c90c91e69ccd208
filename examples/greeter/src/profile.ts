import { type AuthenticationSession, workspace } from 'vscode';

/** What X says about a person, of https://docs.x.com/x-api/users/get-my-user */
export interface Profile {
  readonly name: string;
  readonly username: string;
}

/** By account id. X answers this question 75 times in 15 minutes, and charges for it. */
const known = new Map<string, Promise<Profile>>();

/** Asks X whose session it is, once per account. */
export async function profileOf({ account, accessToken }: AuthenticationSession): Promise<Profile> {
  const asked = known.get(account.id) ?? ask(accessToken);
  known.set(account.id, asked);
  try {
    return await asked;
  } catch (error) {
    known.delete(account.id);
    throw error;
  }
}

async function ask(accessToken: string): Promise<Profile> {
  // The extension host's own `fetch` uses VS Code's proxy and certificates.
  const response = await fetch(`${apiBaseUrl()}/2/users/me`, {
    headers: { authorization: `Bearer ${accessToken}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`X answered ${response.status} when asked who you are.`);
  const { data }: { data: Profile } = JSON.parse(await response.text());
  return data;
}

/** `https://api.x.com`, unless a person moved it, as `npm start` of X Authentication does. */
function apiBaseUrl(): string {
  return workspace.getConfiguration('xAuthentication').get('apiBaseUrl', 'https://api.x.com');
}
