import type { Statement } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

const batchSize = 1_000;
/** Of one round. */
const maxBatches = 100;
const batchTimeoutMs = 5_000;

/** A kind of rows that expire. */
export interface ExpiringRows {
  /** As a log line calls them. */
  readonly what: string;
  /** Deletes at most a batch of them and says how many. */
  readonly statement: Statement;
}

/** Sessions stay in lists for a day after they expired. */
export const expiringRows: readonly ExpiringRows[] = [
  { what: 'idempotency records', statement: sweepStatement('idempotency_records', 'expire_time <= now()') },
  { what: 'sessions', statement: sweepStatement('sessions', "expire_time <= now() - interval '1 day'") },
];

/**
 * Rows that somebody is just writing, or that another replica deletes, are left to them. Planned at each run, for as many
 * as there are by then.
 */
function sweepStatement(table: string, condition: string): Statement {
  return {
    name: `${table}_sweep`,
    prepared: false,
    sql: `
      WITH swept AS (
        DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM ${table} WHERE ${condition}
          ORDER BY expire_time LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))
        RETURNING 1)
      SELECT count(*)::integer AS count FROM swept`,
  };
}

/** Deletes what has expired, a thousand a statement. */
export async function sweepExpired(
  pool: Pick<PostgresPool, 'lease'>,
  { statement }: ExpiringRows,
  signal: AbortSignal,
): Promise<void> {
  for (let batch = 1; batch <= maxBatches; batch += 1) {
    const [swept] = await pool.lease({ deadline: Date.now() + batchTimeoutMs, signal }, (session) =>
      session.rows<{ count: number }>(statement, []),
    );
    if (swept === undefined || swept.count < batchSize) return;
  }
}
