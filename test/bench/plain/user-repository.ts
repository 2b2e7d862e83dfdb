import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { v7 as makeUuid } from 'uuid';

const PREFIX = 'plain:user:';
const COLUMNS = ['id', 'email', 'name', 'is_active', 'points', 'version', 'create_time', 'update_time'] as const;
const TTL_SECONDS = 300;

/** A row; times are dates from the database and ISO strings from the cache. */
export interface UserRow {
  id: string;
  email: string;
  name: string;
  name_folded?: string;
  is_active: boolean;
  points: string;
  version: string;
  create_time: Date | string;
  update_time: Date | string;
}

/** Cache-aside as most services have it: ask Redis, else the database, and keep what it said for a while. */
export class UserRepository {
  readonly #database: Knex;
  readonly #redis: Redis;

  constructor({ database, redis }: { database: Knex; redis: Redis }) {
    this.#database = database;
    this.#redis = redis;
  }

  async find(id: string): Promise<UserRow | undefined> {
    const key = `${PREFIX}${id}`;
    const cached = await this.#redis.get(key);
    if (cached !== null) return JSON.parse(cached);
    const row = await this.read(id);
    if (row !== undefined) await this.#redis.set(key, JSON.stringify(row), 'EX', TTL_SECONDS);
    return row;
  }

  async read(id: string): Promise<UserRow | undefined> {
    return await this.#database<UserRow>('users')
      .select(...COLUMNS)
      .where({ id })
      .first();
  }

  async findMany(ids: readonly string[]): Promise<Map<string, UserRow>> {
    const cached = ids.length === 0 ? [] : await this.#redis.mget(ids.map((id) => `${PREFIX}${id}`));
    const known = cached.flatMap((row): UserRow[] => (row === null ? [] : [JSON.parse(row)]));
    const rows = new Map(known.map((row) => [row.id, row]));
    const missing = ids.filter((id) => !rows.has(id));
    if (missing.length === 0) return rows;
    const read = await this.#database<UserRow>('users')
      .select(...COLUMNS)
      .whereIn('id', missing);
    const filling = this.#redis.pipeline();
    for (const row of read) {
      rows.set(row.id, row);
      filling.set(`${PREFIX}${row.id}`, JSON.stringify(row), 'EX', TTL_SECONDS);
    }
    await filling.exec();
    return rows;
  }

  /** @throws what PostgreSQL says of an e-mail that is taken: 23505 */
  async insert({ email, name, isActive }: { email: string; name: string; isActive: boolean }): Promise<UserRow> {
    const [row] = await this.#database<UserRow>('users')
      .insert({ id: makeUuid(), email, name, name_folded: name.toLowerCase(), is_active: isActive })
      .returning([...COLUMNS]);
    if (row === undefined) throw new Error('An insert returned no row.');
    return row;
  }

  /** Writes, then drops what is cached. */
  async rename(id: string, name: string): Promise<UserRow | undefined> {
    const [row] = await this.#database<UserRow>('users')
      .where({ id })
      .update({
        name,
        name_folded: name.toLowerCase(),
        version: this.#database.raw('version + 1'),
        update_time: this.#database.fn.now(),
      })
      .returning([...COLUMNS]);
    await this.#redis.del(`${PREFIX}${id}`);
    return row;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#database.destroy();
  }
}
