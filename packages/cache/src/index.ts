export { type BatchedReader, type BatchedReaderOptions, createBatchedReader } from './batched-reader.ts';
export type { CacheDriver } from './cache-driver.ts';
export { type CacheNamespace, cacheKey } from './cache-key.ts';
export { CacheUnavailableError } from './cache-unavailable-error.ts';
export { checkRedisUrl, connectCache, redisUrlHint } from './connect-cache.ts';
export { type ConnectRedisOptions, connectRedis } from './connect-redis.ts';
export { createKeyValueCache, type KeyValueCache } from './key-value-cache.ts';
export { createLimiterClient, type LimiterClient, type LimiterCommand } from './limiter-client.ts';
export type { CacheState, CacheStateListener, RedisConnection, RedisScript } from './redis-connection.ts';
export {
  describeRedisTarget,
  parseRedisUrl,
  type RedisAddress,
  type RedisTarget,
  RedisUrlError,
} from './redis-target.ts';
