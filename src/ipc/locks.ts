/** What the holder of a lock can ask while it holds it. */
export interface Lease {
  /**
   * True if the lock is still ours, and then no other process takes it within 15 s. Ask before acting: the machine may have
   * slept, or the event loop may have been blocked. Never rejects.
   */
  held(): Promise<boolean>;
}

export interface LockOptions<T> {
  /** The longest time to wait, in milliseconds. With 0 there is one attempt. */
  readonly waitMs: number;
  /** Asked between attempts. An answer ends the wait and is the result: another process has done the work. */
  readonly resolvedElsewhere?: () => Promise<T | undefined>;
}

/** Locks between the windows of a machine. A lock frees itself when its holder dies. */
export interface Locks {
  /**
   * Runs `action` while no other window holds the lock with this name. Throws if that wasn't possible within `waitMs`, and
   * whatever `action` throws.
   */
  withLock<T>(name: string, options: LockOptions<T>, action: (lease: Lease) => Promise<T>): Promise<T>;
}

/** The lease of an action that runs without a lock. */
export const NO_LOCK: Lease = { held: async () => true };

/**
 * Runs `action` under a lock, or with {@link NO_LOCK} if the lock couldn't be acquired and `isUnavailable` says that the error
 * is no reason to do nothing. Throws every other error of the lock, and whatever `action` throws.
 */
export async function runExclusive<T>(
  locks: Locks,
  name: string,
  options: LockOptions<T> & { readonly isUnavailable: (error: unknown) => boolean },
  action: (lease: Lease) => Promise<T>,
): Promise<T> {
  let hasBegun = false;
  const { waitMs, resolvedElsewhere, isUnavailable } = options;
  // An error of this question would pass for one of the lock. It is asked again soon.
  const asked = async (): Promise<T | undefined> => resolvedElsewhere?.().catch(() => undefined);
  try {
    return await locks.withLock<T>(name, { waitMs, resolvedElsewhere: asked }, (lease) => {
      hasBegun = true;
      return action(lease);
    });
  } catch (error) {
    if (hasBegun || !isUnavailable(error)) throw error;
  }
  return action(NO_LOCK);
}
