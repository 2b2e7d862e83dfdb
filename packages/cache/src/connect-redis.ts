import { createRedisClient } from './redis-client.ts';
import { type RedisChange, RedisConnection, type ReturningNode } from './redis-connection.ts';
import { describeRedisTarget, parseRedisUrl } from './redis-target.ts';

/** How long to wait for Redis, and whom to tell of it. */
export interface ConnectRedisOptions {
  /** For a connection to stand, in milliseconds. Default 500. */
  readonly connectTimeoutMs?: number;
  /** For one command, in milliseconds; no call waits longer. Default 50. */
  readonly commandTimeoutMs?: number;
  /** Put before every key; for tests that share a server. Default none. */
  readonly keyPrefix?: string;
  /**
   * How long a node that was found (again) must have answered before entities are read there, in milliseconds: every
   * process must have found it too. Default 1000; less is for tests with one process.
   */
  readonly pauseBeforeReadsMs?: number;
  /**
   * Carries out the invalidations on record and resolves once Redis has confirmed those of keys that the node holds. Before
   * that entities are not read there. Default: there are none.
   */
  readonly beforeReads?: (returning: ReturningNode) => Promise<void>;
  /** Told in one line, without credentials, what may be asked of Redis now. Default: nobody. */
  readonly log?: (line: string) => void;
  /** Told the same, for metrics. Default: nobody. */
  readonly onChange?: (change: RedisChange) => void;
}

/**
 * Connects to the Redis of `url` (forms: parseRedisUrl) and resolves once the first attempt has succeeded or failed: a
 * service starts without its cache, and the connection keeps trying (at least every 250 ms plus `connectTimeoutMs`).
 * Throws RedisUrlError when the URL cannot be understood, and nothing else. Dispose it to end the connection.
 */
export async function connectRedis(url: string, options: ConnectRedisOptions = {}): Promise<RedisConnection> {
  const { connectTimeoutMs = 500, commandTimeoutMs = 50, keyPrefix = '', pauseBeforeReadsMs = 1_000 } = options;
  const target = parseRedisUrl(url);
  const firstOutcome = Promise.withResolvers<void>();
  const say = (node: string | undefined, what: string) =>
    options.log?.(`cache: Redis at ${node ?? describeRedisTarget(target)} is ${what}`);
  const connection = new RedisConnection(createRedisClient(target, { connectTimeoutMs, keyPrefix }), {
    connectTimeoutMs,
    commandTimeoutMs,
    keyPrefix,
    pauseBeforeReadsMs,
    beforeReads: options.beforeReads ?? (async () => {}),
    onChange(change) {
      firstOutcome.resolve();
      options.onChange?.(change);
      say(change.node, verdicts[change.state](change.reason));
    },
    onReadsRefused: (error) =>
      say(undefined, `not read: invalidations on record were not carried out (${nameOf(error)})`),
  });
  await firstOutcome.promise;
  return connection;
}

const verdicts = {
  nothing: (reason: string) => `unavailable (${reason})`,
  writes: (reason: string) => `available for writes (${reason})`,
  all: (reason: string) => `available (${reason})`,
};

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown failure';
}
