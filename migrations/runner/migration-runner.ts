import type { MigrationStatus } from '../migration.ts';
import type { MigrationLock } from './migration-lock.ts';

/** Brings one database up or down the list; only one runner changes a database at a time. */
export interface MigrationRunner extends AsyncDisposable {
  /** Applies what is pending, oldest first, and resolves with the names. Throws MigrationError at the first that fails. */
  up(): Promise<string[]>;
  /** Undoes the last one applied and resolves with its name; undefined when there is none. */
  down(): Promise<string | undefined>;
  status(): Promise<MigrationStatus>;
}

export interface RunnerOptions<Migration> {
  readonly url: string;
  /** The list to use. Default: the database's own. */
  readonly migrations?: readonly Migration[];
  /** Told each step in one line. Default: nobody. */
  readonly log?: (line: string) => void;
  /** How long to wait for another runner, in milliseconds. Default 600,000. */
  readonly lockWaitMs?: number;
}

export const defaultLockWaitMs = 600_000;

export function noLog(): void {}

/** Runs `work` while `lock` is held and frees it after. */
export async function withLock<Result>(
  lock: Promise<MigrationLock>,
  work: (lock: MigrationLock) => Promise<Result>,
): Promise<Result> {
  await using held = await lock;
  return await work(held);
}
