import { carryBeforeReads, createCacheMetrics } from '@tandem/cache';
import { connectReadable, createFaultyDriver } from '@tandem/cache/testing';
import { afterAll } from 'vitest';
import { useRedis } from '../../../../../test/support/use-redis.ts';
import { decodePost, encodePost, encodeReaders } from '../../handlers/encoded-post.ts';
import { createCachedPostStore } from '../cached-post-store.ts';
import { createMongoInvalidations } from '../mongo-invalidations.ts';
import type { PostStore } from '../store.ts';
import { usePostsStore } from './use-posts-store.ts';

/** A cached store over a fresh database, and the Redis of this file, which may be read at once and can be made to fail. */
export async function useCachedStore() {
  const { store: bare, direct } = await usePostsStore();
  const invalidations = createMongoInvalidations(direct.db());
  const metrics = createCacheMetrics();
  const connection = await connectReadable({ ...useRedis(), beforeReads: carryBeforeReads(invalidations) });
  afterAll(() => connection[Symbol.asyncDispose]());
  const driver = createFaultyDriver(connection);
  const codec = { encode: encodePost, decode: decodePost };
  const cacheStore = (store: PostStore) =>
    createCachedPostStore({ store, encoded: encodeReaders(store), driver, metrics, codec });
  return { ...cacheStore(bare), bare, cacheStore, direct, driver, metrics, invalidations };
}
