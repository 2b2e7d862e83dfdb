import { type BatchedRead, type BatchedReader, createBatchedReader } from './batched-reader.ts';
import { type CacheNamespace, cacheKeys } from './cache-key.ts';
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
  /** How long a reader may take from its lease to its fill, in milliseconds. Default 1,000. */
  readonly leaseTtlMs?: number;
  /** How long a reader waits for the value that another is about to fill, in milliseconds, before it reads too. Default 50. */
  readonly busyWaitMs?: number;
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
  readonly keyOf: (id: string) => string;
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

/** An EntityCache over Redis. Reads of one tick of the event loop share one round trip per node, and one load, up to a thousand. */
export function createEntityCache<Call extends Abortable>(options: EntityCacheOptions<Call>): EntityCache<Call> {
  return new FencedEntityCache(options);
}

/** `unread`: Redis could not be asked, or may not be read now. */
export type Look = CachedEntity | 'nothing' | 'unread';

class FencedEntityCache<Call extends Abortable> implements EntityCache<Call> {
  readonly keyOf: (id: string) => string;
  readonly #driver: ProtocolDriver;
  readonly #tally: EntityTally;
  readonly #format: EntityFormat;
  readonly #reader: BatchedReader;
  readonly #missing: MissingReads<Call>;

  constructor(options: EntityCacheOptions<Call>) {
    const { driver, schemaVersion, tally = createEntityTally() } = options;
    this.keyOf = cacheKeys(options);
    this.#driver = driver;
    this.#tally = tally;
    this.#format = createEntityFormat(schemaVersion);
    this.#reader = createBatchedReader(driver);
    this.#missing = new MissingReads({
      ...options,
      tally,
      format: this.#format,
      look: (key) => this.#look(key),
      load: createEntityLoads(options.load),
    });
  }

  async get(id: string, call: Call): Promise<Entity> {
    const seen = await this.#lookAndCount(this.keyOf(id));
    return typeof seen === 'object' ? seen.entity : await this.#readMissing(id, seen, call);
  }

  async getMany(ids: readonly string[], call: Call): Promise<Map<string, Uint8Array>> {
    const distinct = [...new Set(ids)];
    const looks = await this.#lookAtMany(distinct.map(this.keyOf));
    const found = new Map<string, Uint8Array>();
    const take = (id: string, entity: Entity) => {
      if (entity !== undefined) found.set(id, entity);
    };
    const missing: Promise<void>[] = [];
    for (const [index, id] of distinct.entries()) {
      const seen = looks[index] ?? 'unread';
      this.#count(seen);
      if (typeof seen === 'object') take(id, seen.entity);
      else missing.push(this.#readMissing(id, seen, call).then((entity) => take(id, entity)));
    }
    await Promise.all(missing);
    return found;
  }

  async peek(id: string): Promise<CachedEntity | undefined> {
    const seen = await this.#lookAndCount(this.keyOf(id));
    return typeof seen === 'object' ? seen : undefined;
  }

  #readMissing(id: string, seen: 'nothing' | 'unread', call: Call): Promise<Entity> {
    return waitUnder(call, this.#missing.read({ id, key: this.keyOf(id), call, mayLease: seen === 'nothing' }));
  }

  async #lookAndCount(key: string): Promise<Look> {
    const seen = await this.#look(key);
    this.#count(seen);
    return seen;
  }

  #count(seen: Look): void {
    if (typeof seen === 'object') this.#tally.hits += 1;
    else this.#tally[seen === 'nothing' ? 'misses' : 'unread'] += 1;
  }

  async #look(key: string): Promise<Look> {
    const [seen = 'unread'] = await this.#lookAtMany([key]);
    return seen;
  }

  async #lookAtMany(keys: readonly string[]): Promise<Look[]> {
    const readable = keys.map((key) => this.#driver.health(key).readable);
    const reads = await this.#reader.read(keys.filter((_, index) => readable[index]).map(valueKey));
    let next = 0;
    return readable.map((isReadable) => (isReadable ? this.#judge(reads[next++]) : 'unread'));
  }

  #judge(read: BatchedRead | undefined): Look {
    if (read === undefined || 'error' in read) return 'unread';
    return (read.value && this.#format.decode(read.value)) ?? 'nothing';
  }
}
