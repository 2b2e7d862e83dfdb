import type { Readers } from '@tandem/rpc';
import { answerClaimed, createAnswerWriter, createPostgresRecords, runClaimed } from './postgres-claims.ts';
import { openInsertions, openMovements } from './postgres-group-writer.ts';
import { createPostgresInvalidationWriter } from './postgres-invalidations.ts';
import { createJobSender, type JobSender } from './postgres-job-writer.ts';
import type { Session } from './postgres-lease.ts';
import { createPostgresPendingUsers } from './postgres-pending-users.ts';
import { createPostgresPointsReader } from './postgres-points-reader.ts';
import { createPostgresPointsWriter } from './postgres-points-writer.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { createPostgresSessionReader } from './postgres-session-reader.ts';
import { createPostgresSessionWriter } from './postgres-session-writer.ts';
import { runTransaction } from './postgres-transaction.ts';
import { createPostgresUserReader } from './postgres-user-reader.ts';
import { createPostgresUserWriter } from './postgres-user-writer.ts';
import { createWriteGroups } from './postgres-write-groups.ts';
import type { ReadSource } from './replica-reads.ts';
import type { StoreCall, UserStore, UsersTransaction } from './store.ts';

/**
 * The users' store on PostgreSQL; whoever made the pools closes them.
 *
 * @param eventualSource what eventual reads run on; default: the pool
 * @param jobs what puts jobs into transactions; default: one that has yet to look its queues up
 */
export function createPostgresUserStore(
  pool: PostgresPool,
  eventualSource: ReadSource = pool,
  jobs: JobSender = createJobSender(pool),
): UserStore {
  const readers = <R>(create: (source: ReadSource) => R): Readers<R> => {
    const reader = create(pool);
    return { reader, strongReader: reader, eventualReader: create(eventualSource) };
  };
  const transaction: UserStore['transaction'] = (call, work) => transact({ pool, jobs }, call, work);
  return {
    ...readers(createPostgresUserReader),
    points: readers(createPostgresPointsReader),
    sessions: readers(createPostgresSessionReader),
    records: createPostgresRecords(pool),
    transaction,
    insertOne: createWriteGroups(pool, transaction, { open: openInsertions, maxLockWaitMs: 50 }),
    // A user whom many pay is locked at most times, by each for a moment.
    moveOnce: createWriteGroups(pool, transaction, { open: openMovements, maxLockWaitMs: 100 }),
  };
}

function transact<T extends object>(
  { pool, jobs }: { readonly pool: PostgresPool; readonly jobs: JobSender },
  call: StoreCall,
  work: (tx: UsersTransaction) => Promise<T>,
): Promise<T> {
  const { deadline, signal, claim, answeredLater = false, cacheKeys = () => [] } = call;
  const open = (session: Session) => openTransaction(session, jobs);
  if (claim === undefined) return runTransaction(pool, { deadline, signal }, (session) => work(open(session)));
  return answerClaimed(pool, { claim, call }, () =>
    runTransaction(pool, { deadline, signal }, (session) =>
      runClaimed(session, { claim, answeredLater, cacheKeys }, () => work(open(session))),
    ),
  );
}

function openTransaction(session: Session, jobs: JobSender): UsersTransaction {
  const users = createPostgresUserWriter(session);
  return {
    users,
    pendingUsers: createPostgresPendingUsers(session, users),
    sessions: createPostgresSessionWriter(session),
    points: createPostgresPointsWriter(session),
    invalidations: createPostgresInvalidationWriter(session),
    jobs: jobs.writeOn(session),
    answers: createAnswerWriter(session),
  };
}
