import { type ConfirmOptions, stepOnce, stepUntilSafe } from './confirm-keys.ts';
import type { ProtocolDriver } from './protocol-driver.ts';

/**
 * Removes what is cached of these entities (`cacheKey`), and lets nobody fill what was read before: for a job that carries
 * out what is on record. One round trip, one try.
 *
 * @returns the keys for which Redis did not confirm it
 */
export function invalidate(driver: ProtocolDriver, keys: Iterable<string>): Promise<readonly string[]> {
  return stepOnce(keys, (key) => driver.invalidate(key));
}

/**
 * The same before a recorded reply is given again: tries until Redis confirms each, or has not answered for so long that
 * every process has stopped reading it.
 *
 * @returns the keys for which Redis did not confirm it; put them on record before the reply
 */
export function invalidateBeforeReply(
  driver: ProtocolDriver,
  keys: readonly string[],
  options: ConfirmOptions = {},
): Promise<readonly string[]> {
  return stepUntilSafe(keys, { ...options, driver, step: (key) => driver.invalidate(key) });
}
