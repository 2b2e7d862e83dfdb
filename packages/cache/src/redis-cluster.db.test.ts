import { randomUUID } from 'node:crypto';
import { type RedisGroup, startRedisCluster } from '@tandem/dev-stack';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { patient } from '../test/use-entities.ts';
import { createBatchedReader } from './batched-reader.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { connectRedis } from './connect-redis.ts';
import { createEntityCache } from './entity-cache.ts';
import type { RedisConnection } from './redis-connection.ts';
import { describeProtocolDriver } from './testing/protocol-suite.ts';
import { createWriteFence } from './write-fence.ts';

const ttlMs = 60_000;
const value = Uint8Array.of(1, 2, 3);
let cluster: RedisGroup;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function useConnection(keyPrefix = ''): Promise<{ connection: RedisConnection; lines: string[] }> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const connection = await connectRedis(cluster.url, { keyPrefix, commandTimeoutMs: 250, pauseBeforeReadsMs: 0, log });
  onTestFinished(() => connection[Symbol.asyncDispose]());
  await statesOf(connection, 40_000).toEqual(['all', 'all', 'all']);
  return { connection, lines };
}

const statesOf = (connection: RedisConnection, timeout: number) =>
  expect.poll(() => [...connection.states().values()], { timeout, interval: 10 });

/** Keys that lie on each of the nodes, by the node. */
function keysByNode(connection: RedisConnection): Map<string, string[]> {
  const keys = Array.from({ length: 60 }, () => `tandem:suite:{thing:${randomUUID()}}`);
  const byNode = Map.groupBy(keys, (key) => connection.nodeOf(key));
  expect([...byNode.keys()].toSorted()).toEqual(cluster.servers.map(({ port }) => `127.0.0.1:${port}`).toSorted());
  return byNode;
}

describeProtocolDriver('of a Redis Cluster', async () => (await useConnection('prefix:')).connection);

describe('over a Redis Cluster', () => {
  it('reads keys of all nodes in the order asked for', async () => {
    const { connection } = await useConnection();
    const keys = [...keysByNode(connection).values()].flat().toSorted();
    await Promise.all(keys.map((key, index) => connection.set(key, Uint8Array.of(index), { ttlMs })));
    const expected = keys.map((_, index) => Uint8Array.of(index));
    expect(await connection.getMany([...keys, 'absent'])).toEqual([...expected, undefined]);
  });

  it('reads what one tick wants of a node in one round trip', async () => {
    const { connection } = await useConnection();
    const trips: string[][] = [];
    const reader = createBatchedReader({
      nodeOf: (key) => connection.nodeOf(key),
      getMany(keys) {
        trips.push([...keys]);
        return connection.getMany(keys);
      },
    });
    const byNode = keysByNode(connection);
    await Promise.all([...byNode.values()].flat().map((key) => reader.read([key])));
    expect(new Set(trips.map((keys) => keys.toSorted().join()))).toEqual(
      new Set([...byNode.values()].map((keys) => keys.toSorted().join())),
    );
    expect(trips).toHaveLength(3);
  });

  it('keeps entities of all nodes fresh', async () => {
    const { connection } = await useConnection();
    const rows = new Map<string, Uint8Array>(Array.from({ length: 30 }, () => [randomUUID(), value]));
    const cache = createEntityCache({
      driver: connection,
      service: 'suite',
      entity: 'thing',
      schemaVersion: 1,
      ttlMs,
      load: async (ids) => new Map(ids.map((id) => [id, rows.get(id) ?? value])),
    });
    const ids = [...rows.keys()];
    const cached = async () => (await Promise.all(ids.map((id) => cache.peek(id)))).filter(Boolean).length;
    await cache.getMany(ids, patient);
    await expect.poll(cached).toBe(30);
    const fence = createWriteFence(connection);
    fence.mark(ids.map((id) => cache.keyOf(id)));
    expect(await fence.unmarked()).toEqual([]);
    for (const id of ids) rows.set(id, Uint8Array.of(9));
    expect(await fence.conclude('committed', { record: async () => {} })).toEqual([]);
    expect(await cache.getMany(ids, patient)).toEqual(rows);
  });

  it('loses the keys of a node that stopped, and no others', { timeout: 120_000 }, async () => {
    const { connection, lines } = await useConnection();
    const [stopped, ...others] = cluster.servers.map((server) => ({
      ...server,
      keys: keysByNode(connection).get(`127.0.0.1:${server.port}`) ?? [],
    }));
    process.kill(stopped!.pid, 'SIGSTOP');
    onTestFinished(() => void process.kill(stopped!.pid, 'SIGCONT'));
    await statesOf(connection, 20_000).toContain('nothing');
    expect(connection.health(stopped!.keys[0]!).readable).toBe(false);
    await expect(connection.get(stopped!.keys[0]!)).rejects.toThrow(CacheUnavailableError);
    for (const { keys } of others) {
      expect(connection.health(keys[0]!).readable).toBe(true);
      await connection.set(keys[0]!, value, { ttlMs });
      expect(await connection.get(keys[0]!)).toEqual(value);
    }
    expect(lines.at(-1)).toMatch(`cache: Redis at 127.0.0.1:${stopped!.port} is unavailable (timed out)`);
    // After its node timeout the Cluster refuses all keys, and so do all nodes.
    await statesOf(connection, 40_000).toEqual(['nothing', 'nothing', 'nothing']);
    expect(lines.at(-1)).toContain('CLUSTERDOWN');
    process.kill(stopped!.pid, 'SIGCONT');
    await statesOf(connection, 40_000).toEqual(['all', 'all', 'all']);
  });
});
