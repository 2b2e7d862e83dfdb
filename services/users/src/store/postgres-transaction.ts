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
 * deadlock, and once, on a fresh connection, when the server turned out to take no writes; a COMMIT that was not answered is
 * settled by the server's own record of it.
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

/** Runs `work` in a transaction as `runTransaction` does, but once. */
export async function attemptTransaction<T>(
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

/**
 * Without waiting for BEGIN, which goes out with the first statement. By hand: of Knex's transactions the callback form
 * alone tells of a COMMIT that failed (knex issue 6141), and it waits for each step.
 */
async function transactOn<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  lease.begin();
  try {
    const result = await work();
    const command = await sendCommit(lease);
    await lease.last;
    if (command !== 'COMMIT')
      throw new Error('A statement of this transaction failed and was caught: it cannot commit.');
    return result;
  } catch (error) {
    // Where this fails too the connection does not go back to the pool.
    if (!(error instanceof CommitUnanswered)) await lease.connection.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** What the server says that it did; ROLLBACK after a statement that failed. */
async function sendCommit(lease: Lease): Promise<string> {
  const sentAt = performance.now();
  try {
    const { command } = await lease.connection.query('COMMIT');
    return command;
  } catch (error) {
    throw isUnanswered(error) ? new CommitUnanswered() : (lease.abortReason ?? explainDriverError(error, 'COMMIT'));
  } finally {
    lease.tellIfSlow('COMMIT', sentAt);
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
