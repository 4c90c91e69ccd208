/** Gives refresh tokens; asked for always, never part of what an extension asked for. */
export const OFFLINE_ACCESS = 'offline.access';

/** What `/2/users/me` needs, without which nobody can tell whose grant it is. */
export const IDENTITY_SCOPES: readonly string[] = ['tweet.read', 'users.read'];
