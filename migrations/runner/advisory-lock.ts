import pg from 'pg';
import { connectionError } from './connection-error.ts';
import { MigrationError } from './migration-error.ts';
import type { MigrationLock, MigrationLockOptions } from './migration-lock.ts';

/** The bytes of "tandem": any number will do as long as every release uses the same one. */
const lockKey = 0x74616e64656dn.toString();
const lockTimedOut = '55P03';

/**
 * Takes the advisory lock of the database on a connection of its own, so that PostgreSQL frees it the moment a killed
 * runner's connection ends.
 */
export async function holdAdvisoryLock(url: string, { log, waitMs }: MigrationLockOptions): Promise<MigrationLock> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, keepAlive: true });
  let lost = false;
  client.on('error', () => {
    lost = true;
  });
  try {
    await client.connect();
    await acquire(client, { log, waitMs });
  } catch (error) {
    await client.end().catch(() => {});
    throw error instanceof MigrationError ? error : connectionError('PostgreSQL', url, error);
  }
  return {
    assertHeld() {
      if (lost) throw new MigrationError('users: the connection that holds the migration lock broke; run it again');
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => {});
    },
  };
}

async function acquire(client: pg.Client, { log, waitMs }: MigrationLockOptions): Promise<void> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [lockKey]);
  if (rows[0]?.held === true) return;
  log('users: waiting for another migration run to end');
  await client.query(`SET lock_timeout = ${waitMs}`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === lockTimedOut) {
      throw new MigrationError(`users: another migration run still holds the lock after ${waitMs} ms; try again later`);
    }
    throw error;
  }
}
