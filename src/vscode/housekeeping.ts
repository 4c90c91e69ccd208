import * as vscode from 'vscode';
import { TICK_MS, type Sessions } from '../sessions/sessions.ts';
import type { Grants } from '../sessions/store/grants.ts';
import type { Platform } from './platform.ts';

const DAY_MS = 24 * 60 * 60_000;

/** How long a window may have slept and still find what the others left for it. */
const KEEP_NOTES_MS = 7 * DAY_MS;

/** How long what can't be read is kept for a version that might. */
const KEEP_UNREADABLE_MS = 30 * DAY_MS;

/** How long it is known of what has ended that it did. */
const KEEP_ENDED_MS = 30 * DAY_MS;

/** Delays what does not matter yet, so that it doesn't slow the start of an editor. */
const SETTLED_AFTER_MS = 5_000;

/** Refreshes ahead of expiry, and deletes what nobody needs any more, until it is disposed of. */
export function keepHouse(
  { deps, folderLocks, logged, notes }: Platform,
  sessions: Sessions,
  grantsOfAll: readonly Pick<Grants, 'forgetUnreadable' | 'sweep'>[],
): vscode.Disposable {
  const sweep = (): void => {
    logged(notes().then((found) => found.sweep(KEEP_NOTES_MS)));
    logged(folderLocks().then((found) => found.sweep(KEEP_NOTES_MS)));
    for (const grants of grantsOfAll) {
      logged(grants.forgetUnreadable(KEEP_UNREADABLE_MS));
      logged(grants.sweep(KEEP_ENDED_MS, deps.now()));
    }
  };
  const ticking = setInterval(() => logged(sessions.tick()), TICK_MS);
  const sweeping = setInterval(sweep, DAY_MS);
  const later = setTimeout(() => {
    sweep();
    // While they are there: an update may take them away from a window that stays open, which must not fail for that.
    logged(import('../oauth/authorizationCode.ts'));
    logged(import('../api/oauth1Authorization.ts'));
  }, SETTLED_AFTER_MS);
  return new vscode.Disposable(() => {
    clearInterval(ticking);
    clearInterval(sweeping);
    clearTimeout(later);
  });
}
