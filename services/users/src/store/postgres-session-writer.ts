import type { Session } from './postgres-lease.ts';
import type { SessionWriter } from './store.ts';

const endAll = {
  name: 'sessions_end_all',
  sql: `
    WITH ended AS (
      UPDATE sessions SET revoke_time = clock_timestamp()
      WHERE user_id = ? AND revoke_time IS NULL AND expire_time > now() AND id IS DISTINCT FROM ?::uuid
      RETURNING 1)
    SELECT count(*)::integer AS count FROM ended`,
};

/** Writes sessions within the transaction that is open on `session`. */
export function createPostgresSessionWriter(session: Session): SessionWriter {
  return {
    endAll: async (userId, { exceptId } = {}) => {
      const [ended] = await session.rows<{ count: number }>(endAll, [userId, exceptId ?? null]);
      return ended?.count ?? 0;
    },
  };
}
