import { TandemError } from '@tandem/rpc';
import type { LeaseBounds } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

/** Where reads run. */
export type ReadSource = Pick<PostgresPool, 'lease'>;

/** After the replica could not be reached, for how long nobody tries it. */
const restMs = 5_000;

export interface ReplicaReadsOptions {
  readonly replica: ReadSource;
  readonly primary: ReadSource;
  readonly log: ReplicaLog;
}

export interface ReplicaLog {
  info(text: string): void;
  warn(fields: { readonly problem: string }, text: string): void;
}

/**
 * Reads from the replica, and from the primary what the replica does not answer in half of the time that is left. One
 * that cannot be reached is left alone for 5 s; the log tells once when that begins, and when the replica is back.
 */
export function createReplicaReads({ replica, primary, log }: ReplicaReadsOptions): ReadSource {
  const state = { isDown: false, retryAt: 0 };

  function noteFailure(error: unknown): void {
    if (!(error instanceof TandemError) || error.reason !== 'STORE_UNAVAILABLE') return;
    state.retryAt = performance.now() + restMs;
    if (state.isDown) return;
    state.isDown = true;
    log.warn({ problem: error.message }, 'replica: EVENTUAL reads go to the primary until it can be reached again');
  }

  function noteSuccess(): void {
    if (state.isDown) log.info('replica: serves EVENTUAL reads again');
    state.isDown = false;
  }

  return {
    async lease(bounds, work) {
      if (performance.now() < state.retryAt) return await primary.lease(bounds, work);
      try {
        const result = await replica.lease(halve(bounds), work);
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

function halve({ deadline, signal }: LeaseBounds): LeaseBounds {
  const now = Date.now();
  return { deadline: now + (deadline - now) / 2, ...(signal === undefined ? {} : { signal }) };
}

function isCallOver({ deadline, signal }: LeaseBounds): boolean {
  return signal?.aborted === true || Date.now() >= deadline;
}
