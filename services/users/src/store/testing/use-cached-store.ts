import { type CacheMetrics, carryBeforeReads, connectRedis, createCacheMetrics } from '@tandem/cache';
import { createFaultyDriver } from '@tandem/cache/testing';
import { afterAll } from 'vitest';
import { useRedis } from '../../../../../test/support/use-redis.ts';
import { decodeUser, encodeReaders } from '../../handlers/encoded-user.ts';
import { decodeSession, encodeSession } from '../../handlers/session-message.ts';
import { createCachedUserStore } from '../cached-user-store.ts';
import { createPostgresInvalidations } from '../postgres-invalidations.ts';
import type { PostgresPool } from '../postgres-pool.ts';
import { createPostgresUserStore } from '../postgres-user-store.ts';

/** A cached store over a database, and the Redis of this file, which may be read at once and can be made to fail. */
export async function useCachedStore(pool: PostgresPool) {
  const store = createPostgresUserStore(pool);
  const invalidations = createPostgresInvalidations(pool);
  const metrics: CacheMetrics = createCacheMetrics();
  const driver = createFaultyDriver(await connectReadable(carryBeforeReads(invalidations)));
  const cached = createCachedUserStore({
    ...{ store, driver, metrics, decodeUser },
    encoded: encodeReaders(store),
    sessionCodec: { encode: encodeSession, decode: decodeSession },
  });
  return { ...cached, bare: store, driver, metrics, invalidations };
}

async function connectReadable(beforeReads: ReturnType<typeof carryBeforeReads>) {
  const { url, keyPrefix } = useRedis();
  const readable = Promise.withResolvers<void>();
  const connection = await connectRedis(url, {
    ...{ keyPrefix, beforeReads, pauseBeforeReadsMs: 0, commandTimeoutMs: 2_000 },
    onChange: ({ state }) => state === 'all' && readable.resolve(),
  });
  afterAll(() => connection[Symbol.asyncDispose]());
  await readable.promise;
  return connection;
}
