import { createRedisClient } from './redis-client.ts';
import { type CacheState, type CacheStateListener, RedisConnection } from './redis-connection.ts';
import { describeRedisTarget, parseRedisUrl } from './redis-target.ts';

/** How long to wait for Redis, and whom to tell of it. */
export interface ConnectRedisOptions {
  /** For a connection to stand, in milliseconds. Default 500. */
  readonly connectTimeoutMs?: number;
  /** For one command, in milliseconds; no call waits longer. Default 50. */
  readonly commandTimeoutMs?: number;
  /** Put before every key; for tests that share a server. Default none. */
  readonly keyPrefix?: string;
  /** Told in one line, without credentials, when Redis becomes available or unavailable. Default: nobody. */
  readonly log?: (line: string) => void;
  /** Told the same, for metrics. Default: nobody. */
  readonly onStateChange?: CacheStateListener;
}

/**
 * Connects to the Redis of `url` (forms: parseRedisUrl) and resolves once the first attempt has succeeded or failed: a
 * service starts without its cache, and the connection keeps trying (at least every 250 ms plus `connectTimeoutMs`).
 * Throws RedisUrlError when the URL cannot be understood, and nothing else. Dispose it to end the connection.
 */
export async function connectRedis(url: string, options: ConnectRedisOptions = {}): Promise<RedisConnection> {
  const { connectTimeoutMs = 500, commandTimeoutMs = 50, keyPrefix = '', log, onStateChange } = options;
  const target = parseRedisUrl(url);
  const firstOutcome = Promise.withResolvers<void>();
  const client = createRedisClient(target, { connectTimeoutMs, commandTimeoutMs, keyPrefix });
  const tell = (state: CacheState) => {
    firstOutcome.resolve();
    onStateChange?.(state);
    const verdict = `${state.available ? 'available' : 'unavailable'} (${state.reason})`;
    log?.(`cache: Redis at ${describeRedisTarget(target)} is ${verdict}`);
  };
  const connection = new RedisConnection(client, { connectTimeoutMs, onStateChange: tell });
  await firstOutcome.promise;
  return connection;
}
