const AT_ONCE = 2;

/** Two at a time, so that a machine stays usable. */
export async function forEach<T>(all: readonly T[], action: (each: T) => Promise<void>): Promise<void> {
  const left = all.values();
  // They share the iterator: each takes the next.
  const work = async (): Promise<void> => {
    for (const each of left) await action(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
