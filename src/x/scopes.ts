/** Gives refresh tokens; asked for always, never part of what an extension asked for. */
export const OFFLINE_ACCESS = 'offline.access';

/** What `/2/users/me` needs, without which nobody can tell whose grant it is. */
export const IDENTITY_SCOPES: readonly string[] = ['tweet.read', 'users.read'];

/** What is at stake with a scope that spends money or opens private messages; undefined for every other scope. */
export function stakes(scope: string): 'money' | 'messages' | undefined {
  // Whatever X adds below these names is taken to be of the same kind. X may read names more leniently than it writes them.
  if (/^dm\./i.test(scope)) return 'messages';
  // Ads are paid for, and so is what the developer account is charged for.
  return /^(ads\.write$|developer\.)/i.test(scope) ? 'money' : undefined;
}
