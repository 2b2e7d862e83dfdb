import { waitUntil } from '@tandem/dev-stack';
import { readMetric } from '../../pair/read-metrics.ts';
import type { RunningService } from '../../pair/start-service.ts';

/** What `tandem_cache_node_state` shows of a Redis that is read. */
const isRead = 2;
const timeoutMs = 60_000;
const pollMs = 50;

/** Waits until each of the services reads its cache: a second after it has found Redis, at the earliest. */
export async function untilCacheIsRead(services: readonly RunningService[]): Promise<void> {
  const isReading = async (service: RunningService) =>
    (await readMetric(service, 'tandem_cache_node_state{node=""}')) === isRead;
  const areReading = async () => (await Promise.all(services.map(isReading))).every(Boolean);
  await waitUntil(areReading, { timeoutMs, pollMs });
}
