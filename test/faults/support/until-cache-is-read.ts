import { waitUntil } from '@tandem/dev-stack';
import { readMetric } from '../../pair/read-metrics.ts';
import type { RunningService } from '../../pair/start-service.ts';

/** What `tandem_cache_node_state` shows of a Redis of which nothing is asked, and of one that is read. */
const states = { unasked: 0, read: 2 };
const timeoutMs = 60_000;
const pollMs = 50;

/** Waits until each of the services reads its cache: a second after it has found Redis, at the earliest. */
export async function untilCacheIsRead(services: readonly RunningService[]): Promise<void> {
  await untilCacheIs('read', services);
}

/** Waits until none of the services asks its cache for anything. */
export async function untilCacheIsUnasked(services: readonly RunningService[]): Promise<void> {
  await untilCacheIs('unasked', services);
}

async function untilCacheIs(state: keyof typeof states, services: readonly RunningService[]): Promise<void> {
  const isSo = async (service: RunningService) =>
    (await readMetric(service, 'tandem_cache_node_state{node=""}')) === states[state];
  const areSo = async () => (await Promise.all(services.map(isSo))).every(Boolean);
  await waitUntil(areSo, { timeoutMs, pollMs });
}
