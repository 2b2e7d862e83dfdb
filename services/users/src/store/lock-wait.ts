import type { Session } from './postgres-lease.ts';

/** Until the transaction's end. Planned at each run: once a transaction at most. */
const limitStatement = {
  name: 'lock_timeout',
  prepared: false,
  sql: `SELECT set_config('lock_timeout', ?, true)`,
};

/** Has the open transaction wait no longer than `waitMs` for a lock; the connection's own bound is 2 s. */
export async function limitLockWait(session: Session, waitMs: number): Promise<void> {
  await session.rows(limitStatement, [`${waitMs}ms`]);
}
