/** Held while a runner changes a database; disposing it lets the next runner in. */
export interface MigrationLock extends AsyncDisposable {
  /** Throws MigrationError once the lock can no longer be relied on; asked before each step. */
  assertHeld(): void;
}

export interface MigrationLockOptions {
  readonly log: (line: string) => void;
  /** How long to wait for another runner before giving up, in milliseconds. */
  readonly waitMs: number;
}
