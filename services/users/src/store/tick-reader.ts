import { watchCalls } from '@tandem/rpc';
import DataLoader from 'dataloader';
import type { Session } from './postgres-lease.ts';
import type { ReadSource } from './replica-reads.ts';
import type { StoreCall } from './store.ts';

const maxBatchSize = 128;

interface PointRead {
  readonly key: string;
  readonly call: StoreCall;
}

/** Reads what a key names, or undefined. */
export interface TickReader<Value> {
  load(read: PointRead): Promise<Value | undefined>;
}

/**
 * Point reads of one tick of the event loop share a statement: load makes them cheaper. Nothing is kept: who asks in a
 * later tick may know of a write that this tick's statement does not see.
 *
 * @param readMany one statement for all keys; what there is of them, by key
 */
export function createTickReader<Value>(
  source: ReadSource,
  readMany: (session: Session, keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): TickReader<Value> {
  return new DataLoader<PointRead, Value | undefined>(
    async (reads) => {
      const keys = reads.map((read) => read.key);
      using bounds = watchCalls(reads.map((read) => read.call));
      const found = await source.lease(bounds, (session) => readMany(session, keys));
      return reads.map((read) => found.get(read.key));
    },
    { cache: false, maxBatchSize, batchScheduleFn: (dispatch) => setImmediate(dispatch) },
  );
}
