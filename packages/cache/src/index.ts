export type { BreakerChange, BreakerState } from './breaker.ts';
export type { CacheDriver } from './cache-driver.ts';
export { type CacheNamespace, cacheKey } from './cache-key.ts';
export { type CacheMetrics, createCacheMetrics } from './cache-metrics.ts';
export { CacheUnavailableError } from './cache-unavailable-error.ts';
export { type CarryOptions, carryBeforeReads, carryInvalidations } from './carry-invalidations.ts';
export type { ConfirmOptions } from './confirm-keys.ts';
export { checkRedisUrl, connectCache, redisUrlHint } from './connect-cache.ts';
export { type ConnectRedisOptions, connectRedis } from './connect-redis.ts';
export { createFencing, type FencingOptions, type RecordingStore } from './create-fencing.ts';
export { type CachedEntity, createEntityCache, type EntityCache, type EntityCacheOptions } from './entity-cache.ts';
export type { LoadEntities } from './entity-loads.ts';
export type { EntityTally } from './entity-tally.ts';
export type { FenceTally } from './fence-tally.ts';
export { invalidate, invalidateBeforeReply } from './invalidate.ts';
export type {
  InvalidationRecords,
  InvalidationWriter,
  RecordedInvalidation,
  RecordedPage,
} from './invalidation-records.ts';
export { jitterTtl } from './jitter-ttl.ts';
export { createKeyValueCache, type KeyValueCache } from './key-value-cache.ts';
export { createLimiterClient, type LimiterClient, type LimiterCommand } from './limiter-client.ts';
export { leaseTtlMs, markTtlMs, type Outcome } from './protocol.ts';
export type { KeyHealth, LeaseReply, ProtocolDriver } from './protocol-driver.ts';
export type { RedisChange, RedisConnection, RedisScript, ReturningNode } from './redis-connection.ts';
export {
  describeRedisTarget,
  parseRedisUrl,
  type RedisAddress,
  type RedisTarget,
  RedisUrlError,
} from './redis-target.ts';
export { dropBeforeReply, type FencedAttempts, type Fencing, runFenced } from './run-fenced.ts';
export { type LoneFence, type LoneWriteOptions, runFencedAlone } from './run-fenced-alone.ts';
export type { Entity } from './stored-entity.ts';
export type { Abortable } from './wait-under.ts';
export { withCacheKeys } from './with-cache-keys.ts';
export { type ConcludeOptions, createWriteFence, type WriteFence, type WriteFenceOptions } from './write-fence.ts';
