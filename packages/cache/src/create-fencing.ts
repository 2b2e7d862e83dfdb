import type { InvalidationWriter } from './invalidation-records.ts';
import type { Fencing } from './run-fenced.ts';

/** A store in whose transactions can be put on record what has to go from the cache. */
export interface RecordingStore {
  transaction(
    call: { readonly deadline: number; readonly signal: AbortSignal },
    work: (tx: { readonly invalidations: InvalidationWriter }) => Promise<object>,
  ): Promise<object>;
}

/** What the fencing of a service is made of. */
export interface FencingOptions extends Omit<Fencing, 'record'> {
  /** The one that is not cached. */
  readonly store: RecordingStore;
  /** What a caller is told of a change that stands, where it could not be put on record what it made old. */
  readonly madeButUntold: (cause: unknown) => Error;
}

const recordTimeoutMs = 2_000;

/** The fencing of a service whose store keeps the record. */
export function createFencing({ store, madeButUntold, ...fencing }: FencingOptions): Fencing {
  return {
    ...fencing,
    async record(keys, due) {
      const call = { deadline: Date.now() + recordTimeoutMs, signal: AbortSignal.timeout(recordTimeoutMs) };
      const put = store.transaction(call, async ({ invalidations }) => ({ put: await invalidations.put(keys, due) }));
      await put.catch((cause: unknown) => {
        throw madeButUntold(cause);
      });
    },
  };
}
