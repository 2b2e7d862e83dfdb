import { createPostgresRecords, runClaimed } from './postgres-claims.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { createPostgresSessionWriter } from './postgres-session-writer.ts';
import { runTransaction } from './postgres-transaction.ts';
import { createPostgresUserReader } from './postgres-user-reader.ts';
import { createPostgresUserWriter } from './postgres-user-writer.ts';
import type { StoreCall, UserStore, UsersTransaction } from './store.ts';

/** The users' store on PostgreSQL; whoever made the pool closes it. */
export function createPostgresUserStore(pool: PostgresPool): UserStore {
  return {
    reader: createPostgresUserReader(pool),
    records: createPostgresRecords(pool),
    transaction: (call, work) => transact(pool, call, work),
  };
}

async function transact<T extends object>(
  pool: PostgresPool,
  { deadline, signal, claim }: StoreCall,
  work: (tx: UsersTransaction) => Promise<T>,
): Promise<T> {
  let afterCommit: (() => Promise<void> | void)[] = [];
  const result = await runTransaction(pool, { deadline, signal }, (session) => {
    // Each attempt begins anew.
    afterCommit = [];
    const tx: UsersTransaction = {
      users: createPostgresUserWriter(session),
      sessions: createPostgresSessionWriter(session),
      afterCommit: (next) => void afterCommit.push(next),
    };
    return claim === undefined ? work(tx) : runClaimed(session, claim, () => work(tx));
  });
  for (const next of afterCommit) await next();
  return result;
}
