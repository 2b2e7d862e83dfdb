import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { invalidate } from './invalidate.ts';
import type { InvalidationRecords, RecordedInvalidation } from './invalidation-records.ts';
import type { ProtocolDriver } from './protocol-driver.ts';
import type { ReturningNode } from './redis-connection.ts';

/** What is carried out. */
export interface CarryOptions {
  readonly signal: AbortSignal;
  /** Default: all. False: those that are not due too; they are carried out, and stay on record. */
  readonly dueOnly?: boolean;
  /** Which keys (`cacheKey`) can be had now. Default: all. */
  readonly holds?: (key: string) => boolean;
}

const pageSize = 500;
const returnTimeoutMs = 10_000;

/**
 * Carries out what is on record, and removes from it what is due and confirmed.
 *
 * @returns how many keys Redis did not confirm
 * @throws what `records` throws
 */
export async function carryInvalidations(
  driver: ProtocolDriver,
  records: InvalidationRecords,
  { signal, dueOnly = true, holds = () => true }: CarryOptions,
): Promise<number> {
  let failures = 0;
  let afterId: string | undefined;
  for (;;) {
    const page = await records.read({ dueOnly, afterId, limit: pageSize }, signal);
    const keys = new Set(page.flatMap((record) => record.keys));
    const failed = new Set(await invalidate(driver, [...keys].filter(holds)));
    const isDone = ({ isDue, keys }: RecordedInvalidation) =>
      isDue && keys.every((key) => holds(key) && !failed.has(key));
    const done = page.filter(isDone).map(({ id }) => id);
    if (done.length > 0) await records.remove(done, signal);
    failures += failed.size;
    afterId = page.at(-1)?.id;
    if (page.length < pageSize) return failures;
  }
}

/**
 * What connectRedis has done before a node is read again (`beforeReads`): everything on record is carried out there, due or
 * not.
 */
export function carryBeforeReads(records: InvalidationRecords): (returning: ReturningNode) => Promise<void> {
  return async ({ holds, driver }) => {
    const signal = AbortSignal.timeout(returnTimeoutMs);
    const failures = await carryInvalidations(driver, records, { signal, dueOnly: false, holds });
    if (failures > 0) throw new CacheUnavailableError(`${failures} keys were not confirmed`);
  };
}
