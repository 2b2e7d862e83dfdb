import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from './redis-target.ts';

/** How a client is to behave. */
export interface RedisClientSettings {
  /** For a connection to stand, in milliseconds. Nobody waits for it but `connectRedis`. */
  readonly connectTimeoutMs: number;
  /** For one command, in milliseconds; a caller waits no longer. */
  readonly commandTimeoutMs: number;
  /** Put before every key. */
  readonly keyPrefix: string;
}

/** A client of one server or of a Cluster, which take the same commands. */
export type RedisClient = Redis | Cluster;

type ClusterTarget = Extract<RedisTarget, { kind: 'cluster' }>;
type ServerTarget = Exclude<RedisTarget, ClusterTarget>;

/** A connection without any data for so long while it owes some is dead, in milliseconds: it is made anew. */
const silenceMs = 1_000;
/** The longest pause between two attempts to connect, in milliseconds. */
const maxReconnectDelayMs = 250;

/** A client that fails at once instead of queueing, resending or retrying, and that never stops reconnecting. */
export function createRedisClient(target: RedisTarget, settings: RedisClientSettings): RedisClient {
  if (target.kind === 'cluster') return new Cluster([...target.nodes], clusterOptions(target, settings));
  return new Redis(serverOptions(target, settings));
}

/** The settings of a client for one server, known by its address or through Sentinels. */
export function serverOptions(target: ServerTarget, settings: RedisClientSettings) {
  return {
    ...connectionOptions(target, settings),
    ...addressOptions(target),
    keyPrefix: settings.keyPrefix,
    enableOfflineQueue: false,
    retryStrategy: reconnectDelay,
  } satisfies RedisOptions;
}

/** The settings of a client for a Cluster. */
export function clusterOptions(target: ClusterTarget, settings: RedisClientSettings) {
  return {
    redisOptions: connectionOptions(target, settings),
    keyPrefix: settings.keyPrefix,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectDelay,
    slotsRefreshTimeout: settings.connectTimeoutMs,
  } satisfies ClusterOptions;
}

function connectionOptions(target: RedisTarget, { connectTimeoutMs, commandTimeoutMs }: RedisClientSettings) {
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
    protocol: 2,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silenceMs,
    disconnectTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectionName: 'tandem-cache',
  } as const;
}

function addressOptions(target: ServerTarget) {
  if (target.kind === 'standalone') return { host: target.host, port: target.port, db: target.db };
  return { sentinels: [...target.sentinels], name: target.master, sentinelRetryStrategy: reconnectDelay };
}

/** Doubles from 10 ms and stays at the cap, so that every process finds a Redis that came back within a quarter second. */
function reconnectDelay(attempt: number): number {
  return Math.min(maxReconnectDelayMs, 5 * 2 ** Math.min(attempt, 10));
}
