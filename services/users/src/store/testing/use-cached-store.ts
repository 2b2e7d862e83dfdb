import { type CacheMetrics, carryBeforeReads, createCacheMetrics } from '@tandem/cache';
import { connectReadable, createFaultyDriver } from '@tandem/cache/testing';
import { afterAll } from 'vitest';
import { useRedis } from '../../../../../test/support/use-redis.ts';
import { decodeUser, encodeReaders } from '../../handlers/encoded-user.ts';
import { decodeSession, encodeSession } from '../../handlers/session-message.ts';
import { type CachedUserStoreOptions, createCachedUserStore } from '../cached-user-store.ts';
import { createPostgresInvalidations } from '../postgres-invalidations.ts';
import type { PostgresPool } from '../postgres-pool.ts';
import { createPostgresUserStore } from '../postgres-user-store.ts';

/** A cached store over a database, and the Redis of this file, which may be read at once and can be made to fail. */
export async function useCachedStore(pool: PostgresPool, how: Pick<CachedUserStoreOptions, 'recordsAll'> = {}) {
  const store = createPostgresUserStore(pool);
  const invalidations = createPostgresInvalidations(pool);
  const metrics: CacheMetrics = createCacheMetrics();
  const connection = await connectReadable({ ...useRedis(), beforeReads: carryBeforeReads(invalidations) });
  afterAll(() => connection[Symbol.asyncDispose]());
  const driver = createFaultyDriver(connection);
  const cached = createCachedUserStore({
    ...{ store, driver, metrics, decodeUser, ...how },
    encoded: encodeReaders(store),
    sessionCodec: { encode: encodeSession, decode: decodeSession },
  });
  return { ...cached, bare: store, driver, metrics, invalidations };
}
