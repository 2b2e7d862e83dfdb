import DataLoader from 'dataloader';
import type { ProtocolDriver } from './protocol-driver.ts';

type ReadDriver = Pick<ProtocolDriver, 'getMany' | 'nodeOf'>;

/** How reads are gathered. */
export interface BatchedReaderOptions {
  /** Most keys in one round trip. Default 256. */
  readonly maxBatchSize?: number;
}

/** Reads keys; the reads of one event-loop tick become one round trip for each node. */
export interface BatchedReader {
  /**
   * The value, or undefined when the key is absent; a copy of its own for every caller.
   * Throws CacheUnavailableError when the round trip fails, for all reads in it.
   */
  read(key: string): Promise<Uint8Array | undefined>;
}

/**
 * A BatchedReader over `driver`. Nothing is remembered between ticks, and no read joins a round trip that has been sent:
 * it may have begun before a write that the caller knows of.
 */
export function createBatchedReader(
  driver: ReadDriver,
  { maxBatchSize = 256 }: BatchedReaderOptions = {},
): BatchedReader {
  const loaders = new Map<string, DataLoader<string, Uint8Array | undefined>>();
  const loaderOf = (node: string) => {
    const loader = loaders.get(node) ?? createLoader(driver, maxBatchSize);
    loaders.set(node, loader);
    return loader;
  };
  return { read: (key) => loaderOf(driver.nodeOf(key)).load(key) };
}

function createLoader(driver: ReadDriver, maxBatchSize: number): DataLoader<string, Uint8Array | undefined> {
  return new DataLoader((keys) => readOnce(driver, keys), {
    cache: false,
    maxBatchSize,
    // The default microtask comes too early: calls that arrive in one tick would not meet.
    batchScheduleFn: (dispatch) => setImmediate(dispatch),
  });
}

/** Asks for each key once, however many callers want it. */
async function readOnce(driver: ReadDriver, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
  const distinct = [...new Set(keys)];
  const values = await driver.getMany(distinct);
  const unclaimed = new Map(distinct.map((key, index) => [key, values[index]]));
  const shared = new Map(unclaimed);
  return keys.map((key) => {
    const own = unclaimed.get(key);
    unclaimed.delete(key);
    return own ?? shared.get(key)?.slice();
  });
}
