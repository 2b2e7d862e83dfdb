import type { Breaker, BreakerState } from './breaker.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { failureReason } from './failure-reason.ts';
import type { RedisClient } from './redis-client.ts';

/** The servers that a client speaks to, and what is known of each. */
export interface RedisNodes extends Disposable {
  /** The same for all keys of one node. */
  nodeOf(key: string): string;
  breakerOf(key: string): Breaker;
  /** By `host:port`; by `''` where there is but one server. */
  states(): ReadonlyMap<string, BreakerState>;
}

/** A node as its breaker is made for it. */
export interface NodeWatch {
  /** `host:port` of a Cluster's node; undefined: the one server that there is, or the Cluster as a whole. */
  readonly name: string | undefined;
  /** As of BreakerOptions. */
  readonly probe: () => Promise<boolean>;
  /** Whether a key lies on it. */
  readonly holds: (key: string) => boolean;
}

/** What the nodes need of their connection. */
export interface NodesOptions {
  readonly watch: (node: NodeWatch) => Breaker;
  /** Takes a write to this key; rejects with CacheUnavailableError within the command budget. */
  readonly probe: (key: string) => Promise<void>;
  /** How long the first attempt to connect may take before it counts as failed, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** A key for probes. By `index`, keys of all slots can be had. */
export function probeKey(index: number): string {
  return `tandem:cache:{probe:${index}}`;
}

/**
 * Whether the client is connected: false while its first attempt has time left. Sentinels and Clusters look for a server
 * without end and without a word, so time has to tell.
 *
 * @throws CacheUnavailableError with what last went wrong, when it is not
 */
export function watchConnection(client: RedisClient, connectTimeoutMs: number): { isUp(): boolean; failure(): string } {
  const givenUpAt = performance.now() + connectTimeoutMs;
  let failure = 'not connected yet';
  const note = (error: unknown) => {
    failure = failureReason(error);
  };
  client.on('error', note).on('node error', note);
  return {
    failure: () => failure,
    isUp() {
      if (client.status === 'ready') return true;
      if (performance.now() < givenUpAt) return false;
      throw new CacheUnavailableError(failure);
    },
  };
}
