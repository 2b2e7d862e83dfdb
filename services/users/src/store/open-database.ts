import { findMissingMigrations, probeDatabase } from './check-database.ts';
import { PostgresPool } from './postgres-pool.ts';

/** Where the users database is and how many connections it may be asked for. */
export interface UsersDatabaseOptions {
  readonly databaseUrl: string;
  readonly poolSize: number;
  readonly poolOverflow: number;
}

/** The users database, ready to serve. */
export interface UsersDatabase extends AsyncDisposable {
  readonly pool: PostgresPool;
  /** Rejects when the database does not answer; over a connection of its own, so that load does not look like death. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

/**
 * Connects to the users database and makes sure that it can be served from.
 *
 * @throws an error of one line for a person: unreachable, too old, not migrated
 */
export async function openUsersDatabase({
  databaseUrl: url,
  poolSize: size,
  poolOverflow: overflow,
}: UsersDatabaseOptions): Promise<UsersDatabase> {
  await using resources = new AsyncDisposableStack();
  const pool = resources.use(new PostgresPool({ url, size, overflow }));
  const probePool = resources.use(
    new PostgresPool({ url, size: 0, overflow: 1, applicationName: 'tandem-users-probe' }),
  );
  await pool.assertReachable();
  await assertMigrated(pool);
  const owned = resources.move();
  return {
    pool,
    probe: (signal) => probeDatabase(probePool, signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function assertMigrated(pool: PostgresPool): Promise<void> {
  const missing = await findMissingMigrations(pool);
  if (missing.length === 0) return;
  throw new Error(`USERS_DATABASE_URL: the database lacks ${missing.join(', ')}; run "npm run migrate -- up" first.`);
}
