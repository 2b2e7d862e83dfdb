import { type ClientContext, Cluster, type ClusterOptions, Redis, type RedisOptions, type Result } from 'ioredis';
import { protocolScripts } from './protocol-scripts.ts';
import type { RedisTarget } from './redis-target.ts';

/** How a client is to behave. */
export interface RedisClientSettings {
  /** For a connection to stand, in milliseconds. Nobody waits for it but `connectRedis`. */
  readonly connectTimeoutMs: number;
  /** Put before every key. */
  readonly keyPrefix: string;
}

/** What a script is called with. */
export type ScriptWord = string | Buffer | number;

declare module 'ioredis' {
  /** The commands that `scripts` adds: the number of keys, the keys, the words. A reply for each entity. */
  interface RedisCommander<Context extends ClientContext = { type: 'default' }> {
    tandemLeaseBuffer(...words: ScriptWord[]): Result<(Buffer | number)[], Context>;
    tandemFill(...words: ScriptWord[]): Result<number[], Context>;
    tandemMark(...words: ScriptWord[]): Result<number[], Context>;
    tandemSettle(...words: ScriptWord[]): Result<number[], Context>;
    tandemInvalidate(...words: ScriptWord[]): Result<number[], Context>;
  }
}

/** A client of one server or of a Cluster, which take the same commands. */
export type RedisClient = Redis | Cluster;

type ClusterTarget = Extract<RedisTarget, { kind: 'cluster' }>;
type ServerTarget = Exclude<RedisTarget, ClusterTarget>;

/** A connection without any data for so long while it owes some is dead, in milliseconds: it is made anew. */
const silenceMs = 1_000;
/** The longest pause between two attempts to connect, in milliseconds. */
const maxReconnectDelayMs = 250;

/** How often a Cluster is asked which node has which slots, in milliseconds: a failover is found out so. */
const slotsRefreshInterval = 1_000;

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
    scripts: protocolScripts,
    enableOfflineQueue: false,
    retryStrategy: reconnectDelay,
  } satisfies RedisOptions;
}

/** The settings of a client for a Cluster. */
export function clusterOptions(target: ClusterTarget, settings: RedisClientSettings) {
  return {
    redisOptions: connectionOptions(target, settings),
    keyPrefix: settings.keyPrefix,
    scripts: protocolScripts,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectDelay,
    clusterNodeRetryStrategy: reconnectDelay,
    slotsRefreshInterval,
    slotsRefreshTimeout: settings.connectTimeoutMs,
    // A command that met a node without a connection, or a Cluster that is down, fails: whoever sent it knows better.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  } satisfies ClusterOptions;
}

function connectionOptions(target: RedisTarget, { connectTimeoutMs }: RedisClientSettings) {
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
    protocol: 2,
    connectTimeout: connectTimeoutMs,
    socketTimeout: silenceMs,
    disconnectTimeout: maxReconnectDelayMs,
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
