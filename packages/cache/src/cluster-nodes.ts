import type { Cluster } from 'ioredis';
import type { Breaker } from './breaker.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { keySlot, slotCount } from './key-slot.ts';
import { type NodesOptions, probeKey, type RedisNodes, watchConnection } from './redis-nodes.ts';

/** What the nodes of a Cluster need of their connection. */
export interface ClusterNodesOptions extends NodesOptions {
  /** Put before every key by the client: it counts for the slot. */
  readonly keyPrefix: string;
}

/** The masters of a Cluster: a breaker each, so that one that is dead costs its own keys only. */
export function createClusterNodes(client: Cluster, options: ClusterNodesOptions): RedisNodes {
  return new ClusterNodes(client, options);
}

class ClusterNodes implements RedisNodes {
  readonly #client: Cluster;
  readonly #options: ClusterNodesOptions;
  /** Stands for the nodes while they are not known, and for slots that none has. */
  readonly #whole: Breaker;
  readonly #breakers = new Map<string, Breaker>();

  constructor(client: Cluster, options: ClusterNodesOptions) {
    this.#client = client;
    this.#options = options;
    const connection = watchConnection(client, options.connectTimeoutMs);
    this.#whole = options.watch({
      name: undefined,
      holds: () => false,
      probe: async () => connection.isUp() && this.#assertCovered(),
    });
    client.on('ready', () => void this.#follow().then(() => this.#whole.ask()));
    client.on('refresh', () => void this.#follow());
    client.on('close', () => this.#whole.open(connection.failure()));
  }

  nodeOf(key: string): string {
    return this.#client.slots[keySlot(this.#options.keyPrefix + key)]?.[0] ?? '';
  }

  breakerOf(key: string): Breaker {
    return this.#breakers.get(this.nodeOf(key)) ?? this.#whole;
  }

  states() {
    return new Map([...this.#breakers].map(([name, breaker]) => [name, breaker.state]));
  }

  [Symbol.dispose](): void {
    for (const breaker of [this.#whole, ...this.#breakers.values()]) breaker[Symbol.dispose]();
  }

  /** Keeps to the nodes that have slots now; resolves when there is a verdict on those that are new. */
  async #follow(): Promise<void> {
    if (this.#client.status !== 'ready') return;
    const names = new Set(this.#client.slots.flatMap((keys) => keys?.[0] ?? []));
    for (const [name, breaker] of this.#breakers) if (!names.has(name)) this.#leave(name, breaker);
    const joined = [...names].filter((name) => !this.#breakers.has(name)).map((name) => this.#join(name));
    await Promise.all(joined.map((breaker) => breaker.ask()));
  }

  #join(name: string): Breaker {
    const holds = (key: string) => this.nodeOf(key) === name;
    const probe = async () => {
      const key = this.#findProbeKey(holds);
      if (key !== undefined) await this.#options.probe(key);
      return key !== undefined;
    };
    const breaker = this.#options.watch({ name, holds, probe });
    this.#breakers.set(name, breaker);
    return breaker;
  }

  #leave(name: string, breaker: Breaker): void {
    breaker[Symbol.dispose]();
    this.#breakers.delete(name);
  }

  #assertCovered(): true {
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.#client.slots[slot] === undefined) throw new CacheUnavailableError('slots without a node');
    }
    return true;
  }

  /** One in as many keys as there are nodes lies on this one; undefined when its slots have just gone elsewhere. */
  #findProbeKey(holds: (key: string) => boolean): string | undefined {
    for (let index = 0; index < 10_000; index++) if (holds(probeKey(index))) return probeKey(index);
    return undefined;
  }
}
