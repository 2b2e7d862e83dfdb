import {
  type CacheMetrics,
  type ConfirmOptions,
  createFencing,
  dropBeforeReply,
  type FencedAttempts,
  type Fencing,
  type ProtocolDriver,
  runFenced,
  type WriteFence,
  withCacheKeys,
} from '@tandem/cache';
import {
  breakpoint,
  dropBeforeAnswers,
  dropBeforeDuplicates,
  isDuplicateRefusal,
  madeButUntold,
  type Readers,
} from '@tandem/rpc';
import type { User } from '../domain/user.ts';
import { createSessionCache, isSessionKey, oldestCopyMs, type SessionCodec } from './cached-sessions.ts';
import { createUserCache } from './cached-users.ts';
import { type CacheNames, fenceInsertion, fenceMovement, fenceWriters } from './fenced-writers.ts';
import type { EncodedUserReader, StoreCall, Transact, UserReader, UserStore, UsersTransaction } from './store.ts';

export interface CachedUserStoreOptions {
  readonly store: UserStore;
  /** The store's users as bytes. */
  readonly encoded: Readers<EncodedUserReader>;
  readonly driver: ProtocolDriver;
  readonly metrics: Pick<CacheMetrics, 'entity' | 'fences'>;
  /** As `Fencing` has it. */
  readonly recordsAll?: boolean;
  readonly decodeUser: (bytes: Uint8Array) => User;
  readonly sessionCodec: SessionCodec;
}

/** A users' store, and its users as bytes. */
export interface CachedUserStore {
  readonly store: UserStore;
  readonly encoded: Readers<EncodedUserReader>;
}

/**
 * A users' store before which users and sessions are cached; it keeps the contract of the store that it wraps. Its
 * transactions keep readers from caching what they change, and what Redis could not be told is on record before the reply.
 */
export function createCachedUserStore(options: CachedUserStoreOptions): CachedUserStore {
  const { store, driver, metrics, decodeUser } = options;
  const users = createUserCache({
    ...{ driver, encoded: options.encoded, decode: decodeUser },
    tally: metrics.entity('user'),
  });
  const sessions = createSessionCache({
    ...{ driver, users, decodeUser, readers: store.sessions, codec: options.sessionCodec },
    tally: metrics.entity('session'),
  });
  const fencing = createFencing({
    ...{ store, driver, recordsAll: options.recordsAll, tally: metrics.fences, confirm: confirmEnds },
    cameToNothing: isDuplicateRefusal,
    madeButUntold: (cause) => madeButUntold('users database', cause),
  });
  const drop = (keys: readonly string[]) => dropBeforeReply(fencing, keys);
  const fenced = { fencing, drop, names: { user: users.keyOf, session: sessions.keyOf } };
  return {
    encoded: users,
    store: {
      ...store,
      reader: decodeReader(users.reader, options),
      sessions,
      records: dropBeforeAnswers(drop, store.records),
      transaction: fenceWork(fenced, store.transaction, fenceWriters),
      insertOne: fenceWork(fenced, store.insertOne, fenceInsertion),
      moveOnce: fenceWork(fenced, store.moveOnce, fenceMovement),
    },
  };
}

function decodeReader(encoded: EncodedUserReader, { store, decodeUser }: CachedUserStoreOptions): UserReader {
  const decode = (bytes: Uint8Array | undefined) => bytes && decodeUser(bytes);
  return {
    ...store.reader,
    get: async (id, call) => decode(await encoded.get(id, call)),
    getByEmail: async (email, call) => decode(await encoded.getByEmail(email, call)),
    async getMany(ids, call) {
      const users = await encoded.getMany(ids, call);
      return new Map([...users].map(([id, bytes]) => [id, decodeUser(bytes)]));
    },
  };
}

/** A session that was ended is refused by the very next call: its copies are gone, or too old to be alive, before the reply. */
function confirmEnds(keys: readonly string[]): ConfirmOptions {
  return keys.some(isSessionKey) ? { untilConfirmed: true, signal: AbortSignal.timeout(oldestCopyMs) } : {};
}

interface Fenced {
  readonly fencing: Fencing;
  /** Has dropped from the cache, when it resolves, what an earlier attempt wrote. */
  readonly drop: (keys: readonly string[]) => Promise<void>;
  readonly names: CacheNames;
}

/** Transactions beside which the cache is kept right. */
function fenceWork<Tx extends Pick<UsersTransaction, 'invalidations'>>(
  { fencing, drop, names }: Fenced,
  transact: Transact<Tx>,
  fenceTx: (tx: Tx, fence: WriteFence, names: CacheNames) => Tx,
): Transact<Tx> {
  const attempt =
    <T extends object>(call: StoreCall, work: (tx: Tx) => Promise<T>) =>
    async (attempts: FencedAttempts) => {
      const result = await transact(withCacheKeys(call, attempts), (tx) =>
        attempts.run(
          (fence) => work(fenceTx(tx, fence, names)),
          (keys) => tx.invalidations.put(keys),
        ),
      );
      breakpoint('users:committed');
      return result;
    };
  return (call, work) => dropBeforeDuplicates(drop, () => runFenced(fencing, attempt(call, work)));
}
