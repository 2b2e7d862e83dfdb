import type { MortalPair } from '../support/mortal-pair.ts';

/** A named point of one of the services. */
export type Breakpoint = readonly [service: 'users' | 'posts', name: string];

/**
 * Has the services die at each of the points in turn, under a load of its own each, which may still go on at the next; in
 * the end both run, and all loads are over.
 *
 * @throws where a point is never reached, or a load fails
 */
export async function strike(
  pair: MortalPair,
  breakpoints: readonly Breakpoint[],
  load: () => Promise<void>,
): Promise<void> {
  const loads: Promise<void>[] = [];
  let dead: Breakpoint[0] | undefined;
  for (const [service, name] of breakpoints) {
    if (dead !== undefined && dead !== service) await pair[dead].restart();
    await pair[service].restart(name);
    loads.push(load());
    const dies = pair[service].dies({ timeoutMs: 120_000 });
    // Loads come to no end before the service is back: one that does has failed.
    const failed = Promise.all(loads).then(() => dies);
    if (!(await Promise.race([dies, failed]))) throw new Error(`${service} never came to ${name}.`);
    dead = service;
  }
  if (dead !== undefined) await pair[dead].restart();
  await Promise.all(loads);
}
