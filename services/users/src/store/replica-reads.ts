import { TandemError } from '@tandem/rpc';
import type { Lease, LeaseBounds } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

/** Where reads run. */
export type ReadSource = Pick<PostgresPool, 'lease'>;

/** For how long nobody tries a replica that is in trouble. */
const restMs = 5_000;
/** An answer that is missing for so long tells that the replica is in trouble. */
const minTellingShareMs = 250;
/** However much time a call has. */
const maxShareMs = 10_000;

export interface ReplicaReadsOptions {
  readonly replica: ReadSource;
  readonly primary: ReadSource;
  readonly log: ReplicaLog;
  /** A clock that only goes forward, in milliseconds. Default: the process's. */
  readonly now?: () => number;
}

export interface ReplicaLog {
  info(text: string): void;
  warn(fields: { readonly problem: string }, text: string): void;
}

/**
 * Reads from the replica, and from the primary what the replica does not answer in half of the time that is left. One
 * that is not reached or does not answer is left alone for 5 s; the log tells once when that begins, and when it is back.
 */
export function createReplicaReads({
  replica,
  primary,
  log,
  now = () => performance.now(),
}: ReplicaReadsOptions): ReadSource {
  const state = { isDown: false, retryAt: Number.NEGATIVE_INFINITY };

  function noteFailure(error: unknown): void {
    if (!(error instanceof TandemError) || error.reason !== 'STORE_UNAVAILABLE') return;
    state.retryAt = now() + restMs;
    if (state.isDown) return;
    state.isDown = true;
    log.warn({ problem: error.message }, 'replica: EVENTUAL reads go to the primary until it answers again');
  }

  function noteSuccess(): void {
    if (state.isDown) log.info('replica: serves EVENTUAL reads again');
    state.isDown = false;
  }

  return {
    async lease(bounds, work) {
      if (now() < state.retryAt) return await primary.lease(bounds, work);
      try {
        const result = await askReplica(replica, bounds, work);
        noteSuccess();
        return result;
      } catch (error) {
        if (isCallOver(bounds)) throw error;
        noteFailure(error);
        return await primary.lease(bounds, work);
      }
    },
  };
}

/** Whatever a silent server still holds up when its half of the time is over, the caller does not wait for it. */
async function askReplica<T>(
  replica: ReadSource,
  { deadline, signal }: LeaseBounds,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const shareMs = Math.min((deadline - Date.now()) / 2, maxShareMs);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(replicaLate(shareMs)), shareMs);
  try {
    const reading = replica.lease({ deadline: Date.now() + shareMs, signal }, work);
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A call in a hurry proves nothing about the replica. */
function replicaLate(shareMs: number): TandemError {
  const reason = shareMs < minTellingShareMs ? 'DEADLINE_EXCEEDED' : 'STORE_UNAVAILABLE';
  return new TandemError(reason, `The replica did not answer within ${Math.round(shareMs)} ms.`);
}

function isCallOver({ deadline, signal }: LeaseBounds): boolean {
  return signal?.aborted === true || Date.now() >= deadline;
}
