import { type ConnectRedisOptions, connectRedis } from '../connect-redis.ts';
import type { RedisConnection } from '../redis-connection.ts';

/** Where a test's Redis is, what its keys must begin with, and what a service does before it reads of a node. */
export interface ReadableOptions extends Pick<ConnectRedisOptions, 'beforeReads'> {
  readonly url: string;
  readonly keyPrefix: string;
}

/** A connection that may be read at once; the caller ends it. On a busy machine its usual 50 ms for a command are soon over: it has 2 s. */
export async function connectReadable({ url, ...options }: ReadableOptions): Promise<RedisConnection> {
  const readable = Promise.withResolvers<void>();
  const connection = await connectRedis(url, {
    ...{ ...options, pauseBeforeReadsMs: 0, commandTimeoutMs: 2_000 },
    onChange: ({ state }) => state === 'all' && readable.resolve(),
  });
  await readable.promise;
  return connection;
}
