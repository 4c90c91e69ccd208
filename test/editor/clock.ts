/**
 * Lets ten minutes pass for the extensions, which share this process and its clock: within some minutes no token is renewed
 * twice. A stand-in that runs keeps its own time.
 */
export function tenMinutesPass(): void {
  const { now } = Date;
  Date.now = () => now.call(Date) + 10 * 60_000;
}
