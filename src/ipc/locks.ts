/** What the holder of a lock can ask: whether it still is. The machine may have slept meanwhile. */
export interface Lease {
  held(): Promise<boolean>;
}

/** A lock across windows that frees itself when its holder dies. */
export interface Locks {
  /**
   * Runs `action` while no other window holds `name`, unless `until` has an answer first. Throws when
   * that was not possible within `waitMs`.
   */
  withLock<T>(
    name: string,
    waiting: { readonly waitMs: number; readonly until?: () => Promise<T | undefined> },
    action: (lease: Lease) => Promise<T>,
  ): Promise<T>;
}
