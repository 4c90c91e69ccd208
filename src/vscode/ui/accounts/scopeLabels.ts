import { l10n } from 'vscode';

/** What each scope of X allows (https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code), in the order in which they are offered. */
function words(): ReadonlyMap<string, string> {
  const sentences = {
    'tweet.read': l10n.t('See posts that you can see'),
    'tweet.write': l10n.t('Post, repost and delete posts for you'),
    'tweet.moderate.write': l10n.t('Hide and show replies to your posts'),
    'users.read': l10n.t('See profiles that you can see'),
    'users.email': l10n.t('See your email address, if the app is allowed to at X'),
    'follows.read': l10n.t('See whom you follow and who follows you'),
    'follows.write': l10n.t('Follow and unfollow people for you'),
    'offline.access': l10n.t('Stay signed in: renew the access without asking you again'),
    'space.read': l10n.t('See Spaces that you can see'),
    'mute.read': l10n.t('See whom you have muted'),
    'mute.write': l10n.t('Mute and unmute people for you'),
    'like.read': l10n.t('See posts that you like'),
    'like.write': l10n.t('Like posts for you, and take likes back'),
    'list.read': l10n.t('See your lists and those that you follow'),
    'list.write': l10n.t('Make and change lists for you'),
    'block.read': l10n.t('See whom you have blocked'),
    'block.write': l10n.t('Block and unblock people for you'),
    'bookmark.read': l10n.t('See your bookmarks'),
    'bookmark.write': l10n.t('Set and remove bookmarks for you'),
    'dm.read': l10n.t('See your direct messages'),
    'dm.write': l10n.t('Send and delete direct messages for you'),
    'media.write': l10n.t('Upload pictures and videos for you'),
    'broadcast.read': l10n.t('See your broadcasts'),
    'broadcast.write': l10n.t('Start and change broadcasts for you'),
    'timeline.read': l10n.t('See your timeline'),
  };
  // As a map, because an object inherits members such as `constructor`, and a scope can have any name.
  return new Map(Object.entries(sentences));
}

/** The scopes that are explained. X has others, or will have. */
export function knownScopes(): readonly string[] {
  return [...words().keys()];
}

/** What a scope allows. */
export function scopeWords(scope: string): string {
  return words().get(scope) ?? l10n.t('X knows what this allows; it is not explained here yet');
}

/** What the scopes of a grant allow, as short as a row of a list has to be. */
export function scopesInWords(scopes: readonly string[]): string {
  const known = words();
  return [
    ...[...known].filter(([scope]) => scopes.includes(scope) && scope !== 'offline.access').map(([, text]) => text),
    ...scopes.filter((scope) => !known.has(scope)),
  ].join(' · ');
}
