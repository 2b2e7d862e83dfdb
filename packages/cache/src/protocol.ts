import type { LeaseReply } from './protocol-driver.ts';

/**
 * The rules that readers and writers keep, apart from how they are carried out: the model checker of this package walks
 * through all interleavings of them.
 */

/**
 * How long a mark keeps readers from filling when its writer does not settle, in milliseconds: longer than any transaction
 * can live (PostgreSQL's transaction_timeout of 10 s, MongoDB's transactionLifetimeLimitSeconds of 3). The mark of a write
 * without a transaction holds as long as that can take.
 */
export const markTtlMs = 15_000;
/** How long a reader may take from its lease to its fill, in milliseconds. */
export const leaseTtlMs = 1_000;
/** How long a reader waits for the value that another is about to fill, in milliseconds. */
export const busyWaitMs = 50;
/** After so long without an answer from Redis, in milliseconds, every process has stopped reading it. */
export const everyoneKnowsMs = 1_000;

/** What a reader does who found no value. `load` reads the database's primary; what comes of it is not filled. */
export type ReadPlan = 'answer' | 'load-and-fill' | 'wait-then-load' | 'load';

/** @param reply of `lease`, which always comes before the database is read; undefined when it could not be had */
export function planRead(reply: LeaseReply['kind'] | undefined): ReadPlan {
  switch (reply) {
    case 'value':
      return 'answer';
    case 'leased':
      return 'load-and-fill';
    case 'busy':
      return 'wait-then-load';
    default:
      return 'load';
  }
}

/** How a transaction ended, as its writer knows it. */
export type Outcome = 'committed' | 'rolled-back' | 'unknown';

/** What is known of one key of a transaction: which step Redis confirmed. */
export interface KeyProgress {
  readonly marked: boolean;
  readonly settled: boolean;
}

/** Whether the key's invalidation goes on record in the same transaction: decided before COMMIT is sent. */
export function recordsWithin({ marked }: Pick<KeyProgress, 'marked'>): boolean {
  return !marked;
}

/** Whether the writer settles: never while the transaction may still commit, the mark keeps readers on the database. */
export function settles(outcome: Outcome): boolean {
  return outcome !== 'unknown';
}

/** Whether the key's invalidation goes on record in a transaction of its own, before the reply. */
export function recordsApart(outcome: Outcome, { settled }: Pick<KeyProgress, 'settled'>): boolean {
  return outcome === 'unknown' || (outcome === 'committed' && !settled);
}

/** Whether the reply waits until the key's settlement is confirmed, or every process has stopped reading Redis. */
export function withholdsReply(outcome: Outcome, { marked, settled }: KeyProgress): boolean {
  return outcome === 'committed' && !marked && !settled;
}
