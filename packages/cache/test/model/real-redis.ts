import { expect } from 'vitest';
import { entityKeys } from '../../src/entity-keys.ts';
import type { RedisConnection } from '../../src/redis-connection.ts';
import { createEntityFormat } from '../../src/stored-entity.ts';
import { type Command, type Reply, schemaOf } from './model-redis.ts';
import type { Model } from './rules.ts';
import { type Effect, none, type State } from './state.ts';

const ttlMs = 600_000;
const readerToken = (actor: number) => `reader ${actor}`;
const writerToken = (actor: number) => `writer ${actor}`;

/** Does to one entity in a real Redis, by the real scripts, what the model says was done, and compares the answers. */
export class RealEntity {
  readonly #model: Model;
  readonly #connection: RedisConnection;
  readonly #key: string;

  constructor(model: Model, { connection, key }: { connection: RedisConnection; key: string }) {
    this.#model = model;
    this.#connection = connection;
    this.#key = key;
  }

  /** Puts there what is there in the model. */
  async begin({ entries: [entry] }: State): Promise<void> {
    if (entry === undefined || entry.value === none) return;
    await this.#connection.set(entityKeys(this.#key).value, this.#encode(entry.value, 0), { ttlMs });
  }

  async follow(effect: Effect): Promise<void> {
    const keys = entityKeys(this.#key);
    if ('command' in effect) expect(await this.#execute(effect.command)).toBe(effect.reply);
    else if ('gone' in effect) await this.#connection.delete(keys[effect.gone]);
    else await this.#script("return redis.call('ZADD', KEYS[3], 'XX', 1, ARGV[1])", writerToken(effect.expired));
  }

  /** What Redis holds is what the model does. */
  async compare({ entries: [entry] }: State): Promise<void> {
    const keys = entityKeys(this.#key);
    const stored = await this.#connection.get(keys.value);
    expect(stored?.at(-1) ?? none).toBe(entry?.value);
    if (stored !== undefined) expect(stored[1]).toBe(entry?.schema);
    const lease = await this.#connection.get(keys.lease);
    expect(lease && Buffer.from(lease).toString()).toBe(
      entry?.lease === none ? undefined : readerToken(entry?.lease ?? 0),
    );
    const live = await this.#script("return redis.call('ZRANGEBYSCORE', KEYS[3], '(1', '+inf')");
    const writers = [0, 1, 2].filter((writer) => ((entry?.writers ?? 0) & (1 << writer)) !== 0);
    expect(live).toEqual(writers.map(writerToken));
  }

  async #execute(command: Command): Promise<Reply> {
    const { name, actor } = command;
    const schema = schemaOf(this.#model, actor);
    const { version } = createEntityFormat(schema);
    switch (name) {
      case 'look': {
        const stored = await this.#connection.get(entityKeys(this.#key).value);
        return stored?.[1] === schema ? (stored.at(-1) ?? none) : none;
      }
      case 'lease':
        return (await this.#connection.lease(this.#key, { version, token: readerToken(actor), ttlMs })).kind;
      case 'fill': {
        const stored = { value: this.#encode(command.carried, schema), ttlMs };
        return await this.#connection.fill(this.#key, { token: readerToken(actor), stored });
      }
      case 'invalidate':
        await this.#connection.invalidate(this.#key);
        return true;
      case 'mark':
        await this.#connection.mark(this.#key, { writer: writerToken(actor), ttlMs });
        return true;
      case 'settle':
        await this.#connection.settle(this.#key, { writer: writerToken(actor) });
        return true;
    }
  }

  #encode(value: number, schema: number): Uint8Array {
    return createEntityFormat(schema).encode(Uint8Array.of(value));
  }

  #script(lua: string, ...args: string[]): Promise<unknown> {
    const { value, lease, writers } = entityKeys(this.#key);
    return this.#connection.evaluate({ lua, keys: [value, lease, writers], args });
  }
}
