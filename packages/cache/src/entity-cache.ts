import { type BatchedReader, createBatchedReader } from './batched-reader.ts';
import { type CacheNamespace, cacheKey } from './cache-key.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { valueKey } from './entity-keys.ts';
import { createEntityLoads, type LoadEntities } from './entity-loads.ts';
import { createEntityTally, type EntityTally } from './entity-tally.ts';
import { MissingReads } from './missing-reads.ts';
import type { ProtocolDriver } from './protocol-driver.ts';
import { createEntityFormat, type Entity, type EntityFormat } from './stored-entity.ts';
import { type Abortable, waitUnder } from './wait-under.ts';

/** What is cached, where, and how it is read when it is not. */
export interface EntityCacheOptions<Call> extends CacheNamespace {
  readonly driver: ProtocolDriver;
  /** Of what the bytes mean: 0 to 65535. A value of another version is a miss, and is replaced. */
  readonly schemaVersion: number;
  /** How long an entity stays, in milliseconds, give or take 10 %. */
  readonly ttlMs: number;
  /** How long it is remembered that there is none of an id, in milliseconds, give or take 10 %. Default: not at all. */
  readonly absentTtlMs?: number | undefined;
  /** Reads the database's primary; what it throws, the callers get. */
  readonly load: LoadEntities<Call>;
  /** Counts what becomes of reads. Default: nobody sees it. */
  readonly tally?: EntityTally;
}

/** What is cached of an entity; `entity` is undefined when it is known that there is none. */
export interface CachedEntity {
  readonly entity: Entity;
}

/**
 * Entities by id, as bytes that nobody changes. A read that begins after a write was acknowledged never gives an older
 * value, provided that all writers of the entity keep a WriteFence. Redis away or slow costs the command budget once, then
 * nothing: the database is read instead, and no method throws for it.
 */
export interface EntityCache<Call extends Abortable> {
  /** The entity's `cacheKey`, as WriteFence and invalidations know it. */
  keyOf(id: string): string;
  /**
   * The entity, or undefined when there is none; from the cache or else by `load`, and then it is cached. Rejects with the
   * reason of the call's signal when that is aborted first; others that wait for the same go on.
   */
  get(id: string, call: Call): Promise<Entity>;
  /** Those that there are, by id. Ids may come twice. */
  getMany(ids: readonly string[], call: Call): Promise<Map<string, Uint8Array>>;
  /** What is cached, or undefined when nothing is. Fills nothing: for reads that go on to a database replica. */
  peek(id: string): Promise<CachedEntity | undefined>;
}

/** An EntityCache over Redis. Reads of one tick of the event loop share one round trip per node, and one load. */
export function createEntityCache<Call extends Abortable>(options: EntityCacheOptions<Call>): EntityCache<Call> {
  return new FencedEntityCache(options);
}

/** `unread`: Redis could not be asked, or may not be read now. */
export type Look = CachedEntity | 'nothing' | 'unread';

class FencedEntityCache<Call extends Abortable> implements EntityCache<Call> {
  readonly #options: EntityCacheOptions<Call>;
  readonly #tally: EntityTally;
  readonly #format: EntityFormat;
  readonly #reader: BatchedReader;
  readonly #missing: MissingReads<Call>;

  constructor(options: EntityCacheOptions<Call>) {
    const { tally = createEntityTally() } = options;
    this.#options = options;
    this.#tally = tally;
    this.#format = createEntityFormat(options.schemaVersion);
    this.#reader = createBatchedReader(options.driver);
    this.#missing = new MissingReads({
      ...options,
      tally,
      format: this.#format,
      look: (key) => this.#look(key),
      load: createEntityLoads(options.load),
    });
  }

  keyOf(id: string): string {
    return cacheKey(this.#options, id);
  }

  async get(id: string, call: Call): Promise<Entity> {
    const key = this.keyOf(id);
    const seen = await this.#lookAndCount(key);
    if (typeof seen === 'object') return seen.entity;
    const missing = { id, key, call, mayLease: seen === 'nothing' };
    return await waitUnder(call, this.#missing.read(missing));
  }

  async getMany(ids: readonly string[], call: Call): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const take = async (id: string) => {
      const entity = await this.get(id, call);
      if (entity !== undefined) found.set(id, entity);
    };
    await Promise.all([...new Set(ids)].map(take));
    return found;
  }

  async peek(id: string): Promise<CachedEntity | undefined> {
    const seen = await this.#lookAndCount(this.keyOf(id));
    return typeof seen === 'object' ? seen : undefined;
  }

  async #lookAndCount(key: string): Promise<Look> {
    const seen = await this.#look(key);
    if (typeof seen === 'object') this.#tally.hits += 1;
    else this.#tally[seen === 'nothing' ? 'misses' : 'unread'] += 1;
    return seen;
  }

  async #look(key: string): Promise<Look> {
    if (!this.#options.driver.health(key).readable) return 'unread';
    try {
      const stored = await this.#reader.read(valueKey(key));
      return (stored && this.#format.decode(stored)) ?? 'nothing';
    } catch (error) {
      if (error instanceof CacheUnavailableError) return 'unread';
      throw error;
    }
  }
}
