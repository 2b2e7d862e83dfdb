import { setTimeout as wait } from 'node:timers/promises';
import type { PostgresPool } from './postgres-pool.ts';

const statusOf = { name: 'xact_status', sql: 'SELECT pg_xact_status(?::xid8) AS status' };
const maxSettleMs = 5_000;
/** The caller must still hear of it. */
const reserveMs = 50;
const pollMs = 50;

export type CommitOutcome = 'committed' | 'aborted' | 'unknown';

/**
 * Asks the server, over other connections, what became of a transaction whose COMMIT was not answered; until the deadline,
 * at most 5 s. `unknown`: the server could not be reached, has forgotten it, or has it still in progress.
 */
export async function settleCommit(
  pool: PostgresPool,
  { transactionId, deadline }: { transactionId: string | undefined; deadline: number },
): Promise<CommitOutcome> {
  if (transactionId === undefined) return 'unknown';
  const until = Math.min(deadline - reserveMs, Date.now() + maxSettleMs);
  while (Date.now() < until) {
    const status = await readStatus(pool, { transactionId, deadline: until });
    if (status === 'committed' || status === 'aborted') return status;
    if (status === null) return 'unknown';
    await wait(pollMs);
  }
  return 'unknown';
}

/** Null: too long ago to be known. Undefined: could not be asked. */
async function readStatus(
  pool: PostgresPool,
  { transactionId, deadline }: { transactionId: string; deadline: number },
): Promise<string | null | undefined> {
  try {
    const rows = await pool.lease({ deadline }, (session) =>
      session.rows<{ status: string | null }>(statusOf, [transactionId]),
    );
    return rows[0]?.status;
  } catch {
    return undefined;
  }
}
