import DataLoader from 'dataloader';
import type { Entity } from './stored-entity.ts';

/**
 * Reads entities from the database's primary: those that there are, by id.
 *
 * @param ids each once
 * @param calls of those who wait for them; the read ends when none of them waits any more
 */
export type LoadEntities<Call> = (
  ids: readonly string[],
  calls: readonly Call[],
) => Promise<ReadonlyMap<string, Uint8Array>>;

/** One entity to be read, for those who want it. */
export interface EntityLoad<Call> {
  readonly id: string;
  readonly calls: readonly Call[];
}

/** As many as a batch of the contract has: it is one read. */
const maxBatchSize = 1_000;

/**
 * Loads of one tick of the event loop share one read, and so do those of one id. Nobody joins a read that has been sent: it
 * may have begun before a write that the caller knows of.
 */
export function createEntityLoads<Call>(load: LoadEntities<Call>): (wanted: EntityLoad<Call>) => Promise<Entity> {
  const loads = new DataLoader<EntityLoad<Call>, Entity>(
    async (wanted) => {
      const ids = new Set(wanted.map(({ id }) => id));
      const found = await load(
        [...ids],
        wanted.flatMap(({ calls }) => calls),
      );
      return wanted.map(({ id }) => found.get(id));
    },
    { cache: false, maxBatchSize, batchScheduleFn: (dispatch) => setImmediate(dispatch) },
  );
  return (wanted) => loads.load(wanted);
}
