import type { PostgresPool } from './postgres-pool.ts';

/** The migrations that this release's statements rely on, by the names under which they are recorded. */
export const requiredMigrations: readonly string[] = [
  '202611250900-users',
  '202611250901-idempotency-records',
  '202611250902-service-secrets',
  '202611250903-system-account',
  '202611260900-points-transfers',
  '202611260910-sessions',
  '202611260920-users-search',
  '202611260921-users-email-order',
  '202611260930-users-sessions-epoch',
  '202611301100-jobs',
  '202611301101-job-queues',
  '202611301110-pending-users',
  '202611301200-cache-invalidations',
  '202611301210-sessions-revoked',
  '202611301830-users-search-text-given',
];

const startTimeoutMs = 5_000;
const undefinedTable = '42P01';
const findApplied = { name: 'migrations_find', sql: 'SELECT name FROM migrations WHERE name = ANY(?::text[])' };

/** Asks the database for a sign of life. */
export async function probeDatabase(pool: PostgresPool, signal: AbortSignal): Promise<void> {
  await pool.lease({ deadline: Number.POSITIVE_INFINITY, signal }, (session) =>
    session.rows({ name: 'probe', sql: 'SELECT 1' }, []),
  );
}

/** The required migrations that the database lacks, oldest first. */
export async function findMissingMigrations(pool: PostgresPool): Promise<string[]> {
  const applied = new Set(await readApplied(pool));
  return requiredMigrations.filter((name) => !applied.has(name));
}

async function readApplied(pool: PostgresPool): Promise<string[]> {
  try {
    const rows = await pool.lease({ deadline: Date.now() + startTimeoutMs }, (session) =>
      session.rows<{ name: string }>(findApplied, [requiredMigrations]),
    );
    return rows.map(({ name }) => name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === undefinedTable) return [];
    throw error;
  }
}
