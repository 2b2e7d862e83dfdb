import type { MigrationStatus } from '../migration.ts';
import { MigrationError } from './migration-error.ts';

/** Compares the list with the names a database has on record. */
export function statusOf(
  migrations: readonly { readonly name: string }[],
  recorded: readonly string[],
): MigrationStatus {
  const names = migrations.map(({ name }) => name);
  return {
    applied: names.filter((name) => recorded.includes(name)),
    pending: names.filter((name) => !recorded.includes(name)),
    unknown: recorded.filter((name) => !names.includes(name)),
  };
}

/** The last one that may be undone. Refuses when a newer release has applied something on top of it. */
export function lastApplied(database: string, { applied, unknown }: MigrationStatus): string | undefined {
  if (unknown.length > 0) {
    throw new MigrationError(
      `${database}: ${unknown.join(', ')} was applied by another release; undo it with that release first`,
    );
  }
  return applied.at(-1);
}

/** A failed migration in one line. The driver's text comes without the statement that Knex puts before it. */
export function migrationFailure(step: string, error: unknown): MigrationError {
  if (error instanceof MigrationError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const cause = text.slice(text.lastIndexOf(' - ') + 1).replace(/^- /, '');
  return new MigrationError(`${step} failed: ${cause.split('\n')[0]}; mend the cause and run it again`, {
    cause: error,
  });
}
