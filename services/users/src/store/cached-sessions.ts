import { createEntityCache, type EntityTally, leaseTtlMs, type ProtocolDriver } from '@tandem/cache';
import { type Readers, watchCalls } from '@tandem/rpc';
import type { OpenSession, Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { UserCache } from './cached-users.ts';
import type { SessionReader } from './session-store.ts';
import type { StoreCall } from './store.ts';

export interface SessionCacheOptions {
  readonly driver: ProtocolDriver;
  /** The database's. */
  readonly readers: Readers<SessionReader>;
  readonly users: UserCache;
  readonly codec: SessionCodec;
  readonly decodeUser: (bytes: Uint8Array) => User;
  readonly tally: EntityTally;
}

/** A session as bytes, and back. */
export interface SessionCodec {
  encode(session: Session): Uint8Array;
  decode(bytes: Uint8Array): Session;
}

/** Sessions in the cache, before those in the database. */
export interface SessionCache extends Readers<SessionReader> {
  /** What the cache calls a session. */
  keyOf(tokenHashHex: string): string;
}

const ttlMs = 2_000;
/** With the jitter of its time to live; no copy of a session is older than that. */
export const oldestCopyMs = 1.1 * ttlMs + leaseTtlMs;
/** So close to its end the database's clock decides, not this process's. */
const doubtMicros = 5_000_000n;
const schemaVersion = 1;
const namespace = { service: 'users', entity: 'session' };

export function isSessionKey(key: string): boolean {
  return key.startsWith(`tandem:${namespace.service}:{${namespace.entity}:`);
}

/** Sessions by the hash of their token, for 2 s; their users by the users' cache. What nobody has is not remembered. */
export function createSessionCache(options: SessionCacheOptions): SessionCache {
  const { driver, readers, users, codec, decodeUser, tally } = options;
  const database = readers.strongReader;
  const entities = createEntityCache<StoreCall>({
    ...{ driver, tally, schemaVersion, ttlMs },
    ...namespace,
    async load(hashes, calls) {
      using bounds = watchCalls(calls);
      const read = async (hash: string) => {
        const open = await database.findOpen(Buffer.from(hash, 'hex'), bounds);
        return open === undefined ? [] : [[hash, codec.encode(open.session)] as const];
      };
      return new Map((await Promise.all(hashes.map(read))).flat());
    },
  });

  async function findOpen(tokenHash: Uint8Array, call: StoreCall): Promise<OpenSession | undefined> {
    const bytes = await entities.get(Buffer.from(tokenHash).toString('hex'), call);
    if (bytes === undefined) return undefined;
    const session = codec.decode(bytes);
    const isNearItsEnd = session.expireTime - BigInt(Date.now()) * 1_000n < doubtMicros;
    if (isNearItsEnd) return await database.findOpen(tokenHash, call);
    const user = await users.reader.get(session.userId, call);
    if (user === undefined) return undefined;
    const open = { session, user: decodeUser(user) };
    return open.user.isActive ? open : undefined;
  }

  return {
    ...readers,
    keyOf: (hash) => entities.keyOf(hash),
    reader: { ...database, findOpen },
  };
}
