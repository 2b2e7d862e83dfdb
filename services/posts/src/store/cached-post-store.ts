import {
  type CacheMetrics,
  createFencing,
  dropBeforeReply,
  type Fencing,
  type ProtocolDriver,
  runFenced,
  runFencedAlone,
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
import { createPostCache, type PostCodec } from './cached-posts.ts';
import { fenceLoneWriters, fenceWriters, type PostName } from './fenced-writers.ts';
import {
  type EncodedPostReader,
  type LoneWriters,
  maxLoneWriteMs,
  type PostStore,
  type PostsTransaction,
  type StoreCall,
  TransactionEnded,
  type TransactionOptions,
} from './store.ts';

export interface CachedPostStoreOptions {
  readonly store: PostStore;
  /** The store's posts as bytes. */
  readonly encoded: Readers<EncodedPostReader>;
  readonly driver: ProtocolDriver;
  readonly metrics: Pick<CacheMetrics, 'entity' | 'fences'>;
  /** As `Fencing` has it. */
  readonly recordsAll?: boolean;
  readonly codec: PostCodec;
}

/** A posts' store, and its posts as bytes. */
export interface CachedPostStore {
  readonly store: PostStore;
  readonly encoded: Readers<EncodedPostReader>;
}

/**
 * A posts' store before which posts are cached; it keeps the contract of the store that it wraps. Its writes keep readers
 * from caching what they change, and what Redis could not be told is on record before the reply.
 */
export function createCachedPostStore(options: CachedPostStoreOptions): CachedPostStore {
  const { store, encoded, driver, metrics, codec } = options;
  const posts = createPostCache({ driver, encoded, codec, reader: store.reader, tally: metrics.entity('post') });
  const fencing = createFencing({
    ...{ store, driver, recordsAll: options.recordsAll, tally: metrics.fences, cameToNothing },
    madeButUntold: (cause) => madeButUntold('posts database', cause),
  });
  const drop = (keys: readonly string[]) => dropBeforeReply(fencing, keys);
  const fenced = { store, fencing, nameOf: posts.keyOf };
  return {
    encoded: posts,
    store: {
      ...store,
      reader: {
        ...store.reader,
        async get(id, call) {
          const post = await posts.reader.get(id, call);
          return post && codec.decode(post);
        },
      },
      records: dropBeforeAnswers(drop, store.records),
      transaction: (...how) => dropBeforeDuplicates(drop, () => transact(fenced, ...how)),
      withoutTransaction: (...how) => writeAlone(fenced, ...how),
    },
  };
}

function cameToNothing(error: unknown): boolean {
  return isDuplicateRefusal(error) || error instanceof TransactionEnded;
}

interface Fenced {
  readonly store: PostStore;
  readonly fencing: Fencing;
  readonly nameOf: PostName;
}

function transact<T extends object>(
  { store, fencing, nameOf }: Fenced,
  call: StoreCall,
  work: (tx: PostsTransaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return runFenced(fencing, async (attempts) => {
    const fencedWork = (tx: PostsTransaction) =>
      attempts.run(
        (fence) => work(fenceWriters(tx, fence, nameOf)),
        (keys) => tx.invalidations.put(keys),
      );
    const result = await store.transaction(withCacheKeys(call, attempts), fencedWork, options);
    breakpoint('posts:committed');
    return result;
  });
}

function writeAlone<T>(
  { store, fencing, nameOf }: Fenced,
  call: StoreCall,
  work: (writers: LoneWriters) => Promise<T>,
): Promise<T> {
  return store.withoutTransaction(call, (writers) =>
    runFencedAlone(fencing, { overInMs: maxLoneWriteMs, invalidations: writers.invalidations }, (fence) =>
      work(fenceLoneWriters(writers, fence, nameOf)),
    ),
  );
}
