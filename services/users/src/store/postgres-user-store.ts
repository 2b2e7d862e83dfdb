import { createPostgresRecords, runClaimed } from './postgres-claims.ts';
import { createPostgresInvalidationWriter } from './postgres-invalidations.ts';
import { createPostgresPointsReader } from './postgres-points-reader.ts';
import { createPostgresPointsWriter } from './postgres-points-writer.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { createPostgresSessionReader } from './postgres-session-reader.ts';
import { createPostgresSessionWriter } from './postgres-session-writer.ts';
import { runTransaction } from './postgres-transaction.ts';
import { createPostgresUserReader } from './postgres-user-reader.ts';
import { createPostgresUserWriter } from './postgres-user-writer.ts';
import type { ReadSource } from './replica-reads.ts';
import type { StoreCall, UserStore, UsersTransaction } from './store.ts';

/**
 * The users' store on PostgreSQL; whoever made the pools closes them.
 *
 * @param eventualSource what eventual reads run on; default: the pool
 */
export function createPostgresUserStore(pool: PostgresPool, eventualSource: ReadSource = pool): UserStore {
  return {
    reader: createPostgresUserReader(pool),
    eventualReader: createPostgresUserReader(eventualSource),
    points: {
      reader: createPostgresPointsReader(pool),
      eventualReader: createPostgresPointsReader(eventualSource),
    },
    sessions: {
      reader: createPostgresSessionReader(pool),
      eventualReader: createPostgresSessionReader(eventualSource),
    },
    records: createPostgresRecords(pool),
    transaction: (call, work) => transact(pool, call, work),
  };
}

function transact<T extends object>(
  pool: PostgresPool,
  { deadline, signal, claim }: StoreCall,
  work: (tx: UsersTransaction) => Promise<T>,
): Promise<T> {
  return runTransaction(pool, { deadline, signal }, (session) => {
    const tx: UsersTransaction = {
      users: createPostgresUserWriter(session),
      sessions: createPostgresSessionWriter(session),
      points: createPostgresPointsWriter(session),
      invalidations: createPostgresInvalidationWriter(session),
    };
    return claim === undefined ? work(tx) : runClaimed(session, claim, () => work(tx));
  });
}
