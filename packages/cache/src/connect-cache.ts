import { type ConnectRedisOptions, connectRedis } from './connect-redis.ts';
import type { RedisConnection } from './redis-connection.ts';
import { parseRedisUrl } from './redis-target.ts';

/** What `checkRedisUrl` takes, for who gave something else. */
export const redisUrlHint = 'must be a URL such as redis://host:6379';

/**
 * The URL as it came, when it can be understood.
 *
 * @throws RedisUrlError when not
 */
export function checkRedisUrl(url: string): string {
  parseRedisUrl(url);
  return url;
}

/**
 * Connects a service to its cache (connectRedis), if it has one.
 *
 * @param url undefined: the service runs without a cache, and says so
 * @param say told in one line what stands and what changes, without credentials
 * @param options as of connectRedis; who caches entities gives `beforeReads`
 */
export async function connectCache(
  url: string | undefined,
  say: (line: string) => void,
  options: Omit<ConnectRedisOptions, 'log'> = {},
): Promise<RedisConnection | undefined> {
  if (url !== undefined) return await connectRedis(url, { ...options, log: say });
  say('cache: none, since REDIS_URL is not set');
  return undefined;
}
