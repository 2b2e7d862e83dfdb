import type { RedisConnection } from './redis-connection.ts';

/** A Lua script under a name: the first `numberOfKeys` words that it is called with are keys, the others arguments. */
export interface LimiterCommand {
  readonly numberOfKeys: number;
  readonly lua: string;
}

/**
 * What the counters of rate-limiter-flexible ask of a client in the manner of ioredis: the commands that they define (each
 * becomes a method that takes its words in one array), and `del`.
 */
export interface LimiterClient {
  defineCommand(name: string, command: LimiterCommand): void;
  /** How many keys were removed: 1 or 0. */
  del(key: string): Promise<number>;
}

/**
 * The client of rate-limiter-flexible over `connection`. Every command throws CacheUnavailableError within the command
 * budget when Redis cannot be asked, at once while it is known not to answer: what a counter's insurance steps in for.
 */
export function createLimiterClient(connection: Pick<RedisConnection, 'evaluate' | 'delete'>): LimiterClient {
  const client: LimiterClient = {
    defineCommand(name, { numberOfKeys, lua }) {
      const run = (words: readonly string[]) =>
        connection.evaluate({ lua, keys: words.slice(0, numberOfKeys), args: words.slice(numberOfKeys) });
      Object.assign(client, { [name]: run });
    },
    del: async (key) => ((await connection.delete(key)) ? 1 : 0),
  };
  return client;
}
