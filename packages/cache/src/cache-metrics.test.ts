import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { BreakerState } from './breaker.ts';
import { createCacheMetrics } from './cache-metrics.ts';

it('shows what became of reads and writes, and the nodes, as they are when asked', async () => {
  const cache = createCacheMetrics();
  const registry = new Registry();
  for (const metric of cache.metrics) registry.registerMetric(metric);
  cache.entity('user').hits += 3;
  cache.entity('user').refusedFills += 1;
  cache.entity('session').misses += 2;
  cache.fences.unconfirmedMarks += 4;
  const states = new Map<string, BreakerState>([['a:1', 'writes']]);
  cache.watch({ states: () => states, commands: { sent: 5, unsent: 6 } });
  await registry.metrics();
  states.set('a:1', 'all');
  const text = await registry.metrics();
  for (const line of [
    'tandem_cache_reads_total{entity="user",outcome="hits"} 3',
    'tandem_cache_reads_total{entity="user",outcome="refused_fills"} 1',
    'tandem_cache_reads_total{entity="session",outcome="misses"} 2',
    'tandem_cache_fenced_keys_total{outcome="unconfirmed_marks"} 4',
    'tandem_cache_commands_total{outcome="sent"} 5',
    'tandem_cache_commands_total{outcome="unsent"} 6',
    'tandem_cache_node_state{node="a:1"} 2',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});
