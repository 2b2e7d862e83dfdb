import { findMissingMigrations, probeDatabase } from './check-database.ts';
import type { SlowStatements } from './postgres-lease.ts';
import { PostgresPool } from './postgres-pool.ts';
import { createReplicaReads, type ReadSource, type ReplicaLog } from './replica-reads.ts';

/** Where the users database is and how many connections it may be asked for. */
export interface UsersDatabaseOptions {
  readonly databaseUrl: string;
  /** A replica for reads that may lag; undefined: they read the primary. */
  readonly databaseReadUrl: string | undefined;
  readonly poolSize: number;
  readonly poolOverflow: number;
  /** Statements that take as long are told to the log. */
  readonly slowStatementMs: number;
}

export interface DatabaseLog extends ReplicaLog {
  warn(fields: object, text: string): void;
}

/** The users database, ready to serve. */
export interface UsersDatabase extends AsyncDisposable {
  readonly pool: PostgresPool;
  /** Where reads run that may lag. */
  readonly eventualSource: ReadSource;
  /** Rejects when the database does not answer; over a connection of its own, so that load does not look like death. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

/**
 * Connects to the users database and makes sure that it can be served from.
 *
 * @throws an error of one line for a person: unreachable, too old, not migrated
 */
export async function openUsersDatabase(options: UsersDatabaseOptions, log: DatabaseLog): Promise<UsersDatabase> {
  await using resources = new AsyncDisposableStack();
  const { databaseUrl: url, databaseReadUrl, poolSize: size, poolOverflow: overflow } = options;
  const slowStatements = reportTo(log, options.slowStatementMs);
  const pool = resources.use(new PostgresPool({ url, size, overflow, slowStatements }));
  const probePool = resources.use(
    new PostgresPool({ url, size: 0, overflow: 1, applicationName: 'tandem-users-probe' }),
  );
  await pool.assertReachable();
  await assertMigrated(pool);
  const replica =
    databaseReadUrl &&
    resources.use(new PostgresPool({ url: databaseReadUrl, size, overflow, slowStatements, acceptsReadOnly: true }));
  const owned = resources.move();
  return {
    pool,
    eventualSource: replica ? createReplicaReads({ replica, primary: pool, log }) : pool,
    probe: (signal) => probeDatabase(probePool, signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function reportTo(log: DatabaseLog, thresholdMs: number): SlowStatements {
  return { thresholdMs, report: (slow) => log.warn(slow, 'slow statement') };
}

async function assertMigrated(pool: PostgresPool): Promise<void> {
  const missing = await findMissingMigrations(pool);
  if (missing.length === 0) return;
  throw new Error(`USERS_DATABASE_URL: the database lacks ${missing.join(', ')}; run "npm run migrate -- up" first.`);
}
