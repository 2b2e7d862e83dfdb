import type { InvalidationWriter } from './invalidation-records.ts';
import { concludeFence, type Fencing, keysToRecord } from './run-fenced.ts';
import { createWriteFence } from './write-fence.ts';

/** What a write without a transaction is fenced by. */
export interface LoneFence {
  /**
   * Keeps readers from filling these entities (`cacheKey`); to be awaited before the statement that writes them is sent.
   *
   * @throws what putting on record throws, where Redis did not confirm: nothing may be written then
   */
  announce(keys: readonly string[]): Promise<void>;
}

export interface LoneWriteOptions {
  /** After how long the write has taken effect or never will, in milliseconds, whatever became of who sent it. */
  readonly overInMs: number;
  /** Puts on record before the write, by a statement of its own. */
  readonly invalidations: InvalidationWriter;
}

/**
 * Runs a write that no transaction holds, and resolves when the reply may go out. It has no COMMIT before which marks could
 * be made sure of, and the database gives it longer than a transaction: so marks come before it, hold as long as it may
 * take, and what they failed to tell is on record first. Whatever it throws, it may take effect all the same.
 *
 * @throws what `write` throws; what the fencing's `record` throws after the write
 */
export async function runFencedAlone<T>(
  fencing: Fencing,
  { overInMs, invalidations }: LoneWriteOptions,
  write: (fence: LoneFence) => Promise<T>,
): Promise<T> {
  const fence = createWriteFence(fencing.driver, { tally: fencing.tally, ttlMs: overInMs });
  const announce = async (keys: readonly string[]) => {
    fence.mark(keys);
    await invalidations.put(await keysToRecord(fencing, fence), { dueInMs: overInMs });
  };
  let result: T;
  try {
    result = await write({ announce });
  } catch (error) {
    // What cannot be put on record is kept off the cache by its mark until the write is surely over.
    await concludeFence(fencing, fence, { outcome: 'unknown', overInMs }).catch(() => {});
    throw error;
  }
  await concludeFence(fencing, fence, { outcome: 'committed', overInMs });
  return result;
}
