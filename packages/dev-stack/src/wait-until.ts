import { holdsWithin } from './holds-within.ts';

/**
 * Polls `condition` until it holds, for those who cannot go on before.
 *
 * @param options.timeoutMs bound
 * @param options.pollMs time between two looks (default 15)
 * @throws Error that shows the condition when it does not come to hold within the bound; what the condition throws
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; pollMs?: number },
): Promise<void> {
  if (await holdsWithin(condition, options)) return;
  throw new Error(`Waited ${options.timeoutMs} ms in vain until ${condition}.`);
}
