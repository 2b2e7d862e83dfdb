/**
 * The cache cannot be asked now: not connected, too slow, closed, or Redis refused the command. Whether a write took
 * effect is unknown, and a command that timed out may still run later. The caller goes to its database.
 */
export class CacheUnavailableError extends Error {
  override readonly name = 'CacheUnavailableError';
  /** What is wrong in a word or two (`ECONNREFUSED`, `timed out`): never an address, a key or a secret. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`the cache is unavailable (${reason}); use the database`, options);
    this.reason = reason;
  }
}
