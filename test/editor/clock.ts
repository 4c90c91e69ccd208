/**
 * Lets ten minutes pass for the extensions, which share this process and its clock, until it is disposed of: within some minutes
 * no token is refreshed twice. A fake X that runs keeps its own time.
 */
export function tenMinutesPass(): Disposable {
  const { now } = Date;
  Date.now = () => now.call(Date) + 10 * 60_000;
  return {
    [Symbol.dispose]() {
      Date.now = now;
    },
  };
}
