/** Where what happens is told: verbs, ids and counts, never a secret. A `LogOutputChannel` is one. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
