import { Cluster } from 'ioredis';
import { Breaker, type BreakerChange, type BreakerState } from './breaker.ts';
import { assertTtl } from './cache-driver.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { createClusterNodes } from './cluster-nodes.ts';
import { createCommandTally } from './command-tally.ts';
import { failureReason } from './failure-reason.ts';
import { keySlot } from './key-slot.ts';
import type { KeyHealth, LeaseReply, ProtocolDriver } from './protocol-driver.ts';
import { leaseReplies, scriptKeys } from './protocol-scripts.ts';
import type { RedisClient, ScriptWord } from './redis-client.ts';
import type { NodesOptions, NodeWatch, RedisNodes } from './redis-nodes.ts';
import { createSingleNode } from './single-node.ts';
import { createStepBatches, type Step } from './step-batches.ts';
import { timedOut, withinBudget } from './within-budget.ts';

/** A change of what may be asked of Redis. */
export interface RedisChange extends BreakerChange {
  /** `host:port` of the Cluster's node that it is about; undefined: the one server, or the Cluster as a whole. */
  readonly node: string | undefined;
}

/** What may be read again once the invalidations on record have been carried out. */
export interface ReturningNode {
  /** Whether a key (`cacheKey`) lies there. Those of others need not wait, and may not be had now. */
  holds(key: string): boolean;
  /** The connection, to carry them out with: writes go through already. */
  readonly driver: ProtocolDriver;
}

/** A Lua script and what it is run with. All keys must be of one slot of a Cluster. */
export interface RedisScript {
  readonly lua: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** What a connection is told beside its client. */
export interface RedisConnectionOptions {
  /** How long the first attempt may take before it counts as failed, in milliseconds; a probe notices, so up to 250 more. */
  readonly connectTimeoutMs: number;
  /** For one command, in milliseconds; a caller waits no longer. */
  readonly commandTimeoutMs: number;
  /** What the client puts before every key. */
  readonly keyPrefix: string;
  /** How long a node must have answered before it is read, in milliseconds. */
  readonly pauseBeforeReadsMs: number;
  /** Carries out the invalidations on record and resolves once Redis confirmed them; reads do not resume before. */
  readonly beforeReads: (returning: ReturningNode) => Promise<void>;
  /** Told the outcome of the first attempt, then every change. */
  readonly onChange: (change: RedisChange) => void;
  /** Told why `beforeReads` rejected, once for each time that a node came back. */
  readonly onReadsRefused: (error: unknown) => void;
}

/**
 * Owns the connection(s) to Redis and knows what may be asked of each node (Breaker). While nothing may, every command
 * fails at once. `get`, `getMany` and the scripts of a limiter are not held back while only writes may: what must not be
 * old looks at `health` first.
 */
export class RedisConnection implements ProtocolDriver, AsyncDisposable {
  /** Of all nodes. */
  readonly commands = createCommandTally();
  readonly #client: RedisClient;
  readonly #options: RedisConnectionOptions;
  readonly #nodes: RedisNodes;
  readonly #steps = {
    lease: this.#batch((words) => this.#client.tandemLeaseBuffer(...words)),
    fill: this.#batch((words) => this.#client.tandemFill(...words)),
    mark: this.#batch((words) => this.#client.tandemMark(...words)),
    settle: this.#batch((words) => this.#client.tandemSettle(...words)),
    invalidate: this.#batch((words) => this.#client.tandemInvalidate(...words)),
  };

  constructor(client: RedisClient, options: RedisConnectionOptions) {
    this.#client = client;
    this.#options = options;
    const { connectTimeoutMs, commandTimeoutMs, keyPrefix } = options;
    const nodesOptions: NodesOptions = {
      connectTimeoutMs,
      watch: (node) => this.#watch(node),
      // Whatever keeps a writer from marking (out of memory, a replica, a right that is missing) shows here.
      probe: async (key) => {
        const words = toScriptWords([{ key, words: ['probe', 2 * commandTimeoutMs] }]);
        await this.#bounded(() => this.#client.tandemMark(...words));
      },
    };
    this.#nodes =
      client instanceof Cluster
        ? createClusterNodes(client, { ...nodesOptions, keyPrefix })
        : createSingleNode(client, nodesOptions);
  }

  /** By `host:port` of a Cluster's node; by `''` where there is but one server. */
  states(): ReadonlyMap<string, BreakerState> {
    return this.#nodes.states();
  }

  health(key: string): KeyHealth {
    const breaker = this.#nodes.breakerOf(key);
    return { readable: breaker.mayRead(), unansweredMs: breaker.unansweredMs };
  }

  nodeOf(key: string): string {
    return this.#nodes.nodeOf(key);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#run(key, async () => copyOf(await this.#client.getBuffer(key)));
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    if (!this.#client.isCluster) return this.#getOfNode(keys);
    const byNode = Map.groupBy(keys, (key) => this.nodeOf(key));
    const found = new Map<string, Uint8Array | undefined>();
    const take = async (some: readonly string[]) => {
      for (const [index, value] of (await this.#getOfNode(some)).entries()) found.set(some[index] ?? '', value);
    };
    await Promise.all([...byNode.values()].map(take));
    return keys.map((key) => found.get(key)?.slice());
  }

  async set(key: string, value: Uint8Array, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    assertTtl(ttlMs);
    await this.#run(key, () => this.#client.set(key, Buffer.from(value), 'PX', ttlMs));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#run(key, () => this.#client.del(key))) === 1;
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#run(key, () => this.#client.exists(key))) === 1;
  }

  async lease(key: string, lease: Parameters<ProtocolDriver['lease']>[1]): Promise<LeaseReply> {
    const { version, token, ttlMs } = lease;
    const reply = await this.#steps.lease({ key, words: [Buffer.from(version), token, ttlMs] });
    if (typeof reply !== 'number') return { kind: 'value', stored: new Uint8Array(reply) };
    if (reply === leaseReplies.leased) return { kind: 'leased' };
    return { kind: reply === leaseReplies.writers ? 'writers' : 'busy' };
  }

  async fill(key: string, { token, stored }: Parameters<ProtocolDriver['fill']>[1]): Promise<boolean> {
    if (stored !== undefined) assertTtl(stored.ttlMs);
    const words = stored === undefined ? ['', 0] : [Buffer.from(stored.value), stored.ttlMs];
    return (await this.#steps.fill({ key, words: [token, ...words] })) === 1;
  }

  async mark(key: string, { writer, ttlMs }: Parameters<ProtocolDriver['mark']>[1]): Promise<void> {
    await this.#steps.mark({ key, words: [writer, ttlMs] });
  }

  async settle(key: string, { writer }: Parameters<ProtocolDriver['settle']>[1]): Promise<void> {
    await this.#steps.settle({ key, words: [writer] });
  }

  async invalidate(key: string): Promise<void> {
    await this.#steps.invalidate({ key, words: [] });
  }

  /**
   * Runs a script and gives its reply as the driver reads it: integers as numbers, tables as arrays. Throws
   * CacheUnavailableError as every command does; the script may have run, or run later, all the same.
   */
  evaluate({ lua, keys, args }: RedisScript): Promise<unknown> {
    return this.#run(keys[0] ?? '', () => this.#client.eval(lua, keys.length, ...keys, ...args));
  }

  /** Ends the connection; later commands throw CacheUnavailableError. Takes no longer than one command. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#nodes[Symbol.dispose]();
    await this.#bounded(() => this.#client.quit()).catch(() => {});
    this.#client.disconnect();
  }

  #watch({ name, probe, holds }: NodeWatch): Breaker {
    const { beforeReads, onChange, onReadsRefused } = this.#options;
    return new Breaker({
      probe,
      beforeReads: () => beforeReads({ holds, driver: this }),
      // What stands for a Cluster of unknown nodes holds nothing that could be read.
      pauseBeforeReadsMs: this.#client.isCluster && name === undefined ? Infinity : this.#options.pauseBeforeReadsMs,
      onChange: (change) => onChange({ node: name, ...change }),
      onReadsRefused,
    });
  }

  /** The keys of a Cluster's script lie in one slot. */
  #batch<Reply>(run: (words: ScriptWord[]) => Promise<Reply[]>): (step: Step) => Promise<Reply> {
    const slotOf = (key: string) => (this.#client.isCluster ? keySlot(this.#options.keyPrefix + key) : 0);
    const send = (steps: readonly Step[]) => this.#run(steps[0]?.key ?? '', () => run(toScriptWords(steps)));
    return createStepBatches({ groupOf: slotOf, send });
  }

  async #getOfNode(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const [first] = keys;
    if (first === undefined) return [];
    return (await this.#run(first, () => this.#fetch(keys))).map(copyOf);
  }

  /** MGET does not cross a Cluster's slots; a pipeline crosses them, but not the nodes. */
  async #fetch(keys: readonly string[]): Promise<(Buffer | null)[]> {
    if (!this.#client.isCluster) return this.#client.mgetBuffer(...keys);
    const pipeline = this.#client.pipeline();
    for (const key of keys) pipeline.getBuffer(key);
    const replies = (await pipeline.exec()) ?? [];
    return replies.map(([error, value]) => {
      if (error !== null) throw error;
      return value instanceof Buffer ? value : null;
    });
  }

  async #run<Reply>(key: string, command: () => Promise<Reply>): Promise<Reply> {
    const breaker = this.#nodes.breakerOf(key);
    if (breaker.state === 'nothing') {
      this.commands.unsent += 1;
      throw new CacheUnavailableError(breaker.reason);
    }
    this.commands.sent += 1;
    try {
      return await this.#bounded(command);
    } catch (error) {
      // One slow command may be an accident; if the node answers no probe either, it is an outage.
      if (error instanceof CacheUnavailableError && error.reason === timedOut) void breaker.ask();
      throw error;
    }
  }

  async #bounded<Reply>(command: () => Promise<Reply>): Promise<Reply> {
    try {
      return await withinBudget(command(), this.#options.commandTimeoutMs);
    } catch (error) {
      throw error instanceof CacheUnavailableError
        ? error
        : new CacheUnavailableError(failureReason(error), { cause: error });
    }
  }
}

function toScriptWords(steps: readonly Step[]): ScriptWord[] {
  const keys = steps.flatMap(({ key }) => scriptKeys(key));
  return [keys.length, ...keys, ...steps.flatMap(({ words }) => words)];
}

/** Replies are views of a chunk that the socket read: keeping one would keep, or share, all of it. */
function copyOf(reply: Buffer | null | undefined): Uint8Array | undefined {
  return reply == null ? undefined : new Uint8Array(reply);
}
