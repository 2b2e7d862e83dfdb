import { setTimeout as wait } from 'node:timers/promises';
import { TandemError } from '@tandem/rpc';
import { Contended, explainDriverError, isUnanswered, ServerReadOnly, storeUnavailable } from './postgres-errors.ts';
import type { Lease, LeaseBounds, Session } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { settleCommit } from './settle-commit.ts';

const maxAttempts = 6;
const firstBackoffMs = 5;

/** Thrown inside a transaction to have the whole of it run again: what it decided on has changed meanwhile. */
export class StateChanged extends Error {
  override readonly name = 'StateChanged';
}

/**
 * Runs `work` in a transaction on one connection. It is run again, as a whole, after a serialization failure or a
 * deadlock, and once, on a fresh connection, when the server turned out to take no writes; a COMMIT that was not answered is settled by the server's own record of it.
 */
export async function runTransaction<T>(
  pool: PostgresPool,
  bounds: LeaseBounds,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let maySwitchServer = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptTransaction(pool, bounds, work);
    } catch (error) {
      const isReadOnly = error instanceof ServerReadOnly;
      const isContended = error instanceof Contended || error instanceof StateChanged;
      if (!isContended && !(isReadOnly && maySwitchServer)) throw error;
      if (attempt === maxAttempts) throw isReadOnly ? error : new Contended();
      if (isReadOnly) maySwitchServer = false;
      await backOff(attempt, bounds);
    }
  }
}

/** A COMMIT was sent, and no answer came. */
class CommitUnanswered extends Error {
  override readonly name = 'CommitUnanswered';
}

async function attemptTransaction<T>(
  pool: PostgresPool,
  bounds: LeaseBounds,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const outcome: { result?: T; transactionId?: string | undefined } = {};
  try {
    return await pool.lease(bounds, async (lease) => {
      try {
        return await transactOn(lease, async () => {
          outcome.result = await work(lease);
          return outcome.result;
        });
      } finally {
        outcome.transactionId = lease.transactionId;
      }
    });
  } catch (error) {
    if (!(error instanceof CommitUnanswered)) throw error;
    await assertCommitted(pool, bounds, outcome.transactionId);
    return outcome.result as T;
  }
}

/** Knex's callback form only: an awaited `trx.commit()` resolves even when COMMIT failed (knex issue 6141). */
async function transactOn<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  let commitSentAt: number | undefined;
  try {
    return await lease.knex.transaction(
      async () => {
        try {
          const result = await work();
          lease.assertNothingFailed();
          commitSentAt = performance.now();
          return result;
        } catch (error) {
          failure = { error };
          throw error;
        }
      },
      { connection: lease.connection },
    );
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    const commitSent = commitSentAt !== undefined;
    if (commitSent && isUnanswered(error)) throw new CommitUnanswered();
    throw lease.abortReason ?? explainDriverError(error, commitSent ? 'COMMIT' : 'BEGIN');
  } finally {
    if (commitSentAt !== undefined) lease.tellIfSlow('COMMIT', commitSentAt);
  }
}

async function assertCommitted(
  pool: PostgresPool,
  bounds: LeaseBounds,
  transactionId: string | undefined,
): Promise<void> {
  const outcome = await settleCommit(pool, { transactionId, deadline: bounds.deadline });
  if (outcome === 'committed') return;
  if (outcome === 'aborted') throw storeUnavailable();
  throw new TandemError(
    'OUTCOME_UNKNOWN',
    'The users database did not confirm the change; a retry with the same request_id settles whether it was made.',
  );
}

async function backOff(attempt: number, { signal }: LeaseBounds): Promise<void> {
  const delayMs = firstBackoffMs * 2 ** attempt * Math.random();
  try {
    await wait(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.reason ?? error;
  }
}
