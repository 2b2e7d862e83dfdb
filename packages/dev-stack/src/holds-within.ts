import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls `condition` until it holds, for those who go on either way.
 *
 * @param options.timeoutMs bound; after it the answer is false
 * @param options.pollMs time between two looks (default 15)
 * @returns whether the condition came to hold within the bound
 * @throws what the condition throws
 */
export async function holdsWithin(
  condition: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; pollMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= deadline) return false;
    await delay(options.pollMs ?? 15);
  }
  return true;
}
