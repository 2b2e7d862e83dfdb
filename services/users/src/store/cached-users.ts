import { createEntityCache, type EntityCache, type EntityTally, type ProtocolDriver } from '@tandem/cache';
import { breakpoint, type Readers, watchCalls } from '@tandem/rpc';
import type { User } from '../domain/user.ts';
import { createEmailPointers } from './email-pointers.ts';
import type { EncodedUserReader, StoreCall } from './store.ts';

export interface UserCacheOptions {
  readonly driver: ProtocolDriver;
  /** The database's. */
  readonly encoded: Readers<EncodedUserReader>;
  readonly decode: (bytes: Uint8Array) => User;
  readonly tally: EntityTally;
}

/** Users in the cache, before those in the database. */
export interface UserCache extends Readers<EncodedUserReader> {
  /** What the cache calls a user. */
  keyOf(id: string): string;
}

const ttlMs = 300_000;
const absentTtlMs = 30_000;
/** Of what the bytes mean; to be raised with any change of `User` that older bytes do not have. */
const schemaVersion = 1;

/** Users by id; and by e-mail through a pointer, which counts only while the user it points to has that e-mail. */
export function createUserCache({ driver, encoded, decode, tally }: UserCacheOptions): UserCache {
  const primary = encoded.strongReader;
  const entities = createEntityCache<StoreCall>({
    ...{ driver, tally, schemaVersion, ttlMs, absentTtlMs },
    ...{ service: 'users', entity: 'user' },
    async load(ids, calls) {
      using bounds = watchCalls(calls);
      const users = await primary.getMany(ids, bounds);
      breakpoint('users:read');
      return users;
    },
  });
  const pointers = createEmailPointers(driver);

  async function readPointed(email: string, call: StoreCall): Promise<Uint8Array | undefined> {
    const id = await pointers.find(email);
    const user = id === undefined ? undefined : await entities.get(id, call);
    if (user === undefined || decode(user).email.toLowerCase() !== email.toLowerCase()) return undefined;
    return user;
  }

  async function getByEmail(email: string, call: StoreCall): Promise<Uint8Array | undefined> {
    const pointed = await readPointed(email, call);
    if (pointed !== undefined) return pointed;
    const user = await primary.getByEmail(email, call);
    if (user !== undefined) await pointers.keep(email, decode(user).id);
    return user;
  }

  const reader = {
    get: (id: string, call: StoreCall) => entities.get(id, call),
    getByEmail,
    getMany: (ids: readonly string[], call: StoreCall) => entities.getMany(ids, call),
  };
  return {
    keyOf: (id) => entities.keyOf(id),
    reader,
    strongReader: primary,
    eventualReader: createPeekingReader(entities, encoded.eventualReader),
  };
}

/** Reads what is cached, and what is not where it may lag: nothing of that may be cached. */
function createPeekingReader(entities: EntityCache<StoreCall>, database: EncodedUserReader): EncodedUserReader {
  return {
    async get(id, call) {
      const seen = await entities.peek(id);
      return seen === undefined ? await database.get(id, call) : seen.entity;
    },
    getByEmail: (email, call) => database.getByEmail(email, call),
    async getMany(ids, call) {
      const seen = await Promise.all([...new Set(ids)].map(async (id) => [id, await entities.peek(id)] as const));
      const unseen = seen.filter(([, cached]) => cached === undefined).map(([id]) => id);
      const read = unseen.length > 0 ? await database.getMany(unseen, call) : [];
      const known = seen.flatMap(([id, cached]) =>
        cached?.entity === undefined ? [] : [[id, cached.entity] as const],
      );
      return new Map([...known, ...read]);
    },
  };
}
