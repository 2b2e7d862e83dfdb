import type { Redis } from 'ioredis';
import { type NodesOptions, probeKey, type RedisNodes, watchConnection } from './redis-nodes.ts';

/** The one server of a client, known by its address or through Sentinels. */
export function createSingleNode(client: Redis, { watch, probe, connectTimeoutMs }: NodesOptions): RedisNodes {
  const connection = watchConnection(client, connectTimeoutMs);
  const breaker = watch({
    name: undefined,
    holds: () => true,
    async probe() {
      if (!connection.isUp()) return false;
      await probe(probeKey(0));
      return true;
    },
  });
  client.on('ready', () => void breaker.ask());
  client.on('close', () => breaker.open(connection.failure()));
  return {
    nodeOf: () => '',
    breakerOf: () => breaker,
    states: () => new Map([['', breaker.state]]),
    [Symbol.dispose]: () => breaker[Symbol.dispose](),
  };
}
