import {
  type CacheMetrics,
  dropBeforeReply,
  type FencedAttempts,
  type Fencing,
  type ProtocolDriver,
  runFenced,
} from '@tandem/cache';
import { type Answer, AnswerRecorded, AttemptUnfinished, type IdempotencyRecords, TandemError } from '@tandem/rpc';
import type { User } from '../domain/user.ts';
import { createSessionCache, isSessionKey, oldestCopyMs, type SessionCodec } from './cached-sessions.ts';
import { createUserCache } from './cached-users.ts';
import { type CacheNames, fenceWriters } from './fenced-writers.ts';
import type { EncodedUserReader, Readers, StoreCall, UserReader, UserStore, UsersTransaction } from './store.ts';

export interface CachedUserStoreOptions {
  readonly store: UserStore;
  /** The store's users as bytes. */
  readonly encoded: Readers<EncodedUserReader>;
  readonly driver: ProtocolDriver;
  readonly metrics: Pick<CacheMetrics, 'entity' | 'fences'>;
  readonly decodeUser: (bytes: Uint8Array) => User;
  readonly sessionCodec: SessionCodec;
}

/** A users' store, and its users as bytes. */
export interface CachedUserStore {
  readonly store: UserStore;
  readonly encoded: Readers<EncodedUserReader>;
}

const recordTimeoutMs = 2_000;

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
  const names = { user: users.keyOf, session: sessions.keyOf };
  const fencing = createFencing(options);
  return {
    encoded: users,
    store: {
      ...store,
      reader: decodeReader(users.reader, options),
      sessions,
      records: dropWhatIsAnsweredAgain(store.records, fencing),
      transaction: (call, work) => transact({ store, fencing, names }, call, work),
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
function createFencing({ store, driver, metrics }: CachedUserStoreOptions): Fencing {
  return {
    driver,
    tally: metrics.fences,
    async record(keys, due) {
      const call = { deadline: Date.now() + recordTimeoutMs, signal: AbortSignal.timeout(recordTimeoutMs) };
      const put = store.transaction(call, async (tx) => ({ put: await tx.invalidations.put(keys, due) }));
      await put.catch((cause: unknown) => {
        throw madeButUntold(cause);
      });
    },
    // A duplicate has done its work when it learns that it is one.
    cameToNothing: (error) => error instanceof AnswerRecorded || error instanceof AttemptUnfinished,
    confirm: (keys) =>
      keys.some(isSessionKey) ? { untilConfirmed: true, signal: AbortSignal.timeout(oldestCopyMs) } : {},
  };
}

/** What was asked for is done: a caller must not take it for a change that was not made. */
function madeButUntold(cause: unknown): TandemError {
  return new TandemError(
    'OUTCOME_UNKNOWN',
    'The change was made, but neither Redis nor the users database could be told what to drop from the cache; a retry with the same request_id settles it.',
    { cause },
  );
}

interface Fenced {
  readonly store: UserStore;
  readonly fencing: Fencing;
  readonly names: CacheNames;
}

async function transact<T extends object>(
  { store, fencing, names }: Fenced,
  call: StoreCall,
  work: (tx: UsersTransaction) => Promise<T>,
): Promise<T> {
  const attempt = (attempts: FencedAttempts) =>
    store.transaction({ ...call, cacheKeys: () => attempts.keys }, (tx) =>
      attempts.run(
        (fence) => work(fenceWriters(tx, fence, names)),
        (keys) => tx.invalidations.put(keys),
      ),
    );
  try {
    return await runFenced(fencing, attempt);
  } catch (error) {
    if (error instanceof AnswerRecorded) await dropAnswered(fencing, error.answer);
    if (error instanceof AttemptUnfinished) await dropAnswered(fencing, error);
    throw error;
  }
}

function dropWhatIsAnsweredAgain(records: IdempotencyRecords, fencing: Fencing): IdempotencyRecords {
  return {
    async find(...which) {
      const answer = await records.find(...which);
      await dropAnswered(fencing, answer);
      return answer;
    },
    async putRefusal(...refusal) {
      const answer = await records.putRefusal(...refusal);
      await dropAnswered(fencing, answer);
      return answer;
    },
  };
}

async function dropAnswered(fencing: Fencing, answer: Pick<Answer, 'cacheKeys'> | undefined): Promise<void> {
  await dropBeforeReply(fencing, answer?.cacheKeys ?? []);
}
