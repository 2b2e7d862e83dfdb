import { setTimeout as delay } from 'node:timers/promises';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { everyoneKnowsMs } from './protocol.ts';
import type { ProtocolDriver } from './protocol-driver.ts';

/** How long to try. */
export interface ConfirmOptions {
  /**
   * Goes on although every process has stopped reading Redis, for what must not come back when Redis does. Default: ends
   * then.
   */
  readonly untilConfirmed?: boolean;
  /** Ends the tries. Default: nothing does. */
  readonly signal?: AbortSignal;
}

/** The pause between two tries, in milliseconds. */
const retryEveryMs = 25;

/**
 * Takes a step of the protocol for every key at once, in one round trip.
 *
 * @returns the keys for which Redis did not confirm it; the step may have been taken there, or be taken later, all the same
 */
export async function stepOnce(
  keys: Iterable<string>,
  step: (key: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const take = async (key: string) => {
    try {
      await step(key);
      return [];
    } catch (error) {
      if (error instanceof CacheUnavailableError) return [key];
      throw error;
    }
  };
  return (await Promise.all([...keys].map(take))).flat();
}

/**
 * Takes a step again and again, for each key until Redis confirms it, or has not answered for so long that every process
 * has stopped reading it.
 *
 * @returns the keys for which it was not confirmed
 */
export async function stepUntilSafe(
  keys: readonly string[],
  {
    driver,
    step,
    untilConfirmed = false,
    signal,
  }: ConfirmOptions & { readonly driver: ProtocolDriver; readonly step: (key: string) => Promise<unknown> },
): Promise<readonly string[]> {
  const isOver = (key: string) => !untilConfirmed && driver.health(key).unansweredMs >= everyoneKnowsMs;
  const given: string[] = [];
  let left = keys;
  while (left.length > 0 && !signal?.aborted) {
    left = await stepOnce(left, step);
    given.push(...left.filter(isOver));
    left = left.filter((key) => !isOver(key));
    if (left.length > 0) await delay(retryEveryMs);
  }
  return [...given, ...left];
}
