/** What a promise brings within `ms`, or else `otherwise`; the promise goes on, and may then fail unnoticed. */
export async function withTimeout<T, F>(ms: number, promise: Promise<T>, otherwise: F): Promise<T | F> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<F>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
