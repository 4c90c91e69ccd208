/**
 * Lets ten minutes pass for the extensions and the stand-in for X, which share this process and its clock: within some minutes
 * no token is renewed twice.
 */
export function tenMinutesPass(): void {
  const { now } = Date;
  Date.now = () => now.call(Date) + 10 * 60_000;
}
