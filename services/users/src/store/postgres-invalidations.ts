import type { InvalidationRecords, InvalidationWriter } from '@tandem/cache';
import type { Session } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

interface InvalidationRow {
  readonly id: string;
  readonly keys: string[];
  readonly is_due: boolean;
}

const statementTimeoutMs = 2_000;
const insertInvalidation = {
  name: 'invalidation_insert',
  sql: `INSERT INTO cache_invalidations (keys, due_time) VALUES (?::text[], now() + ? * interval '1 millisecond')`,
};
const readInvalidations = {
  name: 'invalidation_read',
  sql: `
    SELECT id::text, keys, due_time <= now() AS is_due FROM cache_invalidations
    WHERE id > ?::bigint AND (due_time <= now() OR NOT ?)
    ORDER BY id LIMIT ?`,
};
const deleteInvalidations = {
  name: 'invalidation_delete',
  sql: 'DELETE FROM cache_invalidations WHERE id = ANY(?::bigint[])',
};

/** Puts on record within a transaction. */
export function createPostgresInvalidationWriter(session: Session): InvalidationWriter {
  return {
    async put(keys, { dueInMs = 0 } = {}) {
      if (keys.length > 0) await session.rows(insertInvalidation, [keys, dueInMs]);
    },
  };
}

/** What is on record in the users database. */
export function createPostgresInvalidations(pool: Pick<PostgresPool, 'lease'>): InvalidationRecords {
  const bounds = (signal: AbortSignal) => ({ deadline: Date.now() + statementTimeoutMs, signal });
  return {
    async read({ dueOnly, afterId, limit }, signal) {
      const rows = await pool.lease(bounds(signal), (session) =>
        session.rows<InvalidationRow>(readInvalidations, [afterId ?? '0', dueOnly, limit]),
      );
      return rows.map(({ id, keys, is_due }) => ({ id, keys, isDue: is_due }));
    },
    async remove(ids, signal) {
      await pool.lease(bounds(signal), (session) => session.rows(deleteInvalidations, [ids]));
    },
  };
}
